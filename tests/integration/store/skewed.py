"""A store whose clock is set forward and back: our library as it is, but for one term beside the server's own time."""

from aether_agents.store import Store
from aether_agents.store.client import lua_library
from aether_agents.store.tasks import subtask_runs

_CLOCK = "at = clock()"
_SKEWED = "at = clock() + tonumber(redis.call('GET', keys[1] .. ':skew') or '0')"


def render() -> tuple[str, str]:
    """The version and the source of such a library."""
    version, source = _original()
    assert source.count(_CLOCK) == 1
    mine = f"{version[:-4]}5ced"
    return mine, source.replace(_CLOCK, _SKEWED).replace(version, mine)


def install() -> None:
    """Let every store that this process opens from now on have such a clock."""
    lua_library.render = render


def remove() -> None:
    """Let it be the real one again."""
    lua_library.render = _original
    subtask_runs.clock = _clock


def wait(store: Store, seconds: float) -> None:
    """Let that much time pass, for the server and for this process."""
    subtask_runs.clock = lambda before=subtask_runs.clock: before() + seconds
    step(store, seconds)


def step(store: Store, seconds: float) -> None:
    """Set the clock forward, or back, by that much."""
    key = f"{store.keys.prefix}:skew"
    store.connection.commands([("INCRBY", key, int(seconds * 1000)), ("EXPIRE", key, 600)])


_original, _clock = lua_library.render, subtask_runs.clock
