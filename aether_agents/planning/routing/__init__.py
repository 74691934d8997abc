"""Which template and which tools fit a sentence."""
