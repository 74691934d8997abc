"""The infra specialist: this machine's health, and whether endpoints answer. Its folder holds all that makes it."""

from pathlib import Path

from aether_agents.specialists import read_specialist

SPECIALIST = read_specialist(Path(__file__).parent)
