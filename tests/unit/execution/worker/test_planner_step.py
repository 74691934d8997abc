"""The planner's own step: what each conclusion of planning becomes."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery.exceptions import Ignore

from aether_agents.contracts import HighLevelTask, Intervention, Plan
from aether_agents.errors import CannotOpen, StoreUnavailable
from aether_agents.execution.delivery.leases import Leases
from aether_agents.execution.worker import planner_step as module
from aether_agents.execution.worker.known_specialists import KnownSpecialists
from aether_agents.execution.worker.planner_step import PlannerStep
from aether_agents.mcp_host.files.project_scope import Visible
from aether_agents.planning.planning_result import Asked, NotYet, Planned, Unplannable
from aether_agents.settings.model import Settings
from aether_agents.store import CatalogueEntry, Delivery, PlanningClaim, Refused, Unopened
from tests.unit.execution.fakes import DEV, FakeCatalogue, FakeSender, subtask

PLAN = Plan(name="p", description="d", origin="template", subtasks=(subtask(),))
QUESTION = Intervention(id="task.1", kind="input", prompt="Which?")


class Servers:
    """None is known; of a listed one it may be said why it may not be started."""

    reason: str | None = None
    start_up = 30.0
    waited_for: tuple[str, ...] = ()
    specialists = KnownSpecialists([DEV])

    def store_retry(self, servers: tuple[str, ...]) -> float:
        self.waited_for = servers
        return self.start_up

    def __call__(self) -> dict[str, Any]:
        return {}

    now = __call__

    def visible(self, folder: str) -> Visible:
        return Visible()

    def barred(self, entry: CatalogueEntry) -> str | None:
        return self.reason


class PlanningLab:
    """An opening over stand-ins; everything it did is in `said`."""

    def __init__(self, tmp_path: Path, conclusion: Any = Planned(PLAN), **claim: Any) -> None:  # noqa: B008 - a value
        self.said: list[Any] = []
        task = HighLevelTask(task_id="t", description="x", **claim.pop("task", {}))
        self.claim: Any = PlanningClaim(**{"token": 1, "task": task, "plan": None, "approved": False, **claim})
        words = ("save_plan", "ask", "fail_planning", "finish_planning", "postpone_planning", "flip", "log")
        tasks = SimpleNamespace(
            recent=lambda _most: [],
            claim_planning=self.claimed,
            start=self.start,
            **{word: self.note(word) for word in words},
        )
        self.sender = FakeSender()
        self.sender.canvas = lambda *args, **options: self.canvas  # type: ignore[attr-defined]
        self.sender.launch = self.launch  # type: ignore[attr-defined]
        self.canvas: Any = "a canvas"
        self.accepted = True
        kept = SimpleNamespace(tasks=tasks, catalogue=FakeCatalogue())
        settings = Settings(home=tmp_path, project=tmp_path)
        self.needed: list[str] = []
        self.noticed: list[int] = []
        self.catalogue = kept.catalogue
        self.servers = Servers()
        self.planner_step = PlannerStep(
            settings, kept, self.sender, Leases(30.0), self.servers, self.needed.extend, lambda: self.noticed.append(1)
        )
        planner: Any = SimpleNamespace(plan=lambda *args: self.concluded(conclusion))
        self.faults: list[str] = []
        self.planner_step._templates = SimpleNamespace(planner=lambda: (planner, self.faults))  # type: ignore[assignment]

    def concluded(self, conclusion: Any) -> Any:
        if isinstance(conclusion, Exception):
            raise conclusion
        return conclusion

    def claimed(self, task_id: str, limit: int) -> Any:
        if isinstance(self.claim, Exception):
            raise self.claim
        return self.claim

    def note(self, word: str) -> Any:
        def noted(*args: Any) -> Any:
            self.said.append((word, *args[1 if word == "log" else 2 :]))
            return [Delivery("t", "a", "dev")] if word == "flip" else True

        return noted

    def start(self, task_id: str, token: int, plan: Plan, *, direct: bool) -> list[Delivery]:
        self.said.append(("start", "directly" if direct else "canvas"))
        return [Delivery("t", "a", "dev")] if direct else []

    def launch(self, canvas: Any) -> bool:
        self.said.append(("launch", canvas))
        return self.accepted


def opened(lab: PlanningLab) -> list[Any]:
    lab.planner_step.open("t")
    return lab.said


def test_a_plan_is_saved_started_and_launched(tmp_path: Path):
    assert opened(PlanningLab(tmp_path)) == [("save_plan", PLAN), ("start", "canvas"), ("launch", "a canvas")]


def test_what_the_request_names_and_the_plan_does_not_use_is_said(tmp_path: Path):
    said = opened(PlanningLab(tmp_path, Planned(PLAN, ("./a", "80"))))
    assert said[:2] == [("save_plan", PLAN), ("log", "not used of the request: `./a`, `80`")]


def test_what_only_a_later_version_can_read_is_left_to_it(tmp_path: Path):
    said = opened(PlanningLab(tmp_path, CannotOpen("server/x was written by version 9")))
    assert said == [("postpone_planning", 10.0, "server/x was written by version 9")]


def test_a_plan_without_a_canvas_goes_directly(tmp_path: Path):
    lab = PlanningLab(tmp_path)
    lab.canvas = None
    assert opened(lab) == [("save_plan", PLAN), ("start", "directly")]
    assert lab.sender.sent == [Delivery("t", "a", "dev")]


def test_a_canvas_that_celery_refuses_is_given_up(tmp_path: Path):
    lab = PlanningLab(tmp_path)
    lab.accepted = False
    assert opened(lab)[-1] == ("flip",)
    assert lab.sender.sent == [Delivery("t", "a", "dev")]


def test_a_task_that_does_not_open_ends_and_says_so(tmp_path: Path):
    lab = PlanningLab(tmp_path)
    lab.claim = Unopened(3, "sealed with another key")
    assert opened(lab) == [("fail_planning", "sealed with another key", "document")]


def test_a_plan_that_was_saved_before_is_not_made_again(tmp_path: Path):
    lab = PlanningLab(tmp_path, RuntimeError("planned again"), plan=PLAN)
    assert opened(lab) == [("start", "canvas"), ("launch", "a canvas")]


def test_a_plan_that_is_only_wanted_as_a_plan_ends_the_task(tmp_path: Path):
    assert opened(PlanningLab(tmp_path, task={"plan_only": True})) == [("save_plan", PLAN), ("finish_planning",)]


@pytest.mark.parametrize("origin", ["draft", "llm"])
def test_a_plan_that_no_person_wrote_never_runs_unapproved(tmp_path: Path, origin: str):
    drafted = PLAN.model_copy(update={"origin": origin})
    said = opened(PlanningLab(tmp_path, Planned(drafted)))
    assert [word for word, *_ in said] == ["save_plan", "ask"]
    assert "- a: dev-echo/say" in said[1][1].prompt
    approved = opened(PlanningLab(tmp_path, plan=drafted, approved=True))
    assert [word for word, *_ in approved] == ["start", "launch"]


def test_what_is_missing_is_asked(tmp_path: Path):
    assert opened(PlanningLab(tmp_path, Asked(QUESTION))) == [("ask", QUESTION)]


def test_what_cannot_be_planned_fails_with_the_reason(tmp_path: Path):
    unplannable = Unplannable("nothing fits", "could_not_plan")
    assert opened(PlanningLab(tmp_path, unplannable)) == [("fail_planning", "nothing fits", "could_not_plan")]


def test_servers_that_are_still_being_listed_are_waited_for_but_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    lab = PlanningLab(tmp_path, NotYet(("git",)))
    assert opened(lab) == [("postpone_planning", module.LOOK_AGAIN, "waits for the tools of git")]
    assert opened(lab)[-1] == ("postpone_planning", module.LOOK_AGAIN, "")
    assert lab.needed == ["git", "git"]
    monkeypatch.setattr(module, "MARGIN", -1_000.0)
    assert opened(lab)[-1][:2] == (
        "fail_planning",
        "no worker has listed the tools of git: see `aether-agent ps` and `aether-agent servers list`",
    )


def test_a_server_is_waited_for_as_long_as_it_may_take_to_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lab = PlanningLab(tmp_path, NotYet(("slow",)))
    lab.servers.start_up = 2_000.0
    monkeypatch.setattr(module, "MARGIN", -1_000.0)
    opened(lab)
    assert opened(lab)[-1] == ("postpone_planning", module.LOOK_AGAIN, "")
    assert lab.servers.waited_for == ("slow",)


def test_a_fault_of_ours_fails_the_task_without_the_traceback(tmp_path: Path):
    ((word, text, code),) = opened(PlanningLab(tmp_path, ZeroDivisionError("private")))
    assert (word, code) == ("fail_planning", "internal")
    assert "ZeroDivisionError" in text
    assert "private" not in text


@pytest.mark.parametrize("claim", [Refused("leased"), StoreUnavailable("away")])
def test_a_step_that_is_not_granted_is_left_alone(tmp_path: Path, claim: Any):
    lab = PlanningLab(tmp_path)
    lab.claim = claim
    with pytest.raises(Ignore):
        lab.planner_step.open("t")
    assert lab.said == []


def test_a_saved_plan_whose_server_may_not_be_started_any_more_is_refused_once(tmp_path: Path) -> None:
    lab = PlanningLab(tmp_path, plan=PLAN)
    lab.catalogue.all = {
        "one": CatalogueEntry(server="dev-echo", specialist="dev", spec_digest="d", status="live"),
    }
    lab.servers.reason = "its file is not trusted any more"
    assert opened(lab) == [
        ("fail_planning", "the server `dev-echo` is not live: its file is not trusted any more", "invalid_plan")
    ]
    lab = PlanningLab(tmp_path, plan=PLAN)
    assert opened(lab)[0] == ("start", "canvas")


def test_a_plan_is_made_from_servers_that_may_be_started(tmp_path: Path) -> None:
    lab, seen = PlanningLab(tmp_path), []
    lab.catalogue.all = {
        "one": CatalogueEntry(server="dev-echo", specialist="dev", spec_digest="d", status="live"),
    }
    lab.servers.reason = "its file is not trusted any more"
    planner: Any = SimpleNamespace(plan=lambda *args: seen.append(args[1]) or Unplannable("no", "x"))
    lab.planner_step._templates = SimpleNamespace(planner=lambda: (planner, ()))  # type: ignore[assignment]
    assert opened(lab)[-1][0] == "fail_planning"
    assert (seen[0]["dev-echo"].status, seen[0]["dev-echo"].error) == ("failed", "its file is not trusted any more")


def test_what_was_changed_is_noticed_before_it_is_planned_and_files_that_are_wrong_are_said(tmp_path: Path) -> None:
    lab = PlanningLab(tmp_path)
    lab.faults.append("the files of the specialist dev were changed and are wrong")
    said = opened(lab)
    assert lab.noticed == [1]
    assert [one for one in said if one[0] == "log"] == [("log", lab.faults[0])]
