"""StoreChecks: what doctor looks at in the store: that it answers, takes writes, opens with the key, and is served."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from aether_agents.cli.session.protocols import OrchestratorFace
from aether_agents.cli.session.session import Session
from aether_agents.cli.stack.processes import BEFORE, unwell
from aether_agents.local.valkey import find_binary
from aether_agents.monitoring.budgets import spending
from aether_agents.process.build import build

#: What is asked of the store.
ASKED = "sealing key, power loss, budgets, workers, queues"

Verdict = Literal["ok", "warn", "fail"]


class Finding(NamedTuple):
    """One thing looked at."""

    what: str
    verdict: Verdict
    said: str
    fix: str = ""


def store_findings(session: Session, *, repair: bool) -> Iterator[Finding]:
    """Every finding about the store and those who serve it."""
    if session.stack is not None:
        yield Finding("server", "ok", f"embedded: {find_binary()}")
        if not session.stack.running():
            yield Finding("stack", "ok", "not running; commands start it when they need it")
            yield Finding("not tried", "ok", f"{ASKED}: nothing runs that could be asked", "aether-agent up")
            return
        for said, fix in unwell(session.stack):
            yield Finding("process", "fail", said, fix)
    with session.running_orchestrator() as orchestrator:
        if orchestrator is None:
            return
        yield Finding("store", "ok", f"{orchestrator.store_product()} answers")
        if refusal := orchestrator.refusal():
            yield Finding("store", "fail", refusal)
        for fault in orchestrator.misplaced(("planner", *(one.queue for one in session.specialists))):
            yield Finding("store", "fail", *fault.split(": ", 1))
        for fault in orchestrator.diagnose():
            yield Finding("store", "warn", fault)
        if not orchestrator.sees_settings():
            yield Finding("store", "ok", "not looked at, `CONFIG GET` is not among our rights: its disk, `appendfsync`")
        waits = orchestrator.secures()
        said = "waits for the store's disk" if waits else "of the last seconds is told by its worker, or asked"
        yield Finding("power loss", "ok", f"an unrepeatable call {said}")
        yield from _key(orchestrator, repair=repair)
        for one in spending(session.settings.alerts.budgeted(), orchestrator.calls_today()):
            said = f"{one.server}: {one.calls} of {one.budget} calls today (UTC)"
            yield Finding("budget", "warn" if one.spent else "ok", said, "aether-agent metrics" if one.spent else "")
        if refusal is None:
            yield from _workers(session, orchestrator)
        else:
            yield Finding("queue", "warn", "not known: no worker can say that it is alive while the store refuses")


def _workers(session: Session, orchestrator: OrchestratorFace) -> Iterator[Finding]:
    workers = orchestrator.workers()
    logs = "aether-agent logs worker" if session.stack is not None else "see its log; it is started again"
    for worker in workers:
        if worker.state:
            yield Finding("worker", "warn" if worker.hears else "fail", f"{worker.name}: {worker.state}", logs)
        if 100 * worker.strain > session.settings.alerts.store_fuller_than:
            said = f"{worker.name} has {worker.strain:.0%} of its descriptors open"
            yield Finding("worker", "warn", said, "raise its limit of open files (`ulimit -n`, LimitNOFILE)")
    if others := sorted({worker.version or BEFORE for worker in workers} - {build()}):
        said = f"workers run {', '.join(others)} beside this {build()}: each leaves alone what it cannot read"
        yield Finding("version", "warn", said, "end the upgrade: start every process with one version")
    for queue in ("planner", *(one.queue for one in session.specialists)):
        count = sum(queue in worker.queues and worker.hears for worker in workers)
        start = f"aether-agent worker {queue}" if session.stack is None else "aether-agent logs worker"
        said = f"{queue}: {count} worker{'s' * (count != 1)}"
        yield Finding("queue", "ok" if count else "fail", said, "" if count else start)


def _key(orchestrator: OrchestratorFace, *, repair: bool) -> Iterator[Finding]:
    """The sealing key: whether processes with another one are kept out, and what such a one has left behind."""
    state, name = orchestrator.key_marker()
    said = {
        "none": "the store has no marker of it: a process with another key is not kept out",
        "newest": f"the store is that of the key `{name}`; a process without it does not start",
        "older": f"the store's marker is still that of the key `{name}`, which is not the newest one here",
        "other": f"the store is that of the key `{name}`, which is not here",
    }
    fix = "" if state == "newest" else "aether-agent config mark-key, with the key that all processes have"
    yield Finding("sealing key", "ok" if state == "newest" else "warn", said[state], fix)
    yield _tried(*orchestrator.key_trial())
    for why in orchestrator.newer_entries().values():
        yield Finding("catalogue", "warn", f"left alone: {why}")
    if not (foreign := orchestrator.foreign_entries()):
        return
    listed = ", ".join(f"{server} (key {key})" for server, key in foreign.items())
    if repair and state in ("newest", "older"):
        gone = ", ".join(orchestrator.remove_foreign_entries()) or "none: they have changed meanwhile"
        yield Finding("catalogue", "ok", f"sealed with another key: {listed}; removed: {gone}")
        return
    why = "" if state in ("newest", "older") else ", once the store has a marker of the right key (see above)"
    fix = f"aether-agent doctor --fix removes them{why}"
    yield Finding("catalogue", "warn", f"passed by, as they are sealed with another key: {listed}", fix)


def _tried(opened: int, tried: int) -> Finding:
    """Whether the key opens what is stored: what was not tried is not said to open."""
    if not tried:
        return Finding("sealing key", "ok", "not tried: nothing that is sealed is stored yet")
    if opened == tried:
        return Finding("sealing key", "ok", f"opens all {tried} documents that were tried")
    said = f"opens {opened or 'none'} of {tried} documents that were tried"
    fix = "give this process the key that sealed them (AETHER_SEALING_KEY_FILE), older keys below the newest"
    return Finding("sealing key", "warn" if opened else "fail", said, fix)
