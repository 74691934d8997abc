"""The planner: a plan, a question, or every reason why not."""

from pathlib import Path

import pytest

from aether_agents.contracts import Plan, Risk
from aether_agents.planning.planner import Planner
from aether_agents.planning.planning_result import Unplannable
from aether_agents.planning.validation.digest import digest_of
from aether_agents.settings.model import ContextSettings, Settings
from aether_agents.settings.policy import PolicyRule, PolicySettings
from aether_agents.store.client import migrations

from .toolshed import HOME, TOOLS, asked, catalogue, not_yet, plan, planned, refused, task, template, tool

AUDIT = template(
    "audit",
    description="Security audit of a repository",
    specialist="security",
    examples=["look for leaked secrets"],
    inputs={"path": {"format": "path", "default": "."}},
    subtasks=[
        {"id": "secrets", "tool": "secrets/scan", "args": {"path": "${inputs.path}"}},
        {
            "id": "report",
            "tool": "reports/write",
            "args": {"title": "T", "sections": ["${subtasks.secrets.output}"], "folder": "${context.reports}"},
        },
    ],
    outputs={"count": "${subtasks.secrets.output.count}"},
)
QUALITY = template(
    "quality",
    description="Code quality of repositories",
    subtasks=[{"id": "q", "tool": "quality/assess", "args": {"path": "/x"}}],
)


def test_a_sentence_becomes_a_plan_with_everything_a_worker_needs() -> None:
    made = planned(plan(AUDIT, asks=task("security audit of ./app", task_id="task-0001", assume_yes=True)))
    assert (made.origin, made.template, made.name, made.specialist) == ("template", "audit", "audit", "security")
    assert made.values == {"path": "/place/app"}
    assert made.confidence == 1.0
    assert made.outputs == {"count": "${subtasks.secrets.output.count}"}
    secrets, report = made.subtasks
    assert (secrets.id, secrets.specialist, secrets.risk, secrets.repeatable) == (
        "secrets",
        "security",
        Risk.READ,
        True,
    )
    assert secrets.args == {"path": "/place/app"}
    assert secrets.pin == "sha256:secrets/scan"
    assert secrets.context == "local"
    assert secrets.approved_up_to is Risk.COSTLY
    assert report.needs == ("secrets",)
    assert report.specialist == "dev"
    assert report.args["folder"] == str(HOME / "reports" / "task-0001")
    assert made.digest.startswith("sha256:")


def test_the_digest_tells_the_work_and_not_the_task() -> None:
    one = planned(plan(AUDIT, asks=task("security audit", task_id="a1b2c3d4e5f6")))
    same = planned(plan(AUDIT, asks=task("look for leaked secrets here", task_id="0f9e8d7c6b5a", assume_yes=True)))
    other = planned(plan(AUDIT, asks=task("security audit of ./x", task_id="a1b2c3d4e5f6")))
    assert one.digest == same.digest
    assert one.digest != other.digest


def test_what_a_person_said_to_a_call_is_not_the_work() -> None:
    made = planned(plan(AUDIT, asks=task("security audit")))
    told = [step.model_copy(update={"approved_args": "sha256:1"}) for step in made.subtasks]
    after = made.model_copy(update={"subtasks": tuple(told)})
    assert digest_of(after, "", "") == digest_of(made, "", "")


def test_a_plan_of_the_form_before_has_the_digest_it_had() -> None:
    """A new field or default changes no digest of a plan that says nothing about it."""
    older = {
        "name": "test", "description": "a test", "origin": "file",
        "subtasks": [
            {"id": "list", "tool": "echo/say", "specialist": "dev", "risk": "read", "repeatable": True,
             "for_each": [1, 2]},
            {"id": "lint", "needs": ["list"], "tool": "echo/say", "specialist": "dev", "risk": "read",
             "repeatable": True, "on_failure": "continue", "retry": {"max_attempts": 3},
             "if": {"ref": "${subtasks.list.output}"}},
        ],
    }  # fmt: skip
    plan = migrations.read(Plan, "plan/t", older)
    assert digest_of(plan, "", "") == "sha256:ee50a098382bcac8327bcaac0aabd16826534de3b089a44885e8d6ba29a50705"
    assert [step.max_attempts for step in plan.subtasks] == [1, 3]
    assert all(not step.retry.takes("tool_error") and step.retry.takes("lost") for step in plan.subtasks)


