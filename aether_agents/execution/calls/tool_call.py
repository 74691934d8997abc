"""One call of a subtask's tool: resolved, checked, allowed, made, and judged. It ends in a value, whatever happens."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from aether_agents.access.consent import NOT_REVIEWED, Reviewed
from aether_agents.access.policy import Allowed, Decision, Denied, NeedsApproval, needs
from aether_agents.access.policy_rules import Asker, Decider
from aether_agents.access.secrets import Secrets
from aether_agents.contracts import GivenAnswer, Intervention, Json, Outcome, PlannedSubtask, Risk, Tool, Verify, meets
from aether_agents.errors import (
    Barred,
    InvalidPlan,
    LimitReached,
    ReferenceMissing,
    SecretMissing,
    ServerDown,
    ServerSilent,
    ToolDrifted,
)
from aether_agents.execution.calls import approval
from aether_agents.execution.calls.argument_check import faults
from aether_agents.execution.calls.call_counts import CallCounts
from aether_agents.execution.calls.elicitation_question import may_have_run, question_of
from aether_agents.execution.calls.pinned_tools import PinnedTools
from aether_agents.execution.calls.references import resolve
from aether_agents.execution.calls.tool_host import ToolHost
from aether_agents.execution.calls.verification import drift, drifted, not_read_back, not_seen, undoable, unmet
from aether_agents.execution.delivery.call_record import CallRecord, Intent
from aether_agents.execution.delivery.leases import Lease, Leases
from aether_agents.execution.delivery.run_results import failed, outcome_of, redacted
from aether_agents.mcp_host import CallResult
from aether_agents.mcp_host.session.call_result import NOTHING_ASKED, Consent
from aether_agents.planning.linked.call_digest import Portable, writer
from aether_agents.settings.model import Settings

log = logging.getLogger(__name__)

_TOO_MANY = (
    "`{tool}` has to be approved, and it has too many arguments to show even how each begins, so nobody can: let it "
    "read them from a file, or write them into the plan, which is shown whole"
)

Progress = Callable[[float | None, str], None]


class Run(NamedTuple):
    """One granted run of a subtask, with what it may use."""

    lease: Lease
    subtask: PlannedSubtask
    outcomes: Mapping[str, Outcome]  #: of the subtasks it refers to
    secrets: Secrets
    answer: GivenAnswer | None = None  #: what a person said to it, opened
    doubt: str = ""  #: why an answer that the store tells of does not count
    reviewed: Reviewed = NOT_REVIEWED  #: what the review that covers it says
    use: Callable[[], None] = lambda: None  #: called before the call that an answer is used up by
    secure: Callable[[], None] = lambda: None  #: waits until its claim outlives a power loss of the store
    writer: Callable[[tuple[str, ...]], Portable] = lambda chain: writer(dict.fromkeys(chain, ""))  #: for `still_holds`


class Caller:
    """Makes calls for one process."""

    def __init__(
        self,
        host: ToolHost,
        toolbox: PinnedTools,
        settings: Settings,
        leases: Leases,
        call_counts: CallCounts,
        record: CallRecord | None = None,
        asker: Callable[[str], Asker] = lambda _: Asker("local"),
        git: Callable[[str], dict[str, Json] | None] = lambda _: None,
        *,
        reserve: Callable[[Lease, str], Callable[[], None]] = lambda *_: lambda: None,
    ) -> None:
        """`asker` tells who asked for a task, whose logins are used; `git`, as whom he commits, by its task. `reserve`
        counts a call before it is made, or raises `LimitReached`; what it gives says that it was not sent after all.
        """
        self._host, self._reserve = host, reserve
        self._asker, self._git = asker, git
        self._decider = Decider(settings, asker)
        self._toolbox = toolbox
        self._settings = settings
        self._leases = leases
        self._call_counts = call_counts
        self._record = record or CallRecord()

    def call(self, run: Run, on_progress: Progress) -> Outcome | Intervention:
        """The result of the call, with every secret redacted; or the question that a person has to answer first.

        Raises:
            Barred: nobody may make any call of that server any more.
        """
        try:
            result = self._call(run, on_progress)
        except Barred:
            raise
        except (InvalidPlan, ReferenceMissing, SecretMissing) as error:
            result = failed("arguments", str(error), sent=False)
        except ServerDown as error:
            silent = isinstance(error, ServerSilent)
            result = failed("transport", str(error), sent=False).model_copy(update={"silent": silent})
        except (ToolDrifted, LimitReached) as error:
            result = failed("policy", str(error), sent=False)
        return redacted(result, run.secrets)

    def _call(self, run: Run, on_progress: Progress) -> Outcome | Intervention:
        subtask = run.subtask
        tool = self._toolbox.find(subtask.tool or "", subtask.pin)
        args = self._arguments(run, tool, subtask.args)
        answered = approval.still_holds(run.answer, subtask, run.outcomes, run.writer)
        answered = answered and approval.enough(run.answer, tool.risk_of(args), self._settings.policy)
        unseen = self._toolbox.unseen(tool.server)
        decision = self._decided(run, tool, args, subtask, answered=answered, reviewed=run.reviewed, unseen=unseen)
        if subtask.only_read and not (isinstance(decision, Allowed) and tool.risk_of(args) is Risk.READ):
            why = decision.reason if not isinstance(decision, Allowed) else f"its risk is {decision.risk.value}"
            return Outcome(status="skipped", error=f"dry run: not called: {why}", sent=False)
        if run.doubt and isinstance(decision, Allowed):
            decision = NeedsApproval(decision.risk, f"It is asked again: {run.doubt}")
        if isinstance(decision, Denied):
            self._record.refused(run.lease, tool.ref, decision.rule)
            return failed("policy", decision.reason, sent=False)
        if isinstance(decision, NeedsApproval):
            asked = approval.question(subtask, decision, args, run.outcomes, run.secrets)
            return asked or failed("policy", _TOO_MANY.format(tool=subtask.tool), sent=False)
        if run.answer is not None and not subtask.repeatable:
            run.use()
        if not subtask.repeatable:
            run.secure()
        consent = Consent(subtask.elicited, answered and not subtask.elicited)
        result = self._made(tool, args, run, decision, on_progress, consent)
        if result.asked is not None and subtask.only_read:
            return Outcome(status="skipped", error="dry run: its server asked for more, and nobody is asked")
        if result.asked is not None:
            return question_of(subtask, result.asked, result, args, run.secrets)
        return self._judged(tool, run, result)

    def drifted(self, run: Run, before: Outcome) -> Outcome | None:
        """Look again as `run` looked before: a failure that names what is otherwise now, or nothing."""
        try:
            tool = self._toolbox.find(run.subtask.tool or "", run.subtask.pin)
            args = self._arguments(run, tool, run.subtask.args)
        except (InvalidPlan, ReferenceMissing, SecretMissing, ServerDown, ToolDrifted) as error:
            return failed("drift", not_seen(run.subtask.id, str(error)), sent=False)
        decision = self._decided(run, tool, args, run.subtask)
        if isinstance(decision, Denied | NeedsApproval):
            return failed("policy", decision.reason, sent=False)
        try:
            seen = outcome_of(tool.ref, self._made(tool, args, run, decision))
        except LimitReached as error:
            return failed("policy", str(error), sent=False)
        if seen.status != "completed":
            why = run.secrets.redact_text(seen.error or seen.status)
            return failed("drift", not_seen(run.subtask.id, why), sent=False)
        found = drift(before.output, run.secrets.redact(seen.output))
        return failed("drift", drifted(run.subtask.id, found), sent=False) if found else None

    def _judged(self, tool: Tool, run: Run, result: CallResult) -> Outcome | Intervention:
        """The result of the call: what the server says about it is not all."""
        subtask = run.subtask
        outcome = outcome_of(tool.ref, result)
        if outcome.error_kind == "lost" and not subtask.repeatable:
            return may_have_run(subtask, outcome)
        expect = subtask.expect or tool.row.expect
        if outcome.status == "completed" and expect is not None and not meets(expect, outcome.output):
            return unmet(run.secrets, outcome, f"`{tool.ref}` did not do it", expect)
        verify = subtask.verify or tool.row.verify
        if outcome.status == "completed" and verify is not None:
            return undoable(self._verified(outcome, verify, run), subtask, run.lease.task_id)
        return outcome

    def _made(
        self,
        tool: Tool,
        args: dict[str, Json],
        run: Run,
        decision: Allowed,
        on_progress: Progress | None = None,
        consent: Consent = NOTHING_ASKED,
    ) -> CallResult:
        seen = run.secrets.redact(args) if run.secrets.read_so_far else args
        why = decision.risk.value, decision.rule
        intent = Intent(run.lease, tool.ref, tool.pin, *why, seen, repeatable=run.subtask.repeatable)
        unsent = self._reserve(run.lease, tool.ref)
        started = self._record.before(intent)
        result = self._host.call(
            tool.server,
            tool.name,
            args,
            timeout=run.subtask.timeout,
            on_progress=on_progress,
            key=run.lease,
            still=lambda: self._leases.good(run.lease),
            pin=tool.pin,
            hidden=run.secrets.read_so_far,
            consent=consent,
            needs=needs(tool, args),
            who=lambda: (self._asker(run.lease.task_id).person, run.subtask.context),
            git=lambda: self._git(run.lease.task_id),
        )
        if not result.sent:
            unsent()
        for note in result.notes:
            log.info("%s: %s", tool.ref, note)
        self._call_counts.call(tool.ref, result.kind or "ok", time.monotonic() - started)
        self._record.after(intent, result.kind or "ok", started)
        return result

    def _verified(self, outcome: Outcome, verify: Verify, run: Run) -> Outcome:
        """Read the effect back through another tool. Only a tool that looks and changes nothing may do that."""
        own = {**run.outcomes, run.subtask.id.partition("#")[0]: outcome}  # an item is named by its whole
        try:
            tool = self._toolbox.find(verify.tool)
            args = self._arguments(run._replace(outcomes=own), tool, verify.args)
        except (InvalidPlan, ReferenceMissing, SecretMissing, ServerDown, ToolDrifted) as error:
            return not_read_back(outcome, str(error))  # it was sent: nothing of this may make it run again
        reader = run.subtask.model_copy(update={"approval": "auto", "approved_up_to": None})
        decision = self._decided(run, tool, args, reader)
        if isinstance(decision, Denied | NeedsApproval):
            return failed("policy", f"it ran, but its effect was not read back: {decision.reason}")
        seen = outcome_of(tool.ref, self._made(tool, args, run, decision))
        if seen.error_kind == "lost":  # its server died: a read is made again
            seen = outcome_of(tool.ref, self._made(tool, args, run, decision))
        if seen.status != "completed":
            return not_read_back(outcome, seen.error or "cancelled")
        if not meets(verify.expect, seen.output):
            return unmet(run.secrets, outcome, f"`{verify.tool}` does not show its effect", verify.expect, seen.output)
        return outcome

    def _decided(self, run: Run, tool: Tool, args: dict[str, Json], of: PlannedSubtask, **more: Any) -> Decision:
        secret = bool(run.secrets.read_so_far)
        return self._decider.decide(run.lease.task_id, tool, args, of, with_secrets=secret, **more)

    def _arguments(self, run: Run, tool: Tool, args: Mapping[str, Json]) -> dict[str, Json]:
        resolved = resolve(dict(args), run.outcomes, run.secrets.read)
        if wrong := faults(resolved, tool.input_schema, run.secrets.redact_text):
            raise InvalidPlan(f"arguments of `{tool.ref}`: {'; '.join(wrong)}")
        return resolved if isinstance(resolved, dict) else {}
