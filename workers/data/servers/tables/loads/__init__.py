"""Loads: sheets become tables, and what a load made is kept in a ledger."""