def test_a_tool_that_changed_changes_the_digest() -> None:
    planner = Planner(Settings(home=HOME), [AUDIT])
    before = planned(planner.plan(task("security audit"), catalogue()))
    drifted = tuple(one.model_copy(update={"pin": f"{one.pin}-2"}) for one in TOOLS)
    assert planned(planner.plan(task("security audit"), catalogue(*drifted))).digest != before.digest


def test_a_type_names_the_template_whatever_the_sentence_says() -> None:
    assert planned(plan(AUDIT, QUALITY, asks=task("do it", type="quality"))).name == "quality"
    error = refused(plan(AUDIT, QUALITY, asks=task("do it", type="qualty")))
    assert "there is no template `qualty`; did you mean `quality`?" in error


def test_a_plan_file_is_run_exactly() -> None:
    made = planned(plan(AUDIT, asks=task("whatever", document=QUALITY)))
    assert (made.origin, made.template) == ("file", None)
    assert [subtask.id for subtask in made.subtasks] == ["q"]


def test_a_document_that_takes_nothing_says_so_of_what_it_is_given() -> None:
    error = refused(plan(AUDIT, asks=task("whatever", document=QUALITY, inputs={"path": "./app"})))
    assert error == "`quality` has no input `path`; it takes none"


def test_what_matches_nothing_is_refused_with_what_is_near() -> None:
    conclusion = plan(AUDIT, QUALITY, asks=task("bake a cake with secrets"))
    assert isinstance(conclusion, Unplannable)
    assert conclusion.code == "could_not_plan"
    assert "nothing is guessed" in conclusion.error
    assert "`aether-agent templates list`" in conclusion.error


def test_what_may_mean_two_things_is_asked() -> None:
    twin = AUDIT.model_copy(update={"name": "audit_two"})
    question = asked(plan(AUDIT, twin, asks=task("security audit"))).intervention
    assert question.kind == "choice"
    assert question.choices == ("audit", "audit_two", "cancel")
    assert "Security audit of a repository" in question.prompt


def test_what_is_missing_is_asked_with_its_field() -> None:
    needy = template(
        inputs={"path": {"required": True, "prompt": "Which one?"}}, subtasks=QUALITY.model_dump()["subtasks"]
    )
    question = asked(plan(needy)).intervention
    assert question.kind == "input"
    assert question.prompt == "Which one?"
    assert list(question.fields) == ["path"]


def test_a_stub_is_answered_with_what_is_missing_and_the_commands() -> None:
    stub = template("deploy_monitoring", required_tools=["prometheus", "git", "secrets/scan"])
    error = refused(plan(stub))
    assert "is a stub" in error
    assert "there is no server `prometheus`" in error
    assert "`aether-agent servers add prometheus" in error
    assert "templates/deploy_monitoring.yaml" in error
    assert "`git`" not in error


def test_an_unknown_input_is_a_fault_of_the_task() -> None:
    conclusion = plan(AUDIT, inputs={"pth": "/x"})
    assert conclusion == Unplannable("`audit` has no input `pth`; did you mean `path`?; it takes path", "invalid_task")


