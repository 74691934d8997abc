"""What is said of the sandbox: which mechanism there is, what it cuts, and which servers keep the network."""

from collections.abc import Iterator

from aether_agents.cli.session.lookup import servers_here
from aether_agents.cli.session.session import Session
from aether_agents.contracts import Json, ServerSpec
from aether_agents.mcp_host.process.sandbox_view import Confinement, confinement_of, ours
from aether_sandbox.confine import CUTS, MECHANISMS, Mechanism, works

#: What to do where nothing can be confined.
FIX = "install bubblewrap, or allow user namespaces; `isolation: required` starts nothing that is not confined"


def confinement_row(spec: ServerSpec, confinement: Confinement) -> dict[str, Json] | None:
    """How a server is confined; None for one of ours, and for an address."""
    if spec.url is not None or ours(spec):
        return None
    by = confinement.by
    return {"mechanism": by, "network": spec.network is not False, "cuts": dict(CUTS[by]._asdict()) if by else None}


def confinement_word(row: Json) -> str:
    """The same in a word or two, for a table."""
    if not isinstance(row, dict):
        return ""
    return f"{row['mechanism'] or 'none'}{' + network' if row['network'] else ''}"


def cuts(by: Mechanism) -> str:
    """What a mechanism cuts."""
    return "; ".join(f"{part}: {said}" for part, said in CUTS[by]._asdict().items())


def sandbox_lines(session: Session) -> Iterator[tuple[bool, str, str]]:
    """What doctor says of it: whether it is well, what it is, the fix."""
    confinement = confinement_of(session.settings)
    by = confinement.by
    if confinement.isolation == "off":
        yield (
            False,
            "`isolation` is `off`: servers that are not ours, and scanners, run as you do",
            "set `isolation: auto`",
        )
    elif by is None:
        yield (
            False,
            "this machine cannot confine programs: servers that are not ours, and scanners, run as you do",
            FIX,
        )
    for one in MECHANISMS:
        if one == by:
            yield True, f"{one} is used. {cuts(one)}", ""
        elif works(one):
            yield True, f"{one} would work here too. {cuts(one)}", ""
        else:
            yield True, f"{one} does not work here", ""
    for spec in servers_here(session).known.values():
        if spec.trusted and spec.network is None and confinement.confines(spec):
            said = f"{spec.name} keeps the machine's network: it was added or trusted before that was asked"
            yield True, said, f"write `network: false` or `network: true` beside it in {spec.source}"
