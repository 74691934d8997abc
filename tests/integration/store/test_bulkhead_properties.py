"""Random plans of several owners and servers, with bulkheads on: who goes first changes, what comes of it does not."""

import random
from collections.abc import Mapping

from hypothesis import example, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from aether_agents.contracts import Outcome
from aether_agents.settings.model import Settings
from aether_agents.store import Granted, Store
from tests.conftest import leaks
from tests.integration.store.checks import check_history
from tests.integration.store.plans import DONE, FAILED, overdue
from tests.integration.store.world import NUMBERS, PROFILE, Node, Run, World, timeless

LATE = Outcome(status="failed", error="did not answer", error_kind="timeout")


class Crowd:
    """Several tasks whose messages go through one process with few threads."""

    def __init__(self, store: Store, worlds: Mapping[str, World], dice: random.Random) -> None:
        self.store = store
        self.worlds = worlds
        self.dice = dice
        self.refusals: list[str] = []
        store.tasks.when_scarce(lambda: dice.random() < 0.7)

    def step(self) -> bool:
        """One message arrives, one run ends, or a process that stands takes something; False when nothing is left."""
        mail = [world for world in self.worlds.values() if world.mail]
        runs = [world for world in self.worlds.values() if world.runs]
        if not mail and not runs:
            return False
        if mail and (not runs or self.dice.random() < 0.6):
            self.arrive(self.dice.choice(mail))
        elif self.dice.random() < 0.2:
            self.stand(runs)
        else:
            self.end(self.dice.choice(runs))
        return True

    def arrive(self, world: World) -> None:
        name, canvas = world.mail.pop(self.dice.randrange(len(world.mail)))
        claim = self.store.tasks.claim(world.task_id, name, "dev")
        if not isinstance(claim, Granted):
            self.refusals.append(claim.reason)
        elif claim.instead is None:
            world.runs.append(Run(name, claim, canvas))
        else:
            self.put(claim)

    def stand(self, runs: list[World]) -> None:
        held = [(world.task_id, run.name, run.grant.token) for world in runs for run in world.runs]
        if (claim := self.store.tasks.take("dev", held, 0.0, 9)) is not None:
            self.put(claim)

    def put(self, claim: object) -> None:
        assert isinstance(claim, Granted)
        assert claim.instead is not None
        self.worlds[claim.instead[0]].runs.append(Run(claim.instead[1], claim, canvas=False, own=False))

    def end(self, world: World) -> None:
        run = world.runs.pop(self.dice.randrange(len(world.runs)))
        if world.nodes.get(run.name, Node()).children is not None and not run.grant.join:
            world.fan(run)
        else:
            world.finish(run, self.dice.choice([DONE, DONE, DONE, FAILED, LATE]))
        for send in world.beside:
            self.worlds[send.task_id].send([send])
        world.beside.clear()

    def rest(self) -> bool:
        """Calls of a silent server are held: let their time come. False when nothing is held."""
        command, keys = self.store.connection.command, self.store.keys
        held = [one.decode().split("|")[-2:] for one in command("ZRANGEBYLEX", f"{keys.prefix}:line", "[h|", "(h}")]
        for task_id, name in held:
            overdue(self.store, name, task_id)
        for server in "xyz":
            if command("EXISTS", keys.circuit(server)):
                command("HSET", keys.circuit(server), "till", 1, "asked", 0)
        for send in self.store.tasks.reap(100, ()):
            self.worlds[send.task_id].send([send])
        return bool(held)


def nodes_of(dice: random.Random) -> dict[str, Node]:
    """A random DAG in which some fan out."""
    nodes: dict[str, Node] = {}
    for at in range(dice.randint(1, 8)):
        needs = tuple(name for name in nodes if dice.random() < 0.3)
        children = dice.randint(0, 4) if dice.random() < 0.2 else None
        nodes[f"n{at}"] = Node(needs=needs, keeps_on=dice.random() < 0.3, children=children)
    return nodes


def crowd(store: Store, dice: random.Random) -> Crowd:
    worlds = {}
    for _ in range(dice.randint(2, 5)):
        task_id = f"b{next(NUMBERS)}"
        worlds[task_id] = World(store, task_id, nodes_of(dice), direct=dice.random() < 0.3)
    for world in worlds.values():
        servers = dice.choice([("x",), ("y",), ("x", "y", "z")])
        world.begin(servers, owner=dice.choice(["ann", "bob", "eve"]), priority=dice.choice([3, 5, 5]))
    return Crowd(store, worlds, dice)


@given(seed=st.integers(0, 2**32))
@example(seed=2213954)
@profile(max_examples=80, **PROFILE)
def test_every_message_brings_something_and_everything_is_brought(settings: Settings, seed: int) -> None:
    """Without the reaper, but for what is held for a silent server.

    `take` uses no message, so one may be left over; a canvas never is.
    """
    delivery = settings.delivery.model_copy(update={"per_server": 2, "circuit_after": 2})
    with timeless(settings.model_copy(update={"delivery": delivery})) as store:
        many = crowd(store, random.Random(seed))
        while many.step() or many.rest():
            pass
        for world in many.worlds.values():
            assert world.status() in ("completed", "failed"), f"{world.statuses()}: nobody brings the rest"
            check_history(world, store.events.read(world.task_id, limit=10_000))
        assert set(many.refusals) <= {"done", "leased", "not_ready", "resting"}
        assert store.connection.command("ZCARD", f"{store.keys.prefix}:line") == 0
        assert store.connection.command("ZCARD", f"{store.keys.prefix}:runs") == 0
        assert leaks(store) == []
