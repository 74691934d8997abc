"""Which server a name means in a folder: one home serves many projects, and two of them may call a server the same.

A project's server is for tasks that are asked in that project. Where its name is taken by another project's or by the
user's own, it is known to workers, catalogue and pins by a scoped name, `db.p-3f2a9c10`; plans, sentences and people of
the project go on saying `db`.
"""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from aether_agents.contracts import ServerSpec
from aether_agents.mcp_host.files.products import is_server_file, project_of

_SCOPED = re.compile(r"^(?P<name>.+)\.p-[0-9a-f]{8}$")
#: Characters of the plain name that fit before the scope.
_LONGEST = 50


class Visible(NamedTuple):
    """What the names of servers mean to a task."""

    #: The name a worker knows, by the name that is said.
    names: Mapping[str, str] = {}
    #: Servers of other projects: the project, by the name that is said.
    elsewhere: Mapping[str, str] = {}
    #: Servers of this place that may not be started: why, by the name that is said.
    barred: Mapping[str, str] = {}


def scoped(name: str, project: str) -> str:
    """The name of a project's server where its plain one is taken."""
    return f"{name[:_LONGEST]}.p-{hashlib.sha256(project.encode()).hexdigest()[:8]}"


def plain(name: str) -> str:
    """The name that is said, of a server or of a tool of it (`server/tool`)."""
    server, slash, tool = name.partition("/")
    found = _SCOPED.match(server)
    return f"{found['name'] if found else server}{slash}{tool}"


def visible(known: Mapping[str, ServerSpec], folder: Path, inert: Mapping[str, str] | None = None) -> Visible:
    """What names mean in a folder: its own project's servers first, of the innermost one, then the user's.

    `inert` are servers that may not be started, and why.
    """
    here = folder.resolve()
    own: dict[str, ServerSpec] = {}
    general: dict[str, str] = {}
    elsewhere: dict[str, str] = {}
    for name, spec in known.items():
        said = plain(name) if spec.project else name
        if not spec.project:
            general[said] = name
        elif not here.is_relative_to(spec.project):
            elsewhere.setdefault(said, spec.project)
        elif said not in own or len(spec.project) > len(own[said].project):
            own[said] = spec
    ours = {said: spec.name for said, spec in own.items()}
    names = {**{name: name for name in ours.values()}, **general, **ours}
    others = {said: project for said, project in elsewhere.items() if said not in names}
    return Visible(names, others, {said: why for said, why in (inert or {}).items() if said not in names})


def reason(spec: ServerSpec, lost: Mapping[str, str]) -> str:
    """Why a server of a file that is not trusted may not be started."""
    folder = project_of(Path(spec.source)) if is_server_file(Path(spec.source)) else Path(spec.source).parent
    never = f"{spec.source} has not been trusted yet: look at it with `aether-agent trust {folder}`"
    return lost.get(spec.source) or never
