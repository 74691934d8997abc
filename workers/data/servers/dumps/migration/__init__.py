"""Migration: MariaDB and MySQL copied into a new schema of PostgreSQL by pgloader, and compared by other readers."""
