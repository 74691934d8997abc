"""The tools that are live now, found by name; and what to do about the ones that are not."""

import difflib
from collections.abc import Collection, Iterable, Mapping

from aether_agents.contracts import Tool
from aether_agents.contracts.server import CatalogueEntry

_NEAREST = 5


class LiveTools:
    """One look at the catalogue. It remembers what was asked for and was not there."""

    def __init__(
        self,
        catalogue: Mapping[str, CatalogueEntry],
        servers: Collection[str],
        elsewhere: Mapping[str, str] | None = None,
        barred: Mapping[str, str] | None = None,
    ) -> None:
        """`elsewhere` names servers that other projects have, `barred` those that may not be started, and why."""
        self._catalogue = catalogue
        self._servers = servers
        self._elsewhere = elsewhere or {}
        self._barred = barred or {}
        self._live: dict[str, dict[str, Tool]] = {}  # by server, then by name; filled as it is asked for
        self._wanted: dict[str, list[str]] = {}  # what is missing, to who wants it
        self.waiting_for: tuple[str, ...] = ()  #: known servers that no worker has listed yet, as they are now

    def find(self, ref: str, wanted_by: str) -> Tool | None:
        """The live tool `server/tool`; none, and remembered, if there is none."""
        server, _, name = ref.partition("/")
        tool = self._tools(server).get(name)
        if tool is None:
            self._miss(ref, wanted_by)
        return tool

    def require(self, refs: Iterable[str], wanted_by: str) -> None:
        """Make sure that servers (or `server/tool`) are live; what is not is remembered."""
        for ref in refs:
            if "/" in ref:
                self.find(ref, wanted_by)
            elif not self.connected(ref):
                self._miss(ref, wanted_by)

    def connected(self, server: str) -> bool:
        """Whether a server is live."""
        entry = self._catalogue.get(server)
        return entry is not None and entry.status == "live" and not self._awaited(server)

    def all(self) -> list[Tool]:
        """Every live tool."""
        return [tool for name in self._catalogue for tool in self._tools(name).values()]

    def unlisted(self) -> tuple[str, ...]:
        """The known servers that no worker has listed yet, as they are now."""
        return tuple(name for name in self._servers if self._awaited(name))

    def faults(self) -> list[str]:
        """Everything that was wanted and is not there, each with its fix."""
        servers: dict[str, list[str]] = {}
        faults: list[str] = []
        for ref, wanted_by in self._wanted.items():
            server = ref.split("/", 1)[0]
            if self.connected(server):
                faults.append(f"{_who(wanted_by)}: {self._no_tool(ref, server)}")
            elif server not in self.waiting_for:
                servers.setdefault(server, []).extend(wanted_by)
        return faults + [f"{_who(who)}: {self.trouble(server)}" for server, who in servers.items()]

    def trouble(self, server: str) -> str:
        """Why a server cannot be used, and what to do about it."""
        entry = self._catalogue.get(server)
        if self._awaited(server):
            return f"no worker has listed the server `{server}` as it is now: see `aether-agent servers list`"
        if entry is None and server in self._barred:
            return f"the server `{server}` may not be started: {self._barred[server]}"
        if entry is None and server in self._elsewhere:
            return (
                f"the server `{server}` belongs to {self._elsewhere[server]}: ask in that folder, or add one of your "
                f"own with `aether-agent servers add {server} …`"
            )
        if entry is None:
            known = [*self._servers, *self._catalogue]
            hint = difflib.get_close_matches(server, known, n=1)
            meant = f" (did you mean `{hint[0]}`?)" if hint else ""
            return (
                f"there is no server `{server}`{meant}: add it with `aether-agent servers add {server} …`, "
                "or trust the file that has it with `aether-agent trust`"
            )
        if entry.status == "quarantined":
            return (
                f"the server `{server}` is quarantined ({entry.error or 'its tools changed'}): look at it, "
                f"then accept it with `aether-agent servers lock {server}`"
            )
        return (
            f"the server `{server}` is not live: {entry.error or f'try it with `aether-agent servers test {server}`'}"
        )

    def _miss(self, ref: str, wanted_by: str) -> None:
        server = ref.split("/", 1)[0]
        who = self._wanted.setdefault(ref, [])
        if wanted_by not in who:
            who.append(wanted_by)
        if self._awaited(server) and server not in self.waiting_for:
            self.waiting_for = (*self.waiting_for, server)

    def _awaited(self, server: str) -> bool:
        """Whether a worker is to list a server: it is known, and nothing or only what was before is known of it."""
        entry = self._catalogue.get(server)
        return server in self._servers and (entry is None or entry.outdated)

    def _tools(self, server: str) -> dict[str, Tool]:
        """The live tools of a server by name."""
        if server not in self._live:
            tools = self._catalogue[server].tools if self.connected(server) else ()
            self._live[server] = {tool.name: tool for tool in tools}
        return self._live[server]

    def _no_tool(self, ref: str, server: str) -> str:
        every = [f"{name}/{tool}" for name in self._catalogue for tool in self._tools(name)]
        own = [name for name in every if name.startswith(f"{server}/")]
        close = difflib.get_close_matches(ref, own, n=_NEAREST, cutoff=0.4)
        close += difflib.get_close_matches(ref, every, n=_NEAREST, cutoff=0.5)
        shown = list(dict.fromkeys(close))[:_NEAREST] or own[:_NEAREST]
        return f"there is no tool `{ref}`; nearest: {', '.join(f'`{name}`' for name in shown) or 'none'}"


def _who(wanted_by: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in dict.fromkeys(wanted_by))
