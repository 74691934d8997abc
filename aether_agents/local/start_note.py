"""The note for a command that joins a running stack: what that was started with, and is not so any more."""

from collections.abc import Iterator, Mapping

from aether_agents.local.supervisor_link import Message

OTHER_SETTINGS = "the running stack was started with other settings; end it with `aether-agent down` to use yours"


def start_note(started: Message, joining: Message) -> str:
    """What differs between the orders a stack was started with and those of a command that joins it; empty: nothing."""
    notes = [] if started.get("digest") == joining.get("digest") else [OTHER_SETTINGS]
    if changes := ", ".join(_changes(started.get("packages") or {}, joining.get("packages") or {})):
        notes.append(
            f"the running stack was started with other packages ({changes}); "
            "end it with `aether-agent down`, and the next command starts it with these"
        )
    return "\n".join(notes)


def _changes(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*before, *now}) if now else ():
        match before.get(name), now.get(name):
            case None, new:
                yield f"{name} {new} was installed since"
            case old, None:
                yield f"{name} {old} was removed since"
            case old, new if old != new:
                yield f"{name} {old}, now {new}"
