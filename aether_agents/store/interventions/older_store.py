"""OlderStore: what may have run though the store does not know it, because it came back older than it was.

The same as `forgetting` of `lua/epoch.lua`, read without changing anything: so that who is asked for a yes is told.
"""

from typing import NamedTuple

#: The fields of the store's epoch that say it.
FIELDS = ("server", "number", "since", "unheard")

#: Runs of one step that a token counts; above it stands the epoch.
_RUNS = 1 << 20

#: What a question says then. A yes to it is a yes to that too.
NOTE = (
    "The store came back older than it was: if this was answered with yes before, it may have run already. A yes runs "
    "it, perhaps for the second time."
)


class OlderStore(NamedTuple):
    """The epoch of the store, and whether somebody who made calls before it began has not said which."""

    number: int
    since: int
    unsure: bool

    def may_have_run(self, created: int, state: bytes | None, wiring: bytes | None) -> bool:
        """Whether a step may have run that must not run twice, by its fields `s:` and `w:`, and when its task came."""
        if not self.unsure or not state or not wiring or (self.since and created >= self.since):
            return False
        flags = wiring.split(b" ")[1]
        return b"u" in flags and b"J" not in flags and int(state.split()[3]) // _RUNS != self.number


def older_store(values: list[bytes | None]) -> OlderStore:
    """The epoch by its `FIELDS`. A restored store that nobody has worked on yet has no number."""
    server, number, since, unheard = values
    if server == b"restored" and not number:
        return OlderStore(0, 0, unsure=True)
    unsure = any(name.endswith(b"/0") for name in (unheard or b"").split())
    return OlderStore(int(number or 0), int(since or 0), unsure)
