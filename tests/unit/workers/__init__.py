"""Specialists and their servers, without starting one."""
