"""Backups: made, proved, restored, kept and discarded; and exports."""
