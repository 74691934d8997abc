"""Looks at the machine it runs on: load, memory, disks, services, clock, ports, processes. It changes nothing.

One program: `python -m host`. Command lines and environments of processes are never read: they may hold secrets.
"""
