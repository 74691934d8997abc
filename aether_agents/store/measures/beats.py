"""Beats: which of them fires the schedules and which wait for their turn, as each says itself."""

from typing import Literal, NamedTuple

from aether_agents.store.client.store_client import StorePart

#: Seconds a beat counts as alive after its last word.
ALIVE_FOR = 30.0

BeatState = Literal["fires", "waits", "left"]


class BeatNow(NamedTuple):
    """What one beat said last."""

    name: str  #: `host:pid`
    state: BeatState  #: `left`: it ended in good order, or spoke no more
    said: float  #: when: seconds since the epoch, by the store's clock
    looked: float  #: when it last looked at what is due; 0 for one that does not fire


class Beats(StorePart):
    """One hash, of which everybody who is gone for an hour is taken out. It expires when no beat runs for a week."""

    def say(self, name: str, state: BeatState, looked: float = 0.0) -> None:
        """How a beat stands; `looked`: so many seconds ago it looked at what is due.

        Raises:
            StoreUnavailable: the store is away, or takes no writes.
        """
        self._access.call("beat_says", name, state, int(looked * 1000))

    def all(self) -> list[BeatNow]:
        """Every beat that spoke within the hour; none at all where no beat ran for a week.

        Raises:
            StoreUnavailable: the store is away.
        """
        key = self._access.keys.beats
        found, now = self._access.connection.commands([("HGETALL", key), ("TIME",)])
        said = found.items() if isinstance(found, dict) else zip(found[::2], found[1::2], strict=True)
        return [_read(name.decode(errors="replace"), word.decode(errors="replace"), int(now[0])) for name, word in said]


def _read(name: str, word: str, now: int) -> BeatNow:
    state, said, looked = [*word.split(), "", "", ""][:3]
    moment, last = (int(one) / 1000 if one.isdigit() else 0.0 for one in (said, looked))
    alive = now - moment <= ALIVE_FOR
    known: BeatState = "fires" if alive and state == "fires" else "waits" if alive and state == "waits" else "left"
    return BeatNow(name, known, moment, last)
