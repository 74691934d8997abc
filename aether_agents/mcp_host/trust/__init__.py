"""Which files may start programs: fingerprints, previews, the record of what was trusted."""
