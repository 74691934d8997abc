"""Data files as sheets: what a file is, how it is encoded and laid out, what its cells hold."""