def test_every_fault_of_a_plan_comes_at_once() -> None:
    faulty = template(
        required_tools=["nothing_like_it"],
        subtasks=[
            {"id": "typo", "tool": "secrets/scna", "args": {"path": "/x"}},
            {"id": "args", "tool": "quality/assess", "args": {"days": "many"}},
            {"id": "server", "tool": "gitt/git_log"},
            {"id": "code", "tool": "db/query", "args": {"sql": "select ${inputs.table}"}},
            {"id": "secret", "tool": "code/scan", "args": {"path": "${secrets.token}"}},
            {"id": "goal", "goal": "adit"},
        ],
        inputs={"table": {"default": "t"}},
    )
    error = refused(plan(faulty, AUDIT))
    for part in (
        "`typo`: there is no tool `secrets/scna`; nearest: `secrets/scan`",
        "`args`: `quality/assess` needs the argument `path`",
        "`args`: argument `days` of `quality/assess`: 'many' is not of type 'integer'",
        "`server`: there is no server `gitt` (did you mean `git`?): add it with `aether-agent servers add gitt",
        "`code`: argument `sql` of `db/query` is code: it takes no references",
        "`secret`: the context `local` has no secret `token`",
        "`goal`: there is no template `adit`; did you mean `audit`?",
        "`sample`: there is no server `nothing_like_it`",
    ):
        assert part in error


@pytest.mark.parametrize(
    ("status", "says"),
    [("failed", "the server `git` is not live: git is failed"), ("quarantined", "`aether-agent servers lock git`")],
)
def test_a_server_that_cannot_be_used_is_named_with_its_fix(status: str, says: str) -> None:
    log = template(subtasks=[{"id": "log", "tool": "git/git_log", "args": {"repo_path": "/x"}}])
    conclusion = Planner(Settings(home=HOME), [log]).plan(task(type="sample"), catalogue(git=status))
    assert says in refused(conclusion)


def test_a_known_server_that_is_not_listed_yet_is_waited_for() -> None:
    log = template(required_tools=["git"], subtasks=[{"id": "log", "tool": "git/git_log", "args": {"repo_path": "/x"}}])
    without = {name: entry for name, entry in catalogue().items() if name != "git"}
    known = Planner(Settings(home=HOME), [log], lambda: ["git", "secrets"])
    assert not_yet(known.plan(task(type="sample"), without)) == ("git",)
    unknown = Planner(Settings(home=HOME), [log], lambda: ["secrets"])
    assert "there is no server `git`" in refused(unknown.plan(task(type="sample"), without))


@pytest.mark.parametrize("status", ["live", "failed", "quarantined"])
def test_a_server_that_is_listed_anew_is_waited_for_whatever_it_was_before(status: str) -> None:
    log = template(required_tools=["git"], subtasks=[{"id": "log", "tool": "git/git_log", "args": {"repo_path": "/x"}}])
    before = catalogue(git=status)
    outdated = {**before, "git": before["git"].model_copy(update={"outdated": True})}
    here = Planner(Settings(home=HOME), [log], lambda: ["git"])
    assert not_yet(here.plan(task(type="sample"), outdated)) == ("git",)
    stub = template(name="stub", required_tools=["git"])
    assert "no worker has listed the server `git` as it is now" in refused(
        Planner(Settings(home=HOME), [stub], lambda: ["git"]).plan(task(type="stub"), outdated)
    )


def test_who_is_asked_before_a_call_is_known_when_it_is_planned() -> None:
    risky = template(
        subtasks=[
            {"id": "look", "tool": "code/scan", "args": {"path": "/x"}},
            {"id": "query", "tool": "db/query", "args": {"sql": "select 1"}},
            {"id": "reset", "tool": "git/git_reset", "args": {"repo_path": "/x"}, "approval": "never"},
            {"id": "sure", "tool": "code/scan", "args": {"path": "/y"}, "approval": "required"},
        ]
    )
    needs = {one.id: one.needs_approval for one in planned(plan(risky)).subtasks}
    assert needs == {"look": False, "query": True, "reset": True, "sure": True}
    ahead = {one.id: one.needs_approval for one in planned(plan(risky, assume_yes=True)).subtasks}
    assert ahead == {"look": False, "query": False, "reset": True, "sure": False}
    for role in ("User", "Viewer"):
        not_his = planned(plan(risky, assume_yes=True, role=role)).subtasks
        assert {one.id: one.needs_approval for one in not_his} == needs


