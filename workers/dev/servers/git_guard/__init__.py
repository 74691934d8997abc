"""Starts `mcp-server-git` so that nothing of a repository it is asked about runs.

One program, `start.py`, in the environment of that server: of ours it imports only how git is shown a repository.
"""
