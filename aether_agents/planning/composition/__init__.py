"""What a sentence comes to: its goals as steps, bound, and as one plan."""
