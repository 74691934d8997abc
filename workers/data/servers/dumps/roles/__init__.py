"""Roles: who may do what in a database of PostgreSQL or MariaDB, previewed, changed, read back and taken back."""
