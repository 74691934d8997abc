"""The registry: which servers a process knows, which are only listed, and what is wrong with any.

Known are the specialists' own, those of `<home>/mcp.json`, and those of every project file and
discovered server that is trusted as it is now. All others are listed, inert: nothing of them is
started, and none of their `${VAR}` is looked up.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from aether_agents.contracts import ServerSpec, Specialist
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.files.bounded_read import read_bounded
from aether_agents.mcp_host.files.discovery import PROJECT, discovered, parse
from aether_agents.mcp_host.files.products import is_server_file, project_files, project_of
from aether_agents.mcp_host.files.project_scope import scoped
from aether_agents.mcp_host.files.server_file import Declared
from aether_agents.mcp_host.files.user_file import USER_FILE
from aether_agents.mcp_host.registry.queue_inference import infer_queue
from aether_agents.mcp_host.registry.spec_digest import spec_digest
from aether_agents.mcp_host.trust.trust import Trust
from aether_agents.settings.model import Settings


@dataclass
class Servers:
    """What a process knows of servers."""

    #: Servers that may be started, by name.
    known: dict[str, ServerSpec] = field(default_factory=dict)
    #: Servers of files that are not trusted: as written, never started.
    inert: list[ServerSpec] = field(default_factory=list)
    #: Why those of a file that was trusted may not be started any more, by that file.
    lost: dict[str, str] = field(default_factory=dict)
    #: What is wrong, each with file and line.
    faults: list[str] = field(default_factory=list)


def load_servers(
    settings: Settings,
    specialists: Sequence[Specialist],
    folder: Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
) -> Servers:
    """Read every server there is, for a project folder (`settings.project` without one). Never raises for a file."""
    registry = _Registry(specialists, Servers(), os.environ if environ is None else environ)
    for specialist in specialists:
        for spec in specialist.servers:
            registry.add(spec)
    trust = Trust(settings.home)
    user = settings.home / USER_FILE
    if user.is_file():
        registry.read_own(user)
    for path in _files(settings, folder or settings.project, trust, registry.servers.faults):
        registry.read(path, trust)
    return registry.servers


class _Registry:
    """Adds servers one file at a time; a fault costs one server, never all."""

    def __init__(self, specialists: Sequence[Specialist], servers: Servers, environ: Mapping[str, str]) -> None:
        self._specialists = specialists
        self._names = [specialist.name for specialist in specialists]
        self._environ = environ
        self.servers = servers

    def read(self, path: Path, trust: Trust) -> None:
        """Add the servers of a project's or a discovered file, known or inert."""
        self._read(path, trust, trusted=False, default_cwd=True, of_project=is_server_file(path))

    def read_own(self, path: Path) -> None:
        """Add the servers of the user's own file."""
        self._read(path, None, trusted=True, default_cwd=False, of_project=False)

    def _read(self, path: Path, trust: Trust | None, *, trusted: bool, default_cwd: bool, of_project: bool) -> None:
        try:
            content = read_bounded(path)
            trusted = trusted or (trust is not None and trust.is_trusted(path, content))
            networked = trust.networked(path) if trust is not None and trusted else None
            found = parse(path, content)
        except InvalidSettings as error:
            self.servers.faults.append(str(error))
            return
        if not trusted and trust is not None and (why := trust.why_not(path)):
            self.servers.lost[str(path)] = why
        project = str(project_of(path).resolve()) if of_project else ""
        for server in found:
            if not server.disabled:
                given = None if networked is None else server.name in networked
                self._declare(server, trusted, default_cwd, project, given)

    def add(self, spec: ServerSpec) -> None:
        """A server that may be started; the first of a name has it, a project's gives way to a scoped name."""
        other = self.servers.known.get(spec.name)
        if other is None:
            self.servers.known[spec.name] = spec
        elif spec_digest(other) != spec_digest(spec):
            self.servers.faults.append(
                f"two servers are called `{spec.name}`: the one of {other.source} is used, "
                f"the one of {spec.source} is not; rename one"
            )

    def _declare(
        self, server: Declared, trusted: bool, default_cwd: bool, project: str, networked: bool | None
    ) -> None:
        taken = self.servers.known.get(server.name)
        ours = any(spec.name == server.name for one in self._specialists for spec in one.servers)
        if trusted and project and taken is not None and not ours and taken.project != project:
            server = replace(server, name=scoped(server.name, project))
        try:
            spec = server.spec(self._environ if trusted else None, default_cwd=default_cwd)
        except InvalidSettings as error:
            self.servers.faults.append(str(error))
            return
        if spec.queue and spec.queue not in self._names:
            hint = nearest(spec.queue, self._names) or f"; there are: {', '.join(self._names)}"
            fault = server.document.fault((*server.at, "queue"), f"no specialist is called `{spec.queue}`{hint}")
            self.servers.faults.append(fault)
            return
        if not spec.queue:
            spec = spec.model_copy(update={"queue": infer_queue(spec, self._specialists), "inferred": True})
        network = networked if spec.network is None else spec.network
        spec = spec.model_copy(update={"project": project, "network": network})
        if trusted:
            self.add(spec)
        else:
            self.servers.inert.append(spec)


def _files(settings: Settings, folder: Path, trust: Trust, faults: list[str]) -> Iterable[Path]:
    """Every file that may declare servers, once: trusted ones anywhere, the folder's, the discovered."""
    paths: dict[Path, Path] = {}
    try:
        declaring = (path for path in trust.watched() if is_server_file(path) or path.name == PROJECT)
        trusted = [path for path in declaring if path.is_file()]
    except InvalidSettings as error:
        faults.append(str(error))
        return []
    mcp = settings.agent_system.mcp_integration
    found = discovered(Path(mcp.server_discovery_path)) if mcp.auto_discovery else ()
    for path in (*trusted, *project_files(folder), *found):
        paths.setdefault(path.resolve(), path)
    return paths.values()
