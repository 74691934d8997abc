"""Assesses the code of a folder that may be a stranger's: lint, complexity, maintainability, churn.

One program: `python -m quality`. Nothing of the folder is ever run and none of its settings is obeyed, so that
several repositories are measured with one ruler.
"""
