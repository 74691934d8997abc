"""A specialist of one's own: its declaration, its tool table, its templates and its server are in this folder."""

from pathlib import Path

from aether_agents.specialists import read_specialist

SPECIALIST = read_specialist(Path(__file__).parent)
