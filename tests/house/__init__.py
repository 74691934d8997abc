"""The tree itself: what no linter knows of the rules of the house, and what operators deploy."""
