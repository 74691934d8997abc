"""Stand-ins for the store, the host and the sender, that remember what they were asked."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from aether_agents.contracts import Outcome, PlannedSubtask, Risk, ServerSpec, Specialist, ToolRow
from aether_agents.errors import ServerDown
from aether_agents.mcp_host import CallResult, Definition
from aether_agents.store import CatalogueEntry, Completed, Delivery, Fanned, Granted, Refused

SCHEMA = {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]}
PIN = "sha256:1"
SPEC = ServerSpec(name="dev-echo", queue="dev", command="echo", trusted=True)
DEV = Specialist(
    name="dev",
    description="Development.",
    servers=(SPEC,),
    tools=(
        ToolRow(tool="dev-echo/say", risk=Risk.READ, repeatable=True),
        ToolRow(tool="dev-echo/look", risk=Risk.READ, repeatable=True),
        ToolRow(tool="dev-echo/drop", risk=Risk.DESTRUCTIVE),
    ),
)


def subtask(**more: Any) -> PlannedSubtask:
    return PlannedSubtask(
        **{
            "id": "a",
            "tool": "dev-echo/say",
            "specialist": "dev",
            "risk": Risk.READ,
            "repeatable": True,
            "args": {"message": "x"},
            **more,
        }
    )


GONE = Refused("gone")


class FakeHost:
    """Answers calls with what it was given, in order; the last answer stays."""

    def __init__(self, *results: CallResult | Callable[[], CallResult]) -> None:
        self.results = list(results) or [CallResult(output={"ok": True})]
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self.cancelled: list[object] = []
        self.pins = {"say": PIN, "look": PIN, "drop": PIN}
        self.down: str | None = None
        self.still: Callable[[], bool] = lambda: False  #: what the last call was told to ask before it is sent
        self.listings = 0
        self.progress: list[tuple[float | None, str]] = []

    def call(self, server: str, tool: str, args: Mapping[str, Any], **options: Any) -> CallResult:
        self.calls.append((tool, args))
        self.still = options["still"]
        for heard in self.progress:
            options["on_progress"](*heard)
        result = self.results.pop(0) if len(self.results) > 1 else self.results[0]
        return result() if callable(result) else result

    def tools(self, server: str, *, fresh: bool = False) -> tuple[Definition, ...]:
        if self.down:
            raise ServerDown(self.down)
        self.listings += 1
        return tuple(Definition(name=name, input_schema=SCHEMA, pin=pin) for name, pin in self.pins.items())

    def pin(self, server: str, tool: str) -> str | None:
        return self.pins.get(tool) if self.listings else None

    def cancel(self, key: object) -> None:
        self.cancelled.append(key)


class FakeTasks:
    """One subtask's state, as a list of what was said about it."""

    epoch = 7

    def __init__(self, claim: Granted | Refused | Exception) -> None:
        self.answer = claim
        self.said: list[tuple[str, Any]] = []
        self.results: dict[str, Outcome] = {}
        self.completion: Completed | list[Any] = Completed("ok", [])
        self.fanned = Fanned("ok", False, [])
        self.secured: list[int] = []

    def claim(self, *ids: Any) -> Granted | Refused:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def outcomes(self, task_id: str, ids: Any) -> dict[str, Outcome]:
        return {name: self.results[name] for name in ids if name in self.results}

    def outcomes_at(self, task_id: str, ids: Any, head: Any) -> dict[str, Outcome]:
        return self.outcomes(task_id, ids)

    def complete(self, *args: Any, retry_in: float | None = None, most: int = -1, head: Any = None) -> Completed:
        if isinstance(self.completion, list) and self.completion:
            thing = self.completion.pop(0)
            if isinstance(thing, Exception):
                raise thing
        self.said.append(("retry" if retry_in is not None else "complete", args[3]))
        return self.completion if isinstance(self.completion, Completed) else Completed("ok", [])

    def end_alike(self, task_id: str, subtask_id: str, outcome: Outcome) -> list[Delivery]:
        self.said.append(("end alike", (subtask_id, outcome.error)))
        return [Delivery(task_id, "after", "dev")]

    def use_answer(self, *args: Any, used: bool) -> bool:
        self.said.append(("used" if used else "unused", args[1]))
        return True

    def ask_subtask(self, *args: Any) -> bool:
        self.said.append(("ask", args[3]))
        return True

    def fan(self, *args: Any, window: int, may_canvas: bool, head: Any = None) -> Fanned:
        self.said.append(("fan", (args[3], window)))
        return self.fanned

    def flip(self, task_id: str) -> list[Delivery]:
        self.said.append(("flip", task_id))
        return [Delivery(task_id, "a#0", "dev")]

    def progress(self, *args: Any) -> bool:
        self.said.append(("progress", args[3:]))
        return True


class FakeCatalogue:
    def __init__(self, **entries: CatalogueEntry) -> None:
        self.all = entries
        self.reads = 0
        self.outdated: list[str] = []
        self.quarantined: list[tuple[str, str]] = []
        self.said: list[tuple[str, str]] = []
        self.withdrawn: list[tuple[str, str]] = []

    def withdraw(self, server: str, reason: str) -> None:
        self.withdrawn.append((server, reason))

    def newer(self) -> dict[str, str]:
        return {}

    def before(self) -> dict[str, CatalogueEntry]:
        return {}

    def entries(self) -> dict[str, CatalogueEntry]:
        self.reads += 1
        return {entry.server: entry for entry in self.all.values()}

    def outdate(self, server: str) -> CatalogueEntry:
        self.outdated.append(server)
        return self.entries()[server].model_copy(update={"outdated": True})

    def quarantine(self, server: str, reason: str) -> None:
        self.quarantined.append((server, reason))

    def publish(
        self,
        digest: str,
        server: str,
        specialist: str,
        tools: Any,
        *,
        listing_digest: str = "",
        home: str = "",
        known: Any = None,
        by: str | None = "",
    ) -> CatalogueEntry:
        self.said.append(("live", server))
        return CatalogueEntry(server=server, specialist=specialist, spec_digest=digest, status="live")

    def failed(
        self, server: str, specialist: str, digest: str, error: str, *, listing_digest: str = "", home: str = ""
    ) -> None:
        self.said.append(("failed", error))


class FakeAlerts:
    def __init__(self) -> None:
        self.raised: list[tuple[str, str]] = []

    def suspect(self, what: str, about: str, text: str) -> None:
        self.raised.append((what, about))


class FakeSender:
    def __init__(self) -> None:
        self.sent: list[Delivery] = []

    def send(self, deliveries: Any) -> None:
        self.sent += deliveries

    attempt = send


def store(claim: Granted | Refused | Exception = GONE, **entries: CatalogueEntry) -> Any:
    tasks, alerts = FakeTasks(claim), FakeAlerts()
    durability = SimpleNamespace(secure=tasks.secured.append)
    catalogue = FakeCatalogue(**entries)
    audit = SimpleNamespace(ended=lambda *_: None)
    return SimpleNamespace(tasks=tasks, catalogue=catalogue, alerts=alerts, durability=durability, audit=audit)
