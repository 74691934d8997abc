"""The audit record: entries in a chain that shows tampering."""
