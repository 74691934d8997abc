"""Beats: which of them fires the schedules and which wait for their turn, as each says itself."""

from typing import NamedTuple

from aether_agents.store.client.store_client import StorePart

#: Milliseconds after which nobody remembers that there was a beat at all.
_KEPT = 7 * 86_400_000

#: Seconds a beat counts as alive after its last word.
ALIVE_FOR = 30.0


class BeatNow(NamedTuple):
    """What one beat said last."""

    name: str  #: `host:pid`
    fires: bool  #: whether it is its turn
    said: float  #: when: seconds since the epoch, by the store's clock
    looked: float  #: when it last looked at what is due; 0 for one that waits
    alive: bool


class Beats(StorePart):
    """One hash, of which everybody who is gone for an hour is taken out. It expires when no beat runs for a week."""

    def say(self, name: str, *, fires: bool, looked: float) -> None:
        """A beat is alive; `looked`: so many seconds ago it looked at what is due.

        Raises:
            StoreUnavailable: the store is away, or takes no writes.
        """
        now = self._now()
        word = f"{'fires' if fires else 'waits'} {now:.0f} {now - looked if fires else 0:.0f}"
        gone = [one.name for one in self._all(now) if now - one.said > 3600]
        key = self._access.keys.beats
        commands: list[tuple[object, ...]] = [("HSET", key, name, word), ("PEXPIRE", key, _KEPT)]
        if gone:
            commands.append(("HDEL", key, *gone))
        self._access.connection.commands(commands)

    def leave(self, name: str) -> None:
        """It ends in good order: nobody waits for it. That there was a beat is remembered all the same."""
        self._access.connection.command("HSET", self._access.keys.beats, name, "left 0 0")

    def all(self) -> list[BeatNow]:
        """Every beat that spoke within the hour; none at all where no beat ran for a week.

        Raises:
            StoreUnavailable: the store is away.
        """
        return self._all(self._now())

    def _all(self, now: float) -> list[BeatNow]:
        found = self._access.connection.command("HGETALL", self._access.keys.beats)
        return [_read(name.decode(errors="replace"), word.decode(errors="replace"), now) for name, word in found.items()]

    def _now(self) -> float:
        return float(self._access.connection.command("TIME")[0])


def _read(name: str, word: str, now: float) -> BeatNow:
    state, said, looked = [*word.split(), "", "0", "0"][:3]
    moment = float(said) if said.isdigit() else 0.0
    last = float(looked) if looked.isdigit() else 0.0
    return BeatNow(name, state == "fires", moment, last, now - moment <= ALIVE_FOR)
