"""The servers that give verdicts, started as a worker starts them."""

from tests.integration.workers import conftest as servers

code, dependencies, infracode, policy = servers.code, servers.dependencies, servers.infracode, servers.policy
portal, quality, secrets = servers.portal, servers.quality, servers.secrets
repos = servers.repos
scanners, scanners_programs = servers.scanners, servers.scanners_programs
