"""The security specialist: secrets, unsafe code, file permissions. Its folder holds all that makes it."""

from pathlib import Path

from aether_agents.specialists import read_specialist

SPECIALIST = read_specialist(Path(__file__).parent)
