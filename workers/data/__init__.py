"""The data specialist: tables, their loading and checking, backups and restores. Its folder holds all that makes it."""

from pathlib import Path

from aether_agents.specialists import read_specialist

SPECIALIST = read_specialist(Path(__file__).parent)
