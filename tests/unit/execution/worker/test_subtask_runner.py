"""One message, one claim, one call, one outcome; and nothing but Ignore is ever raised."""

from datetime import UTC, datetime
from typing import Any, NoReturn

import pytest
from celery.exceptions import Ignore

from aether_agents.contracts import (
    Condition,
    Expect,
    GivenAnswer,
    Intervention,
    Outcome,
    PlannedSubtask,
    Retry,
    Risk,
    Verify,
)
from aether_agents.errors import LimitReached, StoreUnavailable
from aether_agents.execution.calls.call_counts import CallCounts
from aether_agents.execution.calls.pinned_tools import PinnedTools
from aether_agents.execution.calls.references import visible
from aether_agents.execution.calls.tool_call import Caller
from aether_agents.execution.delivery import store_retry as module
from aether_agents.execution.delivery.leases import Lease, Leases
from aether_agents.execution.delivery.run_results import retry_in
from aether_agents.execution.worker.subtask_runner import SubtaskRunner
from aether_agents.mcp_host import CallResult
from aether_agents.settings.model import ContextSettings, Settings
from aether_agents.store import (
    PROMPT_MAX,
    CatalogueEntry,
    Completed,
    Delivery,
    Fanned,
    Granted,
    Refused,
    Unopened,
    binding,
)
from tests.unit.execution.fakes import DEV, PIN, SPEC, FakeHost, FakeSender, store, subtask

SETTINGS = Settings(contexts={"prod": ContextSettings(secrets={"token": "env:RUNNER_TEST_TOKEN"})})


class Bench:
    """A runner over stand-ins."""

    def __init__(self, planned: PlannedSubtask | None = None, *results: CallResult, **granted: Any) -> None:
        claim = Granted(**{"token": 1, "attempts": 1, "subtask": planned or subtask(), **granted})
        self.store = store(claim)
        self.host = FakeHost(*results)
        self.sender = FakeSender()
        self.held = Leases(30.0)
        toolbox = PinnedTools(self.host, self.store, lambda: (DEV,), lambda: {SPEC.name: SPEC})
        self.caller = Caller(self.host, toolbox, SETTINGS, self.held, CallCounts())
        self.runner = SubtaskRunner(SETTINGS, self.store, self.caller, self.sender, self.held)

    @property
    def said(self) -> list[tuple[str, Any]]:
        return self.store.tasks.said

    def run(self, celery_task: Any = None) -> Any:
        """Run it; gives what was said last, and whether its branch of the canvas was cut."""
        try:
            self.runner.run(celery_task, "dev", "t", "a")
        except Ignore:
            return self.said[-1] if self.said else None, True
        return self.said[-1], False

    def outcome(self) -> Outcome:
        (word, outcome), _ = self.run()
        assert word == "complete"
        return outcome


def test_a_call_that_succeeds_completes_and_lets_the_canvas_go_on():
    bench = Bench(None, CallResult(output={"n": 1}))
    (word, outcome), cut = bench.run()
    assert (word, outcome.status, outcome.output, cut) == ("complete", "completed", {"n": 1}, False)
    assert bench.host.calls == [("say", {"message": "x"})]
    assert bench.held.leases() == []


def test_a_call_beyond_a_limit_is_not_made_and_says_which():
    def full(_lease: Lease, tool: str) -> NoReturn:
        raise LimitReached(f"`{tool}` was not called: the limit")

    bench = Bench(None, CallResult(output={"n": 1}))
    bench.caller._reserve = full
    outcome = bench.outcome()
    assert (outcome.status, outcome.error_kind, outcome.sent) == ("failed", "policy", False)
    assert "was not called: the limit" in (outcome.error or "")
    assert bench.host.calls == []


@pytest.mark.parametrize(("sent", "given_back"), [(True, 0), (False, 1)])
def test_what_a_call_was_counted_for_is_given_back_where_it_was_not_sent(sent: bool, given_back: int):
    back: list[str] = []
    bench = Bench(None, CallResult(kind="transport", error="it is gone", sent=sent))
    bench.caller._reserve = lambda _lease, tool: lambda: back.append(tool)
    bench.run()
    assert len(back) == given_back