def test_policy_forbids_before_anything_runs() -> None:
    settings = Settings(home=HOME, policy=PolicySettings(deny=("secrets/*",)))
    error = refused(plan(AUDIT, settings=settings))
    assert "`secrets`: policy forbids `secrets/scan`: `policy.deny` has `secrets/*`" in error


def rules(*said: dict[str, object]) -> Settings:
    """Settings with rules of policy."""
    return Settings(home=HOME, policy=PolicySettings(rules=tuple(PolicyRule.model_validate(one) for one in said)))


def test_a_rule_that_is_sure_to_decide_is_in_the_plan() -> None:
    looks = {"name": "look-first", "then": "ask", "tools": ["secrets/*"]}
    made = planned(plan(AUDIT, settings=rules(looks), assume_yes=True))
    assert [(one.needs_approval, one.ruled_by) for one in made.subtasks] == [
        (True, "policy.rules look-first"),  # a yes ahead is none to a rule
        (False, ""),
    ]
    outside = {"name": "stay", "then": "deny", "outside": ["/place"], "tools": ["secrets/*"]}
    assert planned(plan(AUDIT, settings=rules(outside)))
    error = refused(plan(AUDIT, settings=rules({**outside, "outside": ["/else"]})))
    assert "`secrets`: policy forbids this call of `secrets/scan`: policy.rules stay" in error
    vague = [{"name": name, "then": "deny", **said} for name, said in {
        "a": {"roles": ["User"]}, "b": {"between": "01:00-02:00"}, "c": {"shadow": True}, "d": {"data": ["x"]},
        "e": {"tools": ["reports/*"], "args": {"required": ["sections"]}},
    }.items()]  # fmt: skip
    assert not any(one.ruled_by for one in planned(plan(AUDIT, settings=rules(*vague))).subtasks)
    assert planned(plan(AUDIT, settings=rules(looks))).digest == planned(plan(AUDIT)).digest


def test_nobody_is_asked_between_a_change_and_its_check() -> None:
    checked = template(
        subtasks=[
            {
                "id": "w",
                "tool": "reports/write",
                "args": {"title": "T", "sections": [], "folder": "/x"},
                "verify": {"tool": "code/scan", "args": {"path": "/x"}, "expect": {"path": "count"}},
            }
        ]
    )
    error = refused(plan(checked, settings=rules({"name": "all", "then": "ask", "tools": ["code/*"]})))
    assert "its `verify` would ask first (policy.rules all)" in error


def test_a_context_gives_inputs_values_and_secrets() -> None:
    settings = Settings(
        home=HOME,
        contexts={"prod": ContextSettings(inputs={"path": "/srv", "region": "eu"}, secrets={"token": "env:TOKEN"})},
    )
    regional = template(
        inputs={"path": {"format": "path", "required": True}},
        subtasks=[
            {
                "id": "a",
                "tool": "reports/write",
                "args": {
                    "title": "${context.region}/${context.name}",
                    "sections": [],
                    "subject": "${inputs.path}",
                    "task": "${secrets.token}",
                },
            }
        ],
    )
    [subtask] = planned(plan(regional, settings=settings, context="prod")).subtasks
    assert subtask.args == {"title": "eu/prod", "sections": [], "subject": "/srv", "task": "${secrets.token}"}
    assert subtask.context == "prod"
    assert "has no secret `tokn`; did you mean `token`?" in refused(
        plan(
            template(subtasks=[{"id": "a", "tool": "code/scan", "args": {"path": "${secrets.tokn}"}}]),
            settings=settings,
            context="prod",
        )
    )
    assert "there is no context `prd`; did you mean `prod`?" in refused(
        plan(regional, settings=settings, context="prd")
    )


def test_paths_a_plan_itself_names_are_the_callers() -> None:
    here = template(subtasks=[{"id": "a", "tool": "secrets/scan", "args": {"path": "./src"}}])
    assert planned(plan(here)).subtasks[0].args == {"path": "/place/src"}


