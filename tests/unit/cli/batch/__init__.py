"""Batches at the command line."""
