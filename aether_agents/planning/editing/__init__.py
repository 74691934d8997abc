"""Edits of a plan: each is one pure function from a plan and an edit to another plan, or to why not."""
