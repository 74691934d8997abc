"""Metrics: what the store has counted, in the words of Prometheus. Reading them costs the store a few small reads."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from aether_agents.contracts import (
    TERMINAL_SUBTASK,
    TERMINAL_TASK,
    ErrorKind,
    SubtaskStatus,
    TaskStatus,
    failure_class,
)
from aether_agents.monitoring.budgets import spending
from aether_agents.monitoring.counted import Counted
from aether_agents.monitoring.upkeep import upkeep
from aether_agents.store import PLANNER, Store
from aether_agents.store.client.encoding import CODES
from aether_agents.store.client.replies import WorkerInfo

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics_text(store: Store, budgets: Mapping[str, int]) -> bytes:
    """All metrics of an installation, from its store alone: whoever asks, from whichever process, sees the same.

    Args:
        store: where they are.
        budgets: `alerts.budgets` of the settings.

    Raises:
        StoreUnavailable: the store cannot be reached.
        CannotOpen: this process has no sealing key.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(list(_families(store, budgets))))
    return generate_latest(registry)


class _Collected(Collector):
    """What was read once; the registry asks for it again when it likes."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


def _families(store: Store, budgets: Mapping[str, int]) -> Iterator[Metric]:
    counts = Counted(store.counts.read())
    yield from _tasks(counts)
    yield from _subtasks(counts)
    yield from _calls(counts)
    yield from upkeep(store, counts)
    yield from _budgets(budgets, store.counts.today().calls)
    yield from _present(store, counts)
    used = GaugeMetricFamily("aether_store_used_ratio", "Share that is used, 0 to 1.", labels=["what"])
    for strain in store.health.strains():
        used.add_metric([strain.what], strain.share)
    yield used


def _tasks(counts: Counted) -> Iterator[Metric]:
    now = GaugeMetricFamily("aether_tasks", "Tasks that have not ended, by status.", labels=["status"])
    for status in TaskStatus:
        if status not in TERMINAL_TASK:
            now.add_metric([status.value], counts.open("task", status.value))
    yield now
    yield counts.counter("task.ended", "aether_tasks_ended", "Tasks that ended.", ("template", "status"))
    yield counts.histogram("task", "aether_task_duration_seconds", "From accepted to ended.", "template")


def _subtasks(counts: Counted) -> Iterator[Metric]:
    words = {code: status for status, code in CODES.items()}
    entered = counts.of("sub.in")
    queues = sorted({queue for queue, _ in entered})
    now = GaugeMetricFamily("aether_subtasks", "Subtasks that have not ended.", labels=["specialist", "status"])
    ended = CounterMetricFamily("aether_subtasks_ended", "Subtasks that ended.", labels=["specialist", "status"])
    retries = CounterMetricFamily("aether_subtask_retries", "Calls to be made again.", labels=["specialist"])
    for queue in queues:
        for code, status in words.items():
            if status in TERMINAL_SUBTASK:
                ended.add_metric([queue, status.value], entered.get((queue, code), 0))
            else:
                now.add_metric([queue, status.value], counts.open("sub", queue, code))
        retries.add_metric([queue], entered.get((queue, CODES[SubtaskStatus.RETRYING]), 0))
    yield from (now, ended, retries)
    yield counts.histogram("sub", "aether_subtask_duration_seconds", "From claimed to ended.", "specialist")
    yield _failures(counts)
    yield counts.counter(
        "lost", "aether_leases_lost", "Leases that ended without a word: a worker was lost.", ("queue",)
    )
    asked = GaugeMetricFamily("aether_interventions_waiting", "Questions nobody has answered yet.", labels=["about"])
    code = CODES[SubtaskStatus.WAITING]
    asked.add_metric(["subtask"], sum(counts.open("sub", queue, code) for queue in queues))
    asked.add_metric(["task"], counts.open("asked"))
    yield asked


def _failures(counts: Counted) -> Metric:
    """Failures for good, by whose they are; what could not be planned is the planner's."""
    found: Counter[tuple[str, str]] = Counter()
    for (queue, kind), count in counts.of("fail").items():
        known = next((one for one in get_args(ErrorKind) if one == kind), None)
        found[queue, failure_class(known)] += count
    family = CounterMetricFamily(
        "aether_failures",
        "Subtasks that failed for good, and tasks that could not be planned.",
        labels=["queue", "whose"],
    )
    for labels, count in sorted(found.items()):
        family.add_metric(labels, count)
    return family


def _calls(counts: Counted) -> Iterator[Metric]:
    yield counts.counter("mcp.calls", "aether_mcp_calls", "Calls of tools, by their results.", ("server", "result"))
    yield counts.counter("mcp.starts", "aether_mcp_cold_starts", "Sessions that had to be opened.", ("server",))
    yield counts.histogram("mcp", "aether_mcp_call_duration_seconds", "Calls of tools.", "server")


def _budgets(budgets: Mapping[str, int], calls: Mapping[str, int]) -> Iterator[Metric]:
    may = GaugeMetricFamily("aether_budget_calls", "Calls of tools budgeted for a UTC day.", labels=["server"])
    used = GaugeMetricFamily("aether_budget_calls_used", "Of these, how many there were today.", labels=["server"])
    for one in spending(budgets, calls):
        may.add_metric([one.server], one.budget)
        used.add_metric([one.server], one.calls)
    yield from (may, used)


def _present(store: Store, counts: Counted) -> Iterator[Metric]:
    present, workers = store.counts.present(), store.presence.alive()
    yield GaugeMetricFamily("aether_tasks_admitted", "Tasks that hold an admission slot.", present.active)
    yield GaugeMetricFamily("aether_tasks_queued", "Tasks that wait for a slot.", present.queued)
    yield GaugeMetricFamily("aether_tasks_waiting", "Tasks that wait for a person.", present.waiting)
    yield GaugeMetricFamily(
        "aether_longest_wait_seconds", "How long the first task has waited for a person.", present.longest_wait
    )
    served = {queue for worker in workers for queue in worker.queues}
    queues = sorted({PLANNER, *served, *(queue for queue, _ in counts.of("sub.in"))})
    depth = GaugeMetricFamily("aether_queue_depth", "Messages that nobody has taken yet.", labels=["queue"])
    alive = GaugeMetricFamily("aether_workers", "Workers that serve a queue and are not deaf.", labels=["queue"])
    for queue, length in store.backlog(queues).items():
        depth.add_metric([queue], length)
        alive.add_metric([queue], sum(queue in worker.queues and worker.hears for worker in workers))
    yield from (depth, alive, *_used(workers, counts))
    up = GaugeMetricFamily("aether_mcp_server_up", "Whether a server's tools may be used.", labels=["server"])
    for name, entry in store.catalogue.entries().items():
        up.add_metric([name], entry.status == "live")
    yield up


def _used(workers: Sequence[WorkerInfo], counts: Counted) -> Iterator[Metric]:
    """CPU and memory of servers, and of workers themselves, where `server` is empty."""
    labels = ["specialist", "server"]
    cpu = CounterMetricFamily("aether_cpu_seconds", "CPU that servers and workers used.", labels=labels)
    for (queue, server), millis in sorted(counts.of("cpu.millis").items()):
        cpu.add_metric([queue, server], millis / 1000)
    memory = GaugeMetricFamily("aether_memory_bytes", "Resident memory of servers and workers.", labels=labels)
    found: Counter[tuple[str, str]] = Counter()
    for worker in workers:
        for whose, used in worker.memory.items():
            queue, _, server = whose.partition("|")
            found[queue, server] += used
    for (queue, server), used in sorted(found.items()):
        memory.add_metric([queue, server], used)
    yield from (cpu, memory)