def test_a_call_whose_server_is_silent_is_not_made_and_not_tried_again():
    bench = Bench(None, CallResult(output={"n": 1}), silence=5)
    outcome = bench.outcome()
    assert (outcome.status, outcome.error_kind, outcome.sent) == ("failed", "transport", False)
    assert "did not answer 5 calls in a row" in (outcome.error or "")
    assert bench.host.calls == []


def test_what_became_ready_is_sent():
    bench = Bench()
    bench.store.tasks.completion = Completed("ok", [Delivery("t", "b", "dev")])
    bench.run()
    assert bench.sender.sent == [Delivery("t", "b", "dev")]


@pytest.mark.parametrize("reason", ["done", "leased", "paused", "wrong_queue"])
def test_a_refused_claim_cuts_the_branch_and_calls_nothing(reason: str):
    bench = Bench()
    bench.store.tasks.answer = Refused(reason)
    assert bench.run() == (None, True)
    assert bench.host.calls == []


def test_a_store_that_is_away_cuts_the_branch_and_calls_nothing():
    bench = Bench()
    bench.store.tasks.answer = StoreUnavailable("away")
    assert bench.run() == (None, True)
    assert bench.host.calls == []


def test_a_document_that_does_not_open_is_an_outcome_and_not_a_lease_to_wait_for():
    bench = Bench()
    bench.store.tasks.answer = Unopened(7, "sealed with another key", attempts=2)
    (word, outcome), cut = bench.run()
    assert (word, outcome.status, outcome.error_kind, cut) == ("complete", "failed", "document", False)
    assert (outcome.error, outcome.sent, outcome.attempts) == ("sealed with another key", False, 2)
    assert bench.host.calls == []


def test_an_outcome_is_offered_again_while_the_store_is_away(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "FIRST_WAIT", 0.001)
    bench = Bench()
    bench.store.tasks.completion = [StoreUnavailable("away"), StoreUnavailable("away")]
    (word, outcome), _ = bench.run()
    assert (word, outcome.status) == ("complete", "completed")
    assert len(bench.host.calls) == 1


def test_a_process_that_ends_waits_for_no_store():
    bench = Bench()
    bench.store.tasks.completion = [StoreUnavailable("away")] * 1000
    bench.runner.stop()
    assert bench.run() == (None, True)


def test_a_late_outcome_cuts_the_branch():
    bench = Bench()
    bench.store.tasks.completion = Completed("stale", [])
    assert bench.run()[1]


def test_a_fault_of_ours_is_an_outcome_without_the_traceback():
    def broken() -> CallResult:
        raise ZeroDivisionError("private words")

    outcome = Bench(None, broken).outcome()
    assert (outcome.status, outcome.error_kind) == ("failed", "internal")
    assert "ZeroDivisionError" in (outcome.error or "")
    assert "private" not in (outcome.error or "")


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (CallResult(error="too slow", kind="timeout"), "timeout"),
        (CallResult(error="not there", kind="transport", sent=False), "transport"),
        (CallResult(error="gone", kind="transport"), "lost"),
        (CallResult(error="no such branch", kind="tool_error"), "tool_error"),
    ],
)
def test_a_failed_call_says_which_kind_and_why(result: CallResult, kind: str):
    outcome = Bench(subtask(retry=Retry(max_attempts=1)), result).outcome()
    assert (outcome.status, outcome.error_kind) == ("failed", kind)
    assert outcome.error == f"`dev-echo/say`: {result.error}"


def test_a_read_whose_server_was_lost_is_made_again_and_not_a_third_time():
    lost = CallResult(error="ended during `say`; it may have run", kind="transport")
    (word, outcome), cut = Bench(None, lost).run()
    assert (word, outcome.error_kind, cut) == ("retry", "lost", True)
    assert Bench(None, lost, attempts=2).outcome().status == "failed"


@pytest.mark.parametrize("on", [("timeout",), ("lost", "timeout")])
def test_an_unrepeatable_call_whose_server_was_lost_asks_whatever_its_retry_says(on: Any):
    planned = subtask(
        tool="dev-echo/drop",
        risk=Risk.DESTRUCTIVE,
        repeatable=False,
        approved_up_to=Risk.DESTRUCTIVE,
        retry=Retry(max_attempts=5, on=on),
    )
    (word, asked), cut = Bench(planned, CallResult(error="its last words", kind="transport")).run()
    assert (word, cut) == ("ask", True)
    assert asked.choices == ("retry", "skip", "fail")
    assert "may have run" in asked.prompt
    assert "its last words" in asked.prompt


