"""Several tasks and few slots, disturbed: planners that die or postpone, questions, pauses, cancels, lost messages.

Whatever happens, a slot is held by exactly the tasks that are planning or running, and in the end every task has run.
"""

from hypothesis import settings as profile
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from aether_agents.contracts import Answer, HighLevelTask, Intervention
from aether_agents.settings.model import Settings
from aether_agents.store import PLANNER, PlanningClaim, Store
from tests.conftest import leaks
from tests.integration.store.plans import DONE, granted, overdue, plan_of, run
from tests.integration.store.world import PROFILE, timeless

LIMIT = 2
NAMES = ("t0", "t1", "t2", "t3", "t4")
PLAN = plan_of({"a": []})
QUESTION = Intervention(id="x", kind="approval", prompt="Run it?", choices=("approve", "deny"))
HOLDS = {"planning", "running"}
OPEN = {"pending", "planning", "running", "waiting_user_input", "paused"}


def crowd(settings: Settings) -> type[RuleBasedStateMachine]:
    """The machine of the crowd; each run of it has a store of its own."""

    class Crowd(RuleBasedStateMachine):
        store: Store
        mail: list[str]
        claims: dict[str, PlanningClaim]

        @initialize()
        def begin(self) -> None:
            self.store, self.mail, self.claims = timeless(settings), [], {}
            self.store.when_freed(lambda sends: self.mail.extend(send.task_id for send in sends))

        def statuses(self) -> dict[str, str]:
            keys = self.store.keys
            found = self.store.connection.commands([("HGET", keys.task(name), "status") for name in NAMES])
            return {name: value.decode() for name, value in zip(NAMES, found, strict=True) if value}

        def among(self, *wanted: str) -> list[str]:
            return [name for name, status in self.statuses().items() if status in wanted]

        def members(self, index: str) -> set[str]:
            command = "SMEMBERS" if index == "active" else "ZRANGE"
            more = () if index == "active" else (0, -1)
            return {
                name.decode()
                for name in self.store.connection.command(command, f"{self.store.keys.prefix}:{index}", *more)
            }

        @precondition(lambda self: len(self.statuses()) < len(NAMES))
        @rule(priority=st.integers(0, 9))
        def somebody_asks(self, priority: int) -> None:
            name = NAMES[len(self.statuses())]
            assert self.store.tasks.create(HighLevelTask(task_id=name, description="do it", priority=priority))
            self.mail.append(name)

        @precondition(lambda self: self.mail)
        @rule(at=st.integers(0, 9), keep=st.booleans())
        def a_planner_takes_a_message(self, at: int, keep: bool) -> None:
            name = self.mail[at % len(self.mail)]
            if not keep:
                self.mail.remove(name)
            held = self.members("active")
            claim = self.store.tasks.claim_planning(name, limit=LIMIT)
            if isinstance(claim, PlanningClaim):
                assert name in held or len(held) < LIMIT, "more tasks than allowed"
                self.claims[name] = claim

        @precondition(lambda self: self.mail)
        @rule(at=st.integers(0, 9))
        def a_message_is_lost(self, at: int) -> None:
            self.mail.pop(at % len(self.mail))

        @precondition(lambda self: self.claims)
        @rule(
            at=st.integers(0, 9), what=st.sampled_from(["start", "start", "ask", "postpone", "fail", "die", "finish"])
        )
        def a_planner_concludes(self, at: int, what: str) -> None:
            name = list(self.claims)[at % len(self.claims)]
            claim, tasks = self.claims.pop(name), self.store.tasks
            if what == "start":
                tasks.start(name, claim.token, PLAN, direct=True)
            elif what == "ask":
                tasks.ask(name, claim.token, QUESTION)
            elif what == "postpone":
                tasks.postpone_planning(name, claim.token, 36_000)
            elif what == "fail":
                tasks.fail_planning(name, claim.token, "no", "could_not_plan")
            elif what == "finish":
                tasks.finish_planning(name, claim.token)

        @precondition(lambda self: self.among("running"))
        @rule(at=st.integers(0, 9))
        def a_subtask_runs(self, at: int) -> None:
            running = self.among("running")
            run(self.store, "a", task_id=running[at % len(running)])

        @precondition(lambda self: self.statuses())
        @rule(at=st.integers(0, 9))
        def time_passes(self, at: int) -> None:
            overdue(self.store, "", list(self.statuses())[at % len(self.statuses())])
            self.reap()

        def reap(self) -> None:
            self.mail += [send.task_id for send in self.store.tasks.reap(100, ()) if send.queue == PLANNER]

        @rule()
        def the_reaper_comes_round(self) -> None:
            self.reap()

        def asked(self) -> list[str]:
            keys, names = self.store.keys, list(self.statuses())
            found = self.store.connection.commands([("HGET", keys.task(name), "question_id") for name in names])
            return [name for name, question in zip(names, found, strict=True) if question]

        @precondition(lambda self: self.asked())
        @rule(at=st.integers(0, 9), response=st.sampled_from(["approve", "approve", "deny"]))
        def a_person_answers(self, at: int, response: str) -> None:
            self.answer(self.asked()[at % len(self.asked())], response)

        def answer(self, name: str, response: str) -> None:
            question = self.store.tasks.view(name).interventions[0]
            sends = self.store.tasks.answer(name, Answer(intervention_id=question.id, response=response))
            self.mail += [send.task_id for send in sends]

        @precondition(lambda self: self.among("pending", "planning", "running", "waiting_user_input"))
        @rule(at=st.integers(0, 9), cancels=st.integers(0, 3))
        def a_person_stops_one(self, at: int, cancels: int) -> None:
            names = self.among("pending", "planning", "running", "waiting_user_input")
            name = names[at % len(names)]
            self.store.tasks.cancel(name, "ann") if cancels == 0 else self.store.tasks.pause(name, "ann")

        @precondition(lambda self: self.among("paused"))
        @rule(at=st.integers(0, 9))
        def a_person_resumes(self, at: int) -> None:
            self.resume(self.among("paused")[at % len(self.among("paused"))])

        def resume(self, name: str) -> None:
            sends = self.store.tasks.resume(name, "ann")
            self.mail += [send.task_id for send in sends if send.queue == PLANNER]

        @invariant()
        def slots_are_held_by_who_plans_or_runs_or_was_let_in(self) -> None:
            statuses, active = self.statuses(), self.members("active")
            pending = {name for name, status in statuses.items() if status == "pending"}
            assert {name for name, status in statuses.items() if status in HOLDS} == active - pending
            assert self.members("queued") <= pending - active
            assert not self.members("queued") or len(active) >= LIMIT, "a slot is free and somebody waits"

        def teardown(self) -> None:
            if not hasattr(self, "store"):
                return
            with self.store:
                rounds = 0
                while self.among(*OPEN):
                    self.go_on()
                    rounds += 1
                    assert rounds < 30, self.statuses()
                for name in self.statuses():
                    events = self.store.events.read(name)
                    assert [event.seq for event in events] == list(range(1, len(events) + 1))
                    assert [event.ends_task for event in events] == [False] * (len(events) - 1) + [True]
                assert self.members("active") == self.members("queued") == set()
                assert leaks(self.store) == []

        def go_on(self) -> None:
            """Everybody does what is next."""
            for name in self.among("paused"):
                self.resume(name)
            for name in self.asked():
                self.answer(name, "approve")
            for name in self.among("running"):
                if self.store.tasks.view(name).subtasks[0].status == "running":
                    overdue(self.store, "a", name)
                    self.reap()
                self.store.tasks.complete(name, "a", granted(self.store, "a", name).token, DONE)
            for name, claim in list(self.claims.items()):
                self.store.tasks.start(name, claim.token, PLAN, direct=True)
                del self.claims[name]
            while self.mail:
                self.take()
            for name in self.among("pending", "planning"):
                if name not in self.claims:
                    overdue(self.store, "", name)
            self.reap()

        def take(self) -> None:
            name = self.mail.pop(0)
            claim = self.store.tasks.claim_planning(name, limit=LIMIT)
            if isinstance(claim, PlanningClaim):
                self.claims[name] = claim

    return Crowd


def test_slots_are_never_lost_and_every_task_gets_its_turn(settings: Settings) -> None:
    run_state_machine_as_test(crowd(settings), settings=profile(max_examples=30, stateful_step_count=25, **PROFILE))
