"""Somebody can write to the store, and has no key."""