def test_an_effect_whose_reader_was_lost_is_read_back_again():
    verify = Verify(tool="dev-echo/look", args={"message": "m"}, expect=Expect(path="n", op="eq", value=1))
    lost = CallResult(error="ended", kind="transport")
    bench = Bench(subtask(verify=verify), CallResult(output={"n": 0}), lost, CallResult(output={"n": 1}))
    assert bench.outcome().status == "completed"
    assert [name for name, _ in bench.host.calls] == ["say", "look", "look"]


def test_a_failure_that_is_tried_again_cuts_the_branch():
    planned = subtask(retry=Retry(max_attempts=2, on=("timeout",)))
    (word, outcome), cut = Bench(planned, CallResult(error="slow", kind="timeout")).run()
    assert (word, outcome.error_kind, cut) == ("retry", "timeout", True)


RETRY = Retry(max_attempts=4, delay=1, backoff=3, max_delay=5, on=("timeout", "transport"))


@pytest.mark.parametrize(
    ("kind", "sent", "repeatable", "attempts", "wait"),
    [
        ("timeout", True, True, 1, 1.0),
        ("timeout", True, True, 2, 3.0),
        ("timeout", True, True, 3, 5.0),  # never longer than max_delay
        ("timeout", True, True, 4, None),  # all attempts made
        ("tool_error", True, True, 1, None),  # not among `on`
        ("timeout", True, False, 1, None),  # it may have run, and may not run twice
        ("transport", False, False, 1, 1.0),  # it certainly has not
        ("lost", True, True, 1, 1.0),  # `transport` is more than `lost`
        ("lost", True, False, 1, None),
    ],
)
def test_when_a_call_is_made_again(kind: str, sent: bool, repeatable: bool, attempts: int, wait: float | None):
    outcome = Outcome(status="failed", error_kind=kind, sent=sent)
    found = [retry_in(subtask(retry=RETRY, repeatable=repeatable), outcome, attempts) for _ in range(50)]
    if wait is None:
        assert set(found) == {None}
    else:
        delays = [delay for delay in found if delay is not None]
        assert len(set(delays)) > 1  # what failed together does not come back together
        assert 0.75 * wait <= min(delays) <= max(delays) <= wait


@pytest.mark.parametrize(("repeatable", "calls"), [(True, 2), (False, 1)])
def test_what_says_nothing_of_attempts_has_two_where_it_may_be_repeated(repeatable: bool, calls: int):
    planned = subtask(repeatable=repeatable)
    never_sent = Outcome(status="failed", error_kind="transport", sent=False)
    assert planned.max_attempts == calls
    assert (retry_in(planned, never_sent, 1) is None) == (calls == 1)
    assert retry_in(planned, never_sent, 2) is None


def test_a_subtask_that_kills_its_workers_is_given_up():
    outcome = Bench(None, losses=2).outcome()
    assert outcome.error_kind == "internal"
    assert "its worker was lost" in (outcome.error or "")


def test_a_condition_that_does_not_hold_skips_without_a_call():
    bench = Bench(subtask(if_=Condition(ref="${subtasks.b.output}", op="eq", value=1)))
    bench.store.tasks.results = {"b": Outcome(status="completed", output=2)}
    assert bench.outcome().status == "skipped"
    assert bench.host.calls == []


def test_references_become_values_and_are_checked_before_the_call():
    bench = Bench(subtask(args={"message": "${subtasks.b.output}"}))
    bench.store.tasks.results = {"b": Outcome(status="completed", output=5)}
    outcome = bench.outcome()
    assert (outcome.error_kind, outcome.sent) == ("arguments", False)
    assert "arguments of `dev-echo/say`: `message`: 5 is not of type 'string'" in (outcome.error or "")
    assert bench.host.calls == []


def test_what_policy_wants_a_person_to_see_is_asked_with_the_arguments():
    (word, question), cut = Bench(subtask(tool="dev-echo/drop")).run()
    assert (word, cut) == ("ask", True)
    assert isinstance(question, Intervention)
    assert "a will call dev-echo/drop (destructive)" in question.prompt
    assert '"message": "x"' in question.prompt
    assert question.choices == ("approve", "deny")


def test_what_a_person_approved_is_called():
    bench = Bench(subtask(tool="dev-echo/drop"), answer=said_yes(subtask(tool="dev-echo/drop").args))
    assert bench.outcome().status == "completed"


