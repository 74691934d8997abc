"""Schemas: read from SQLite, DuckDB, PostgreSQL and MariaDB in one form, compared, and changed after a rehearsal."""
