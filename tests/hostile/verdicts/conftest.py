"""The servers that give verdicts, started as a worker starts them."""

from tests.integration.workers.conftest import code, dependencies, infracode, policy, portal, quality, secrets

__all__ = ["code", "dependencies", "infracode", "policy", "portal", "quality", "secrets"]
