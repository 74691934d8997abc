"""The names of all keys in the store, in one place.

Every key belongs to one task (and expires with it, from its terminal event on), or has a time to live of its own, or
is on the short list of permanent ones below.
"""

import re
from typing import NamedTuple

#: Keys that stay: bounded indexes over all tasks, and what is known of servers and of our own script libraries.
PERMANENT = (
    "due",  # sorted set: when to look again at each open step of each task
    "active",  # set: tasks that hold an admission slot
    "queued",  # sorted set: tasks that wait for one
    "line",  # sorted set: what is ready, by queue, server and owner
    "runs",  # sorted set: what runs, the same way
    "slots",  # number: how many tasks may hold one, as the last planner said
    "recent",  # sorted set: tasks by the time they were accepted, at most RECENT_MAX
    "catalogue:2",  # hash: sealed tools by server
    "catalogue",  # hash: the same as version 0.1 wrote it, whose workers list servers for themselves; only read
    "epoch",  # hash: which server this is, since when, and who has not told it yet what it may have forgotten
    "epochs",  # stream of one entry: the last epoch that began
    "witnesses",  # sorted set: the processes that make calls, by when they last spoke; those of the last minute
    "brake",  # hash: who put the brake on, when and why; nothing begins while it is there
    "key",  # the marker of the sealing key
    "libraries",  # hash: when each version of our Lua library was last loaded
    "counts",  # hash: what happened, for the metrics; some thousands of fields at most
    "asked",  # sorted set: what people were asked and have not answered, since when
    "waits",  # sorted set: tasks that wait for a person, since when
    "security",  # stream: the last thousand things that are no accident
    "ended",  # stream: the last thousand tasks that ended
    "audit",  # stream: the audit record, linked; `audit.days` of it
    "audit:new",  # stream: entries of it that are not linked yet; within a second they are
    "audit:head",  # hash: where its chain ends
    "schedules",  # hash: which schedules are paused, and what each fired last
    "schedules:added",  # hash: sealed, the schedules that people added, by name; as many as they add
    "schedules:head",  # sealed: which of those count
)

#: Celery's own: the bindings of its queues, what is delivered and not acknowledged, and the queues themselves. Its
#: results and the counters of its chords (`celery-task…`) must expire.
CELERY_PERMANENT = re.compile(
    r"^(_kombu\.binding(_permanent)?\..+|_kombu\.binding_deadlines|unacked(_index|_mutex)?"
    r"|(?!celery-task)[a-z][a-z0-9.-]*(\x06\x16\d)?)$"
)

#: redbeat's own: one hash per schedule of the settings, and three keys beside them; those no longer set are removed.
BEAT = "beat:"

#: Tasks kept in the index of recent ones.
RECENT_MAX = 10_000

#: How kombu names the list of a queue's messages of one priority.
PRIORITY_MARK = "\x06\x16"


