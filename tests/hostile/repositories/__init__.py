"""Repositories of strangers: one for each program that reads them and for each file it would obey."""
