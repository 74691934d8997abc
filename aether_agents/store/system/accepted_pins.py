"""What of a server's tools was accepted before, seen from what it lists now."""

from collections.abc import Iterable, Mapping

from aether_agents.contracts import Tool
from aether_agents.contracts.server import CatalogueEntry
from aether_agents.store.client.replies import Accepted


def agreed(before: CatalogueEntry | None, known: Accepted | None, spec_digest: str) -> Accepted | None:
    """What was accepted for a specification; none at its first sight. The later of two acceptances counts."""
    listed_before = before is not None and (before.status != "failed" or bool(before.accepted))
    if before is not None and listed_before and before.spec_digest == spec_digest:
        said = {"pins": before.accepted, "unseen": before.unseen, "by": before.accepted_by}
        own = Accepted.model_validate({"spec_digest": spec_digest, "number": before.number, **said})
        if known is None or known.spec_digest != spec_digest or known.number <= own.number:
            return own
    return known if known is not None and known.spec_digest == spec_digest else None


def former(before: CatalogueEntry | None, accepted: Mapping[str, str], listed: Iterable[Tool]) -> tuple[Tool, ...]:
    """The accepted definitions that are not among what is listed now, as far as they are known."""
    now = {(tool.name, tool.pin) for tool in listed}
    known = {(tool.name, tool.pin): tool for tool in (*before.former, *before.tools)} if before else {}
    return tuple(known[one] for one in sorted(accepted.items()) if one in known and one not in now)


def drift(server: str, tools: list[str]) -> str:
    return (
        f"its tools have changed since they were accepted ({', '.join(tools[:10])}): see what has changed, and accept "
        f"it, with `aether-agent servers lock {server}`"
    )


def earlier(before: CatalogueEntry | None, spec_digest: str) -> dict[str, str]:
    """The pins that were accepted for the specification before this one."""
    if before is None:
        return {}
    return dict(before.earlier if before.spec_digest == spec_digest else before.accepted)
