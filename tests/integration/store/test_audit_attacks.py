"""Attacks on the audit record by somebody who can write to the store, and what `verify` says of each.

A row is an attack on a chain of real entries, with each fault that is named and the number of its entry. The attacker
has no sealing key. In the second half he makes all links anew, which needs none.
"""

from collections.abc import Callable

import pytest

from aether_agents.settings.model import Settings
from aether_agents.store import Store, open_store
from aether_agents.store.audit.chain import End, Line, linked, packed, unpacked
from aether_agents.store.client.audit_writer import canonical
from tests.integration.store.plans import DONE, FAILED, granted, started

Attack = Callable[[list[Line]], list[Line]]


def filled(store: Store) -> list[Line]:
    """A chain in several batches: two tasks, calls, an answer, a checkpoint."""
    store.audit.note("worker.started", name="w")
    started(store, {"a": [], "b": []})
    link(store)
    for name, outcome in (("a", DONE), ("b", FAILED)):
        claim = granted(store, name)
        store.audit.note("call", task="t", subtask=name, tool="echo/say", args=store.audit.digest({"text": name}))
        store.audit.note("call.ended", task="t", subtask=name, result=outcome.status)
        store.tasks.complete("t", name, claim.token, outcome)
        if name == "b":
            store.connection.command("HSET", store.keys.audit_head, "marked_at", 0)  # it is time for a checkpoint
        link(store)
    return list(store.audit.lines())


def link(store: Store) -> None:
    """What a heartbeat does."""
    store.audit.flush()
    store.linker.turn()


def put(store: Store, lines: list[Line]) -> None:
    """Write a chain as whoever can write to the store would."""
    command, key = store.connection.command, store.keys.audit
    command("DEL", key)
    for one in lines:
        named = ("k", one.number, "n", one.number, "h", one.link, "t", one.came)
        command("XADD", key, "*", *named, "z", packed([one]))


def edited(lines: list[Line], at: int, **fields: str) -> list[Line]:
    """One entry says something else."""
    return [*lines[:at], lines[at]._replace(text=canonical({**lines[at].entry, **fields})), *lines[at + 1 :]]


def anew(lines: list[Line]) -> list[Line]:
    """All links and numbers made anew, as SHA-256 lets everybody."""
    return list(linked(End(), lines))


def forged(line: Line) -> Line:
    """An entry that nobody with the key wrote."""
    return line._replace(text=canonical({**line.entry, "kind": "answered", "by": "eve", "i": 99}))