def said_yes(args: Any, pin: str = "", tool: str = "dev-echo/drop") -> GivenAnswer:
    """A person's yes to a call."""
    return GivenAnswer(
        intervention_id="a.1", response="approve", actor="ann", at=datetime.now(UTC), binds=binding(tool, pin, args)
    )


@pytest.mark.parametrize(
    "other", [{"args": {"message": "y"}}, {"pin": "sha256:2"}, {"tool": "dev-echo/say"}], ids=["args", "pin", "tool"]
)
def test_a_yes_to_another_call_is_none_to_this_one(other: dict[str, Any]):
    bench = Bench(subtask(tool="dev-echo/drop"), answer=said_yes(**{"args": {"message": "x"}, **other}))
    assert (bench.run()[0][0], bench.host.calls) == ("ask", [])


def test_an_answer_that_nobody_gave_is_asked_for_whatever_the_risk():
    bench = Bench(subtask(), doubt="nobody with the key gave it")
    (word, question), _ = bench.run()
    assert (word, bench.host.calls) == ("ask", [])
    assert "nobody with the key gave it" in question.prompt


def test_a_yes_is_used_up_before_a_call_that_is_not_safe_to_repeat_and_given_back_if_nothing_was_sent():
    def call(repeatable: bool, *results: CallResult) -> list[str]:
        planned = subtask(tool="dev-echo/drop", repeatable=repeatable)
        bench = Bench(planned, *results, answer=said_yes(planned.args))
        bench.run()
        return [what for what, _ in bench.store.tasks.said]

    assert call(False, CallResult(output={})) == ["used", "complete"]
    assert call(True, CallResult(output={})) == ["complete"]
    assert call(False, CallResult(error="down", kind="transport", sent=False))[:2] == ["used", "unused"]