class Keys(NamedTuple):
    """The keys under one prefix. The Lua library builds the same names."""

    prefix: str

    @property
    def due(self) -> str:
        """Sorted set `<task>|<subtask>` by the time (ms) to look at it again."""
        return f"{self.prefix}:due"

    @property
    def recent(self) -> str:
        """Sorted set of task ids by the time (ms) they were accepted."""
        return f"{self.prefix}:recent"

    @property
    def catalogue(self) -> str:
        """Hash of sealed catalogue entries by server."""
        return f"{self.prefix}:catalogue:2"

    @property
    def catalogue_before(self) -> str:
        """The same hash of version 0.1: its tools have other pins, and each version plans with those of its own."""
        return f"{self.prefix}:catalogue"

    @property
    def libraries(self) -> str:
        """Hash of the versions of our Lua library by the time (ms) one was last loaded."""
        return f"{self.prefix}:libraries"

    @property
    def workers(self) -> str:
        """Sorted set of the processes that said they are alive, by that time (ms)."""
        return f"{self.prefix}:workers"

    @property
    def key(self) -> str:
        """The marker of the sealing key: a sealed document that whoever has the key can open."""
        return f"{self.prefix}:key"

    @property
    def brake(self) -> str:
        """Hash: who put the brake on all tasks, when, why, and what was paused with it."""
        return f"{self.prefix}:brake"

    @property
    def epochs(self) -> str:
        """Stream of one entry: the last epoch of the store that began."""
        return f"{self.prefix}:epochs"

    @property
    def witnesses(self) -> str:
        """Sorted set of the processes that make calls, by the time (ms) they last spoke."""
        return f"{self.prefix}:witnesses"

    @property
    def active(self) -> str:
        """Set of the tasks that hold an admission slot."""
        return f"{self.prefix}:active"

    @property
    def queued(self) -> str:
        """Sorted set of the tasks that wait for one, in the order of `lua/admission.lua`; `turns` is beside it."""
        return f"{self.prefix}:queued"

    @property
    def counts(self) -> str:
        """Hash of what happened, by what; `lua/counts.lua` lists the fields."""
        return f"{self.prefix}:counts"

    def calls(self, day: int) -> str:
        """Hash of the calls by server on one UTC day, counted from 1970. It expires."""
        return f"{self.prefix}:calls:{day}"

    def lasted(self, tool: str) -> str:
        """List of the milliseconds that the last calls of a tool took, the newest first. It expires."""
        return f"{self.prefix}:lasted:{tool}"

    def models(self, day: int) -> str:
        """Hash of what language models took on one UTC day, counted from 1970. It expires."""
        return f"{self.prefix}:models:{day}"

    def spent(self, day: int) -> str:
        """Hash of the calls of one UTC day that limits count, counted from 1970. It expires."""
        return f"{self.prefix}:spent:{day}"

    @property
    def waits(self) -> str:
        """Sorted set of the tasks that wait for a person by the time (ms) since when."""
        return f"{self.prefix}:waits"

    @property
    def ended(self) -> str:
        """Stream of the last tasks that ended."""
        return f"{self.prefix}:ended"

    @property
    def security(self) -> str:
        """Stream of what is no accident: answers that nobody gave, tools that changed, documents that do not open."""
        return f"{self.prefix}:security"

    @property
    def schedules(self) -> str:
        """Hash of what is known of schedules beside their settings."""
        return f"{self.prefix}:schedules"

    @property
    def added_schedules(self) -> str:
        """Hash of the schedules that people added, each sealed to its name."""
        return f"{self.prefix}:schedules:added"

    @property
    def schedules_head(self) -> str:
        """Sealed: which of the schedules that people added count. One that was removed does not, if it is put back."""
        return f"{self.prefix}:schedules:head"

    @property
    def audit(self) -> str:
        """Stream of the audit record, in batches that are linked."""
        return f"{self.prefix}:audit"

    @property
    def audit_new(self) -> str:
        """Stream of the entries that are not linked yet."""
        return f"{self.prefix}:audit:new"

    @property
    def audit_head(self) -> str:
        """Hash: where the chain of the audit record ends, and up to where it was retired."""
        return f"{self.prefix}:audit:head"

    @property
    def beat(self) -> str:
        """First part of redbeat's keys."""
        return f"{self.prefix}:{BEAT}"

    @property
    def beats(self) -> str:
        """Hash: by beat, whether it fires or waits, and when it said so. It expires."""
        return f"{self.prefix}:beats"

    @property
    def probe(self) -> str:
        """Empty; written only to see whether the server takes anything. It expires."""
        return f"{self.prefix}:probe"

    def circuit(self, server: str) -> str:
        """Hash: time-outs in a row of a server, and until when its calls wait. It expires."""
        return f"{self.prefix}:circuit:{server}"

    def alerts(self, what: str) -> str:
        """Of alerts: `open` and `held:<severity>`, hashes; `out:<channel>`, a stream. Each expires."""
        return f"{self.prefix}:alerts:{what}"

    def worker(self, name: str) -> str:
        """What one live process says of itself."""
        return f"{self.prefix}:worker:{name}"

    def wake(self, name: str) -> str:
        """Stream of one entry: a reader of many streams reads it too, so that it can be woken. It expires."""
        return f"{self.prefix}:wake:{name}"

    def task(self, task_id: str) -> str:
        """Hash: what is true of the task as a whole."""
        return f"{self.prefix}:task:{task_id}"

    def subtasks(self, task_id: str) -> str:
        """Hash: four fields per subtask (state, wiring, document, outcome), and what is asked about it."""
        return f"{self.task(task_id)}:subtasks"

    def events(self, task_id: str) -> str:
        """Stream of the task's events; the id of an entry is `<seq>-0`."""
        return f"{self.task(task_id)}:events"

    def waiting(self, task_id: str) -> str:
        """Sorted set of the subtasks that wait for a person, in the order they asked."""
        return f"{self.task(task_id)}:waiting"

    def queue(self, queue: str, priority: int = 0) -> str:
        """Celery's list of the messages of one queue and priority step."""
        mark = f"{PRIORITY_MARK}{priority}" if priority else ""
        return f"{self.prefix}:celery:{queue}{mark}"

    def owner(self, key: str) -> str | None:
        """The task a key belongs to; none for a key that belongs to no task."""
        head = f"{self.prefix}:task:"
        return key[len(head) :].partition(":")[0] if key.startswith(head) else None

    def is_permanent(self, key: str) -> bool:
        """Whether a key may stay without a time to live."""
        name = key.removeprefix(f"{self.prefix}:")
        if name.startswith("celery:"):
            return CELERY_PERMANENT.match(name.removeprefix("celery:")) is not None
        return name in PERMANENT or name.startswith(BEAT)
