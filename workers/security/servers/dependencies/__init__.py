"""Looks up the pinned dependencies of a folder in an advisory database. Nothing of them is built, installed or run.

One program: `python -m dependencies`.
"""
