"""The command line, `aether-agent`. Commands hold no logic; each module here holds one noun of it."""

from aether_agents.cli.program import main

__all__ = ["main"]
