"""Asks endpoints whether they answer as they should, and reads their certificates.

One program: `python -m endpoints`. It sends no credentials, shows none, keeps no answer, and asks no metadata service.
"""
