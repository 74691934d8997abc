"""Checks a repository against a policy file: what must be there, what must not, and how bad findings may be.

One program: `python -m policy`. The policy may be a stranger's: its patterns run in a program that is ended in time.
"""
