"""Tests of the stack of one process."""