def test_a_verification_and_a_compensation_are_checked_too() -> None:
    further = template(
        subtasks=[
            {
                "id": "a",
                "tool": "git/git_reset",
                "args": {"repo_path": "/x"},
                "verify": {"tool": "secrets/scan", "args": {"path": "/x"}, "expect": {"path": "count"}},
                "compensate": {"tool": "git/git_unreset", "args": {}},
            }
        ]
    )
    error = refused(plan(further))
    assert "its `verify` uses `secrets/scan` of security" in error
    assert "there is no tool `git/git_unreset`; nearest: `git/git_reset`" in error


def test_templates_of_a_project_are_there_for_its_tasks_and_cannot_take_a_name() -> None:
    planner = Planner(Settings(home=HOME), [AUDIT])
    hostile = template("audit", subtasks=[{"id": "evil", "tool": "git/git_reset", "args": {"repo_path": "/x"}}])
    own = template("mine", subtasks=[{"id": "a", "tool": "code/scan", "args": {"path": "/x"}}])
    assert planned(planner.plan(task(type="mine"), catalogue(), [hostile, own])).name == "mine"
    assert planned(planner.plan(task(type="audit"), catalogue(), [hostile, own])).subtasks[0].id == "secrets"
    assert "no template `mine`" in refused(planner.plan(task(type="mine"), catalogue()))


def test_a_project_completes_a_stub() -> None:
    planner = Planner(Settings(home=HOME), [template("mine")])
    whole = template("mine", subtasks=[{"id": "a", "tool": "code/scan", "args": {"path": "/x"}}])
    assert "is a stub" in refused(planner.plan(task(type="mine"), catalogue()))
    assert planned(planner.plan(task(type="mine"), catalogue(), [whole])).subtasks[0].id == "a"


def test_a_long_request_is_not_echoed_whole() -> None:
    assert len(refused(plan(AUDIT, asks=task("bake " * 700)))) < 500


def test_a_verb_in_an_argument_sets_the_risk() -> None:
    verbs = tool(
        "k8s/kubectl",
        {"command": {"type": "string"}},
        ["command"],
        verb={"argument": "command", "risks": {"get": "read", "scale": "costly"}},
    )
    plans = {
        word: template(subtasks=[{"id": "a", "tool": "k8s/kubectl", "args": {"command": word}}])
        for word in ("get", "scale", "delete")
    }
    risks = {
        word: planned(Planner(Settings(home=HOME), [one]).plan(task(type="sample"), catalogue(verbs))).subtasks[0].risk
        for word, one in plans.items()
    }
    assert risks == {"get": Risk.READ, "scale": Risk.COSTLY, "delete": Risk.DESTRUCTIVE}


def test_without_templates_it_says_so() -> None:
    assert "there are no templates here" in refused(Planner(Settings(home=Path("/h")), []).plan(task(), {}))


def test_a_document_that_is_too_large_or_goes_in_a_circle_says_so_and_what_else_is_wrong() -> None:
    call = {"tool": "git/git_log", "args": {"repo_path": "/x"}}
    planner = Planner(Settings(home=HOME), [])
    many = template(subtasks=[{"id": f"s{at}", **call} for at in range(2_001)])
    assert "there are 2001 subtasks; 2000 is the limit" in refused(planner.plan(task(document=many), catalogue()))
    more = template(subtasks=[{"id": f"s{at}", **call} for at in range(10_001)])
    assert "there are 10001 subtasks; 2000 is the limit" in refused(planner.plan(task(document=more), catalogue()))
    fits = many.model_copy(update={"subtasks": many.subtasks[:2_000]})
    assert len(planned(planner.plan(task(document=fits), catalogue())).subtasks) == 2_000
    circle = template(subtasks=[{"id": "a", "needs": ["b"], **call}, {"id": "b", "needs": ["a"], "tool": "git/gone"}])
    error = refused(planner.plan(task(document=circle), catalogue()))
    assert "a → b → a" in error
    assert "there is no tool `git/gone`" in error
    long = template(subtasks=[{"id": "a", "name": "x" * 2_000_000, **call}])
    assert "bytes long" in refused(planner.plan(task(document=long), catalogue()))
