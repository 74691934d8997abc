"""Imports: data files and file databases copied into a new schema of a server, compared, and discarded."""