ATTACKS: dict[str, tuple[Attack, set[tuple[str, int]]]] = {
    "an entry edited": (lambda c: edited(c, 2, by="eve"), {("edited", 3)}),
    "its time of arrival set back": (
        lambda c: [*c[:2], c[2]._replace(came=1), *c[3:]], {("relinked", 3)}
    ),
    "an entry removed": (lambda c: [*c[:3], *c[4:]], {("removed", 4)}),
    "the first removed": (lambda c: c[1:], {("removed", 1)}),
    "two removed": (lambda c: [*c[:2], *c[4:]], {("removed", 3)}),
    "the last removed": (lambda c: c[:-1], {("removed", -2)}),
    "an entry inserted": (lambda c: [*c[:3], forged(c[2]), *c[3:]], {("inserted", 3)}),
    "an entry copied": (lambda c: [*c[:3], c[0], *c[3:]], {("reordered", 1), ("inserted", 1)}),
    "two swapped": (lambda c: [*c[:2], c[3], c[2], *c[4:]], {("reordered", 3)}),
    "two swapped, each with the other's number": (
        lambda c: [*c[:2], c[3]._replace(number=3, link=c[2].link), c[2]._replace(number=4, link=c[3].link), *c[4:]],
        {("reordered", 3), ("reordered", 4)},
    ),
    "edited, and all links made anew": (lambda c: anew(edited(c, 2, by="eve")), {("edited", 3), ("checkpoint", 0)}),
    "removed, and all links made anew": (lambda c: anew([*c[:4], *c[5:]]), {("missing", 5), ("checkpoint", 0)}),
    "inserted, and all links made anew": (
        lambda c: anew([*c[:3], forged(c[2]), *c[3:]]), {("edited", 4), ("checkpoint", 0)}
    ),
    "copied, and all links made anew": (
        lambda c: anew([*c[:6], c[1], *c[6:]]), {("copied", 7), ("checkpoint", 0)}
    ),
    "swapped, and all links made anew": (
        lambda c: anew([*c[:4], c[5], c[4], *c[6:]]), {("reordered", 6), ("checkpoint", 0)}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_each_attack_is_named_with_its_entry(store: Store, name: str) -> None:
    attack, wanted = ATTACKS[name]
    lines = filled(store)
    assert store.audit.verify().faults == ()
    last = store.audit.end().number
    assert [one.entry["kind"] for one in lines].count("audit.checkpoint") == 2
    put(store, attack(lines))
    found = {(fault.what, fault.number) for fault in store.audit.verify().faults}
    marks = {one.number for one in store.audit.lines() if one.entry["kind"] == "audit.checkpoint"}
    for what, number in wanted:
        if what == "checkpoint":
            assert any(said == "checkpoint" for said, _ in found), (found, marks)
        else:
            assert (what, last - 1 if number < 0 else number) in found, found
    assert {what for what, _ in found} <= {what for what, _ in wanted} | {"rolled back", "removed"}, found


def test_a_store_that_came_back_older_is_told_by_a_head(store: Store, settings: Settings) -> None:
    lines = filled(store)
    head = store.audit.head(1)
    assert store.audit.verify((head,)).faults == ()
    batches = store.connection.command("XRANGE", store.keys.audit, "-", "+")
    before = batches[-2][1][b"n"].decode()
    link_before = lines[int(before) - 1].link
    store.connection.command("XDEL", store.keys.audit, batches[-1][0])
    store.connection.command("HSET", store.keys.audit_head, "number", before, "link", link_before)
    assert {fault.what for fault in store.audit.verify((head,)).faults} == {"rolled back"}
    for _ in range(5):  # and it goes on
        store.audit.note("worker.started", name="later")
    with open_store(settings) as other:
        link(store)
        link(other)
    assert ("rolled back", head["number"]) in {(one.what, one.number) for one in store.audit.verify((head,)).faults}
    forged_head = {**head, "number": 1}
    assert "checkpoint" in {one.what for one in store.audit.verify((forged_head,)).faults}


def test_a_machine_remembers_the_end_it_signed(store: Store, settings: Settings) -> None:
    filled(store)
    store.connection.command("DEL", store.keys.audit, store.keys.audit_head)
    (fault,) = store.audit.verify().faults
    assert fault.what == "rolled back"
    with open_store(settings) as later:
        later.audit.note("worker.started", name="later")
        link(later)
        assert "audit.rolled_back" in [one.entry["kind"] for one in later.audit.lines()]
        assert "rolled back" in {one.what for one in later.audit.verify().faults}


def test_what_nobody_signed_is_not_linked(store: Store) -> None:
    filled(store)
    key = store.audit._access.sealer.newest
    store.connection.command("XADD", store.keys.audit_new, "*", "e", f'{key}:00 {{"kind":"answered","by":"eve"}}')
    store.connection.command("XADD", store.keys.audit_new, "*", "e", "no entry at all")
    link(store)
    kinds = [str(one.entry["kind"]) for one in store.audit.lines()]
    assert kinds.count("audit.refused") == 2
    assert "eve" not in str(list(store.audit.lines()))
    assert store.audit.verify().faults == ()
    assert [one.what for _, one in suspicions(store)] == ["audit record"] * 2
    store.connection.command("XADD", store.keys.audit_new, "*", "e", 'other:00 {"kind":"answered","by":"eve"}')
    link(store)
    assert [one.what for one in store.audit.verify().faults] == ["unknown key"]


@pytest.mark.parametrize(
    "name",
    ["an id with blanks", "two\nlines", "tab\tbed", "", b"\xff\xfe", "a" * 5_000, "times", "wrong type"],
    ids=["blanks", "lines", "tab", "empty", "bytes", "long", "times", "type"],
)
def test_an_ended_task_that_is_none_does_not_stop_the_chain(store: Store, name: str | bytes) -> None:
    filled(store)
    before = store.audit.end().number
    command, key = store.connection.command, store.keys.task(str(name))
    if name == "times":
        command("HSET", key, "created", "noon", "finished", "1e999")
    if name == "wrong type":
        command("SET", key, "x")
    command("XADD", store.keys.ended, "*", "t", name, "u", "completed")
    store.audit.note("worker.started", name="later")
    link(store)
    link(store)
    said = [str(one.entry["kind"]) for one in store.audit.lines()][before:]
    assert "worker.started" in said
    told = [kind for kind in said if kind in ("task.ended", "audit.refused")]
    assert len(told) == 1, "said once"
    assert (told == ["audit.refused"]) is (suspicions(store) != [])
    assert store.audit.verify().faults == ()
    command("DEL", key)


def suspicions(store: Store) -> list[tuple[str, object]]:
    """Who watches hears of it."""
    store.alerts.begin()
    return store.alerts.suspicions()  # type: ignore[return-value]


def test_a_forged_batch_or_anchor_is_named(store: Store) -> None:
    filled(store)
    command, key = store.connection.command, store.keys.audit
    entry, fields = command("XRANGE", key, "-", "+")[0]
    command("XDEL", key, entry)
    assert ("removed", 1) in {(one.what, one.number) for one in store.audit.verify().faults}
    number = fields[b"n"].decode()
    command("HSET", store.keys.audit_head, "anchor", f'{{"number":{number},"link":"{fields[b"h"].decode()}"}}')
    assert ("anchor", 0) in {(one.what, one.number) for one in store.audit.verify().faults}
    assert unpacked(1, fields[b"z"])[0].number == 1
