"""What a sentence says: terms, units, replacements."""
