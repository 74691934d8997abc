"""The result of a sentence: its goals as steps, bound, and as one plan."""
