"""Looks for secrets, unsafe code and loose permissions in a folder that may be a stranger's.

Two programs: `python -m scan.secrets_server` and `python -m scan.code_server`. Nothing of the
folder is ever run, no link is followed out of it, and no secret leaves the program.
"""
