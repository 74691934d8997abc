"""The run of one subtask: claimed, completed once, fanned out, put to a person; and the reaper."""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import uuid4

from aether_agents.contracts import Intervention, Json, Outcome, PlannedSubtask
from aether_agents.errors import CannotOpen, Newer, Tampered
from aether_agents.process.boot_clock import now as clock
from aether_agents.store.client.connection import Part
from aether_agents.store.client.head import Head
from aether_agents.store.client.places import Places
from aether_agents.store.client.replies import Completed, Delivery, Fanned, Granted, Refused, Renewal, RunKey, Unopened
from aether_agents.store.client.store_client import StoreClient, StorePart, compact, deliveries, message_of, run_keys
from aether_agents.store.interventions import answers, questions
from aether_agents.store.tasks.join import children_of
from aether_agents.store.tasks.planner_step import wiring

logger = logging.getLogger(__name__)


#: Runs of one step that a token counts, below the number of its epoch (lua/epoch.lua).
_RUNS = 2**20


def epoch_of(token: int) -> int:
    """The epoch of the store in which a token was given."""
    return token // _RUNS


class Runs(StorePart):
    """claim → (renew, progress) → complete | fan | ask_subtask. The token of the claim goes with each.

    A token tells the epoch of the store it was given in (`epoch_of`): a store that was restarted may have forgotten
    what it granted last. What a worker then says again of a run (its renewal, its outcome) counts all the same.
    """

    #: The number of the store's epoch when the reaper last looked; 0 before that.
    epoch: int = 0
    #: Whether this process is the one to link the audit record, as the store said when the reaper last looked.
    links_record: bool = False

    def __init__(self, access: StoreClient) -> None:
        super().__init__(access)
        self._scarce: Callable[[], bool] = bool
        self._clock = uuid4().hex  # whose readings these are: no two processes need have the same

    def when_scarce(self, asked: Callable[[], bool]) -> None:
        """Have `asked` say at each claim whether it takes the last free thread of its process; without it, none does.

        For the last one, the store looks whether somebody with more right to it waits.
        """
        self._scarce = asked

    def claim(self, task_id: str, subtask_id: str, queue: str, priority: int = -1) -> Granted | Unopened | Refused:
        """Take a subtask for a lease (`delivery.lease` of the settings), or learn why not.

        It may be another subtask of the queue (`instead`): one with more right to a scarce thread, or one whose message
        was used so. Then the branch of the canvas that brought this message ends with it. `priority` is the message's.
        """
        room = self._access.settings.delivery.per_server
        answer = self._access.call("claim", task_id, subtask_id, queue, int(self._scarce()), room, priority)
        return self._granted(answer, task_id, subtask_id) if answer[0] == b"granted" else Refused(answer[0].decode())

    def take(self, queue: str, runs: Iterable[RunKey], waited: float, left: int) -> Granted | Unopened | None:
        """Take what has waited so many seconds behind these runs, which stand, and has more right to a thread.

        So many threads are `left` for it: who runs as many already gets none, for the next that waits needs one too.
        """
        room = self._access.settings.delivery.per_server
        held = [part for task_id, subtask_id, _ in runs if subtask_id for part in (task_id, subtask_id)]
        answer = self._access.call("take", queue, room, int(waited * 1000), left, *held)
        return self._granted(answer, "", "") if answer else None

    def _granted(self, answer: list[Any], task_id: str, subtask_id: str) -> Granted | Unopened:
        _, token, attempts, join, answered, priority, document, children, head_blob, given, *other = answer
        *other, losses, silence = other
        instead = (other[0].decode(), other[1].decode()) if other[0] else None
        task_id, subtask_id = instead or (task_id, subtask_id)
        head = None
        try:
            head = self._access.open_head(task_id, head_blob)
            subtask = self._access.open_subtask(task_id, subtask_id, document, head)
            ids = children_of(subtask, int(join), int(children))
        except CannotOpen as error:
            broken, newer = isinstance(error, Tampered), isinstance(error, Newer)
            return Unopened(token, str(error), attempts, broken, instead, head, newer)
        found, doubt = answers.believed(self._access, task_id, subtask_id, given, head) if answered else (None, "")
        return Granted(
            token=token,
            attempts=attempts,
            losses=losses,
            subtask=subtask,
            join=bool(join),
            children=ids,
            answer=found,
            doubt=doubt,
            # No alarm where an answer to a version before, or of a store that came back older, is asked for again.
            tampered=bool(doubt and head.number and not head.later),
            priority=priority,
            instead=instead,
            head=head,
            silence=silence,
        )

    def complete(
        self,
        task_id: str,
        subtask_id: str,
        token: int,
        outcome: Outcome,
        *,
        retry_in: float | None = None,
        summary: str = "",
        most: int = -1,
        head: Head | None = None,
    ) -> Completed:
        """Record the result of a run, once. Gives what became ready and no message on its way will bring.

        With `retry_in` (seconds) the outcome is a failure that is tried again, unless its task has made as many calls
        again as `most` says (negative: any); then it is final, and the answer is `spent`. `summary` is a redacted
        sentence about a success; a failure shows its error. `head` is that of the claim; without it, that of now.
        """
        data: dict[str, Json] = {"attempts": outcome.attempts}
        if outcome.error_kind:
            data["error_kind"] = outcome.error_kind
        if retry_in is not None:
            data["retry_in"] = round(retry_in, 3)
        kind, sends = self._access.call(
            "complete",
            task_id,
            subtask_id,
            token,
            outcome.status if retry_in is None else "retry",
            self._access.seal_outcome(task_id, subtask_id, outcome, head or self._access.head_now(task_id)),
            int((retry_in or 0) * 1000),
            outcome.error_kind or "" if outcome.error else message_of(summary),
            compact(data) if outcome.failed or retry_in is not None else "",
            self._access.seal_said(task_id, outcome.error),
            _heard(outcome),
            self._access.settings.delivery.circuit_after,
            int(self._access.settings.delivery.circuit_rest * 1000),
            int(self._access.settings.delivery.circuit_wait * 1000),
            most,
        )
        return Completed(kind.decode(), deliveries(sends))

    def fan(
        self,
        task_id: str,
        subtask_id: str,
        token: int,
        children: Sequence[PlannedSubtask],
        *,
        window: int | None,
        may_canvas: bool = True,
        head: Head | None = None,
    ) -> Fanned:
        """Make a subtask the join of generated children `id#0`, `id#1` …, at most `window` of them at once.

        Without `may_canvas` no message of this subtask is at hand that a chord could take the place of. With `canvas`
        in the answer the caller replaces itself by a chord of the children and the join; without it the branch of the
        canvas ends here and everything is sent directly. `head` as of `complete`.
        """
        head = head or self._access.head_now(task_id)
        args: list[Part] = [task_id, subtask_id, token, window or max(1, len(children)), int(may_canvas)]
        for index, child in enumerate(children):
            if child.id != f"{subtask_id}#{index}":
                raise ValueError(f"child {index} of `{subtask_id}` is named `{child.id}`")
            place = head.place(Places.subtask(task_id, child.id))
            args += [child.id, wiring(child, [subtask_id]), self._access.seal(place, child)]
        kind, canvas, sends = self._access.call("fan", *args)
        return Fanned(kind.decode(), bool(canvas), deliveries(sends))

    def ask_subtask(self, task_id: str, subtask_id: str, token: int, intervention: Intervention) -> bool:
        """Put a question before a claimed subtask goes on. Its branch of the canvas ends here."""
        body = questions.seal(self._access, task_id, intervention.model_copy(update={"subtask_id": subtask_id}))
        about = {"task": task_id, "subtask": subtask_id, "about": intervention.kind, "binds": intervention.binds}
        about |= {"rule": intervention.rule} if intervention.rule else {}
        return bool(self._access.call("ask_subtask", task_id, subtask_id, token, body, tells=("asked", about)))

    def progress(self, task_id: str, subtask_id: str, token: int, fraction: float | None, message: str = "") -> bool:
        """Say how far a run is (0.0 to 1.0). The caller limits how often."""
        data = "" if fraction is None else compact({"fraction": round(min(max(fraction, 0.0), 1.0), 4)})
        said = self._access.seal_said(task_id, message)
        return bool(self._access.call("progress", task_id, subtask_id, token, data, said))

    def log(self, task_id: str, message: str, subtask_id: str | None = None) -> bool:
        """Add a redacted sentence to the events of an open task."""
        said = self._access.seal_said(task_id, message)
        return bool(self._access.call("log", task_id, subtask_id or "", said))

    def use_answer(self, task_id: str, subtask_id: str, token: int, *, used: bool) -> bool:
        """Note that the answer to a run is used up, or after all is not. False: the run is no longer ours."""
        while True:
            before = self._access.connection.command("HGET", self._access.keys.task(task_id), "head") or b""
            head = self._access.open_head(task_id, before)
            if not used and subtask_id not in head.used:
                return True
            changed = head.using(subtask_id, used=used)
            after = self._access.seal_head(task_id, changed)
            done = self._access.call("change_head", task_id, subtask_id, token, before, after)
            if done == b"ok":
                self._access.heads.saw(task_id, after, changed)
            if done != b"changed":
                return bool(done == b"ok")

    def renew(self, held: Iterable[RunKey]) -> Renewal:
        """Hold on to these runs. Gives those that are not renewed, each with the token it was asked for with."""
        args = [part for step in held for part in step]
        lost, in_doubt = self._access.call("renew", *args) if args else ([], [])
        return Renewal(run_keys(lost), run_keys(in_doubt))

    def unanswering(self, servers: Iterable[str]) -> dict[str, int]:
        """Of these servers, those whose calls wait because they let calls time out: how many in a row."""
        names = list(servers)
        keys = self._access.keys
        lines = [("HMGET", keys.circuit(name), "late", "till") for name in names]
        found = self._access.connection.commands(lines) if lines else []
        return {name: int(late) for name, (late, till) in zip(names, found, strict=True) if till and int(till)}

    def note_end(self, task_id: str, subtask_id: str, token: int, said: str) -> bool:
        """Record how a cancelled call ended that might still have been running; `said` says nothing of its content."""
        return bool(self._access.call("note_end", task_id, subtask_id, token, said))

    def reap(self, limit: int, busy_queues: Iterable[str]) -> list[Delivery]:
        """Take back what was lost, and give what must be sent again; at most `limit` steps are looked at.

        A queue in `busy_queues` still holds messages: what waits for it is put off rather than sent again. The store
        hears what this process' own clock shows, which is never set: so it knows when its own was.
        """
        shown = int(1000 * clock())
        sends, faults, epoch, links = self._access.call("reap", limit, self._clock, shown, *busy_queues)
        if epoch != self.epoch:
            self._access.note_server()
            self.epoch = epoch
        self.links_record = bool(links)
        for fault in faults:
            logger.error("a damaged task is left alone for a minute: %s", fault.decode(errors="replace"))
        return deliveries(sends)


def _heard(outcome: Outcome) -> str:
    """What a server's circuit hears of an outcome: that it did not answer in time, that it answered, or nothing."""
    if outcome.silent or outcome.error_kind == "timeout":
        return "timeout"
    if not outcome.sent or outcome.status == "cancelled":
        return ""
    return "answer" if outcome.status == "completed" or outcome.error_kind in ("tool_error", "expectation") else ""
