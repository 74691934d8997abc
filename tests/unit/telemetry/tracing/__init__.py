"""Spans, and when there are none."""
