"""The dev specialist: repositories, their quality, and the reports about them. Its folder holds all that makes it."""

from pathlib import Path

from aether_agents.specialists import read_specialist

SPECIALIST = read_specialist(Path(__file__).parent)