def test_secrets_reach_the_tool_and_nothing_else(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RUNNER_TEST_TOKEN", "s3cret-value")
    planned = subtask(args={"message": "${secrets.token}"}, context="prod")
    bench = Bench(planned, CallResult(output={"echo": ["s3cret-value"]}))
    bench.host.progress = [(0.5, "sending s3cret-value")]
    outcome = bench.outcome()
    assert bench.host.calls == [("say", {"message": "s3cret-value"})]
    assert outcome.output == {"echo": ["•••"]}
    assert ("progress", (0.5, "sending •••")) in bench.said

    asked = Bench(planned.model_copy(update={"tool": "dev-echo/drop"}))
    (_, question), _ = asked.run()
    assert "s3cret" not in question.prompt

    failing = Bench(planned, CallResult(error="bad token s3cret-value", kind="tool_error"))
    assert failing.outcome().error == "`dev-echo/say`: bad token •••"


def test_progress_is_reported_at_most_every_half_second():
    bench = Bench()
    bench.host.progress = [(at / 100, "on") for at in range(100)]
    bench.run()
    assert [word for word, _ in bench.said].count("progress") == 1


def test_expect_decides_what_counts_as_a_success():
    bench = Bench(subtask(expect=Expect(path="code", value=0)), CallResult(output={"code": 3}))
    outcome = bench.outcome()
    assert (outcome.status, outcome.error_kind, outcome.output) == ("failed", "expectation", {"code": 3})
    assert outcome.error == "`dev-echo/say` did not do it: `code` is 3, and should be eq 0"


def verifying(**more: Any) -> PlannedSubtask:
    args = {"message": "${subtasks.a.output.name}"}
    return subtask(verify=Verify(**{"tool": "dev-echo/look", "args": args, "expect": Expect(path="there"), **more}))


@pytest.mark.parametrize(("there", "status"), [(True, "completed"), (False, "failed")])
def test_verify_reads_the_effect_back_with_what_the_call_returned(there: bool, status: str):
    verify = verifying(expect=Expect(path="there", value=True))
    bench = Bench(verify, CallResult(output={"name": "n"}), CallResult(output={"there": there}))
    outcome = bench.outcome()
    assert outcome.status == status
    assert outcome.output == {"name": "n"}
    assert bench.host.calls[1] == ("look", {"message": "n"})


def test_only_a_tool_that_looks_may_verify():
    bench = Bench(verifying(tool="dev-echo/drop"), CallResult(output={"name": "n"}))
    outcome = bench.outcome()
    assert outcome.error_kind == "policy"
    assert "it ran, but its effect was not read back" in (outcome.error or "")
    assert len(bench.host.calls) == 1


def test_a_tool_that_is_not_what_was_planned_is_not_called():
    bench = Bench(subtask(pin="sha256:planned"))
    outcome = bench.outcome()
    assert outcome.error_kind == "policy"
    assert bench.store.catalogue.quarantined == [("dev-echo", "`dev-echo/say` is not what it was when it was planned")]
    assert bench.host.calls == []
    assert Bench(subtask(pin=PIN)).outcome().status == "completed"


def test_where_nobody_may_call_a_server_any_more_what_else_would_call_it_ends_too():
    bench = Bench()
    quarantined = CatalogueEntry(
        server="dev-echo", specialist="dev", spec_digest="d", status="quarantined", error="other tools"
    )
    bench.store.catalogue.all = {"one": quarantined}
    (word, (like, error)), cut = bench.run()
    assert (word, like, cut) == ("end alike", "a", False)
    assert "server `dev-echo` is quarantined (other tools)" in error
    (before, outcome), _ = bench.said
    assert (before, outcome.status, outcome.error_kind, outcome.sent) == ("complete", "failed", "policy", False)
    assert bench.sender.sent == [Delivery("t", "after", "dev")]
    assert bench.host.calls == []


def test_a_list_fans_out_and_is_sent_directly_where_there_is_no_canvas():
    bench = Bench(subtask(for_each=["x", "y"], args={"message": "${item}"}, max_parallel=1))
    bench.store.tasks.fanned = Fanned("ok", False, [Delivery("t", "a#0", "dev")])
    (word, (children, window)), cut = bench.run()
    assert (word, window, cut) == ("fan", 1, True)
    assert [child.args for child in children] == [{"message": "x"}, {"message": "y"}]
    assert bench.sender.sent == [Delivery("t", "a#0", "dev")]


def test_a_join_is_what_its_children_came_to():
    bench = Bench(subtask(for_each=["x", "y"]), join=True, children=("a#0", "a#1"))
    bench.store.tasks.results = {f"a#{at}": Outcome(status="completed", output=at) for at in (0, 1)}
    assert bench.outcome().output == [0, 1]
    assert bench.host.calls == []


def test_a_result_that_is_too_large_names_the_fix():
    outcome = Bench(None, CallResult(output="x" * 2_000_000)).outcome()
    assert outcome.error == (
        "`dev-echo/say` returned 1.9 MiB, more than 1 MiB can be kept: "
        "ask it for less, or let it write a file and return the path"
    )


CANCELLED = CallResult(kind="cancelled", error="cancelled")


def test_a_call_that_was_cancelled_ends_cancelled():
    assert Bench(None, CANCELLED).outcome().status == "cancelled"


@pytest.mark.parametrize(("repeatable", "said"), [(True, ["retry"]), (False, [])])
def test_a_process_that_ends_gives_back_only_what_may_run_twice(repeatable: bool, said: list[str]):
    bench = Bench(subtask(repeatable=repeatable), CANCELLED)
    bench.runner.stop()
    assert bench.run()[1]
    assert [word for word, _ in bench.said] == said


def test_a_call_that_a_stopped_process_did_not_send_is_given_back_even_if_it_may_not_run_twice():
    late = CallResult(kind="cancelled", error="it was too late to send it", sent=False)
    bench = Bench(subtask(repeatable=False), late)
    bench.runner = SubtaskRunner(SETTINGS, bench.store, bench.caller, bench.sender, Leases(0.0))
    assert bench.run()[1]
    assert [word for word, _ in bench.said] == ["retry"]


def test_a_call_is_asked_for_once_more_before_it_is_sent():
    bench = Bench()
    asked = []
    bench.host.results = [lambda: CallResult(output={"ok": asked.append(bench.host.still())})]
    bench.run()
    assert asked == [True]
    assert not bench.host.still(), "its run is over"


def test_what_is_lost_in_sending_is_left_to_the_reaper(monkeypatch: pytest.MonkeyPatch):
    bench = Bench()
    bench.store.tasks.completion = Completed("ok", [Delivery("t", "b", "dev")])

    def away(_: Any) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(bench.sender, "send", away)
    assert bench.run()[1] is False


def test_asking_again_has_an_end():
    bench = Bench()
    bench.runner.stop()
    bench.store.tasks.completion = [StoreUnavailable("away")] * 1000
    assert bench.run() == (None, True)


def long_call(text: str, **granted: Any) -> Bench:
    """A call that needs a yes, with an argument that came of another subtask."""
    planned = subtask(
        tool="dev-echo/drop",
        risk=Risk.DESTRUCTIVE,
        repeatable=False,
        args={"message": "${subtasks.b.output}"},
    )
    bench = Bench(planned, CallResult(output={}), **granted)
    bench.store.tasks.results = {"b": Outcome(status="completed", output=text)}
    return bench


def test_a_call_too_long_to_be_shown_is_shown_in_extracts_and_bound_to_its_digest():
    short, long = "x" * 1_000, "begin" + "x" * 30_000 + "end"
    (word, question), _ = long_call(short).run()
    assert (word, question.digest) == ("ask", "")
    assert short in question.prompt
    bench = long_call(long)
    (word, question), _ = bench.run()
    assert (word, len(question.prompt) <= PROMPT_MAX, bench.host.calls) == ("ask", True, [])
    for part in ('"beginxxx', 'xxxend"', "(30,010 characters)", "approve TASK --list", question.digest):
        assert part in question.prompt
    assert question.digest.startswith("sha256:")


def test_what_was_approved_is_what_is_called():
    """The yes holds for the arguments it was given to: for others, a person is asked again."""
    (_, question), _ = long_call("x" * 3_000).run()
    yes = said_yes({"message": "x" * 3_000})
    assert yes.binds == question.binds
    same = long_call("x" * 3_000, answer=yes)
    assert same.outcome().status == "completed"
    assert same.host.calls == [("drop", {"message": "x" * 3_000})]
    other = long_call("x" * 2_999 + "y", answer=yes)
    (word, again), _ = other.run()
    assert (word, other.host.calls) == ("ask", [])
    assert again.digest != question.digest


def test_a_call_with_too_many_arguments_to_show_is_put_to_nobody_and_not_made():
    args: dict[str, Any] = {"message": "x"} | {f"a{n}": "x" * 100 for n in range(30)}
    drop = {"tool": "dev-echo/drop", "risk": Risk.DESTRUCTIVE, "repeatable": False}
    bench = Bench(subtask(**drop, args=args))
    outcome = bench.outcome()
    assert (outcome.status, outcome.error_kind, outcome.sent) == ("failed", "policy", False)
    assert "too many arguments to show" in (outcome.error or "")
    assert bench.host.calls == []


def test_a_secret_among_arguments_too_long_to_show_is_shown_and_bound_by_its_name():
    planned = subtask(args={"message": "${subtasks.b.output}", "key": "${secrets.token}"})
    outcomes = {"b": Outcome(status="completed", output="long")}
    assert visible(planned, outcomes) == {"message": "long", "key": "${secrets.token}"}


@pytest.mark.parametrize(("repeatable", "secured"), [(True, []), (False, [7])])
def test_only_an_unrepeatable_call_waits_until_its_claim_is_safe(repeatable: bool, secured: list[int]):
    bench = Bench(subtask(repeatable=repeatable))
    before: list[int] = []
    bench.host.results = [lambda: CallResult(output=before.extend(bench.store.tasks.secured))]
    assert bench.outcome().status == "completed"
    assert before == secured


def test_what_an_unrepeatable_call_came_to_is_remembered_before_the_store_is_told():
    bench = Bench(subtask(repeatable=False), CallResult(output=1))
    bench.store.tasks.completion = [StoreUnavailable("away"), Completed("ok", [])]
    kept: list[int] = []
    complete = bench.store.tasks.complete

    def watched(*args: Any, **more: Any) -> Completed:
        kept.append(len(bench.runner.memory.of_other_epochs(7)))
        return complete(*args, **more)

    bench.store.tasks.complete = watched
    bench.run()
    assert kept == [1, 1]


def test_a_store_that_nobody_waited_for_is_no_fault_of_ours(monkeypatch: pytest.MonkeyPatch):
    bench = Bench(subtask())

    def away(*_: object) -> None:
        raise StoreUnavailable("reset")

    monkeypatch.setattr(bench.runner._caller, "call", away)
    assert bench.run() == (None, True)
