"""MCPServerRegistry: the MCP servers there are and what they can, in the words of AetherTerm's design."""

from collections.abc import Iterable, Mapping
from typing import Any

from aether_agents.agentserver.service.service import Service, common_service
from aether_agents.contracts.server import CatalogueEntry

#: What a task needs: a name (of a server, of a tool, or `server/tool`), several, or a mapping with `required_tools`.
Requirements = str | Iterable[str] | Mapping[str, Any]


class MCPServerRegistry:
    """What the workers have found and listed, `/mcp` included; nothing is started or asked here."""

    def __init__(self, service: Service | None = None) -> None:
        """Without a service that of `register`; without that, one for the settings found here."""
        self.servers: dict[str, CatalogueEntry] = {}
        self.capabilities: dict[str, tuple[str, ...]] = {}
        self._service = service

    async def discover_servers(self) -> dict[str, CatalogueEntry]:
        """Read which servers are live; also in `servers`, and the names of their tools in `capabilities`.

        Raises:
            StoreUnavailable, StackError: the tasks cannot be reached.
        """
        service = self._service or common_service()
        found = await service.call(lambda backend: backend.orchestrator.catalogue())
        self.servers = {name: entry for name, entry in found.items() if entry.status == "live"}
        self.capabilities = {name: tuple(one.name for one in entry.tools) for name, entry in self.servers.items()}
        return dict(self.servers)

    async def get_suitable_servers(self, task_requirements: Requirements) -> dict[str, CatalogueEntry]:
        """The live servers that have any of what is required, by their names; those with more of it first."""
        await self.discover_servers()
        wanted = _names(task_requirements)
        fits = {name: sum(self._has(name, one) for one in wanted) for name in self.servers}
        best = sorted((name for name, count in fits.items() if count), key=lambda name: (-fits[name], name))
        return {name: self.servers[name] for name in best}

    def _has(self, server: str, wanted: str) -> bool:
        tools = self.capabilities[server]
        return wanted in {server, *tools, *(f"{server}/{tool}" for tool in tools)}


def _names(said: Requirements) -> set[str]:
    if isinstance(said, Mapping):
        said = said.get("required_tools") or said.get("tools") or ()
    return {said} if isinstance(said, str) else {str(one) for one in said}
