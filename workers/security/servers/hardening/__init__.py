"""Looks at how well this machine is hardened, over lynis where it is installed. It changes nothing.

One program: `python -m hardening`.
"""
