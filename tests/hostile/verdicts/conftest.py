"""The servers that give verdicts, started as a worker starts them."""

from tests.integration.workers.conftest import code, dependencies, portal, secrets

__all__ = ["code", "dependencies", "portal", "secrets"]
