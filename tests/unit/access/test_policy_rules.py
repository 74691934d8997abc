"""Rules of policy: which calls each is about, and that none allows anything."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from aether_agents.access.policy import Allowed, Denied, NeedsApproval
from aether_agents.access.policy_rules import Asker, Decider, Ruled, concerns, known_ahead
from aether_agents.contracts import PlannedSubtask, Risk, Tool, ToolRow
from aether_agents.settings.model import ContextSettings, Settings
from aether_agents.settings.policy import PolicyRule, PolicySettings

MONDAY = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def tool(ref: str = "ansible/apply", risk: Risk = Risk.WRITE, **row: Any) -> Tool:
    server, _, name = ref.partition("/")
    return Tool(server=server, name=name, specialist="infra", pin="", row=ToolRow(tool=ref, risk=risk, **row))


def rule(**said: Any) -> PolicyRule:
    return PolicyRule(**{"name": "r", "then": "deny", **said})


def call(args: dict[str, Any] | None = None, of: Tool | None = None, **more: Any) -> Ruled:
    one = of or tool()
    return Ruled(one, args or {}, **{"risk": one.risk_of(args or {}), "context": "production", "at": MONDAY, **more})


@pytest.mark.parametrize(
    ("said", "about"),
    [
        ({}, True),
        ({"tools": ["ansible/*"]}, True),
        ({"tools": ["git/*", "*/apply"]}, True),
        ({"tools": ["git/*"]}, False),
        ({"risk_from": "write"}, True),
        ({"risk_from": "costly"}, False),
        ({"contexts": ["prod*"]}, True),
        ({"contexts": ["staging"]}, False),
        ({"specialists": ["infra"]}, True),
        ({"specialists": ["data"]}, False),
        ({"tools": ["ansible/*"], "contexts": ["staging"]}, False),  # all that it names has to hold
        ({"with_secrets": True}, False),
    ],
)
def test_a_rule_is_about_what_all_its_parts_name(said: dict[str, Any], about: bool) -> None:
    assert concerns(rule(**said), call()) is about


def test_who_asked_counts_and_who_is_not_known_is_meant_by_every_rule() -> None:
    ann, nobody = Asker("ann", "User"), Asker()
    for said in ({"people": ["an*"]}, {"roles": ["User"]}):
        assert concerns(rule(**said), call(asker=ann))
        assert not concerns(rule(**said), call(asker=Asker("bob", "Supervisor")))
        assert concerns(rule(**said), call(asker=nobody))
    assert concerns(rule(with_secrets=True), call(with_secrets=True))


@pytest.mark.parametrize(
    ("between", "days", "at", "about"),
    [
        ("09:00-17:00", (), "2026-11-30T12:00:00+00:00", True),
        ("09:00-17:00", (), "2026-11-30T17:00:00+00:00", False),
        ("18:00-08:00", (), "2026-11-30T23:00:00+00:00", True),
        ("18:00-08:00", (), "2026-11-30T07:59:00+00:00", True),
        ("18:00-08:00", (), "2026-11-30T12:00:00+00:00", False),
        ("18:00-08:00", ("fri",), "2026-11-28T03:00:00+00:00", True),  # the night of Friday, on Saturday morning
        ("18:00-08:00", ("sat",), "2026-11-28T03:00:00+00:00", False),
        ("", ("sat", "sun"), "2026-11-29T12:00:00+00:00", True),
        ("", ("sat", "sun"), "2026-11-30T12:00:00+00:00", False),
    ],
)
def test_a_time_window(between: str, days: tuple[str, ...], at: str, about: bool) -> None:
    assert concerns(rule(between=between, days=days), call(at=datetime.fromisoformat(at))) is about


def test_a_time_window_is_in_its_zone() -> None:
    night = rule(between="22:00-06:00", timezone="Europe/Berlin")
    assert concerns(night, call(at=datetime(2026, 11, 30, 21, 30, tzinfo=UTC)))
    assert not concerns(rule(between="22:00-06:00"), call(at=datetime(2026, 11, 30, 21, 30, tzinfo=UTC)))


def test_arguments_are_judged_by_a_schema() -> None:
    many = rule(args={"properties": {"count": {"minimum": 100}}, "required": ["count"]})
    assert concerns(many, call({"count": 100}))
    assert not concerns(many, call({"count": 99}))
    assert not concerns(many, call({}))
    assert concerns(rule(args={"type": 7}), call({}))  # what cannot be checked is not let through


def test_paths_are_judged_where_they_lead(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    (here / "link").symlink_to(there)
    of = tool(path_args=("path", "paths"))
    outside, inside = rule(outside=[str(here)]), rule(inside=[str(there)])
    for path, leaves in (
        (here / "a", False),
        (there / "a", True),
        (here / "link" / "a", True),
        (here / "../there", True),
    ):
        assert concerns(outside, call({"path": str(path)}, of)) is leaves, path
        assert concerns(inside, call({"paths": ["x", str(path)]}, of)) is leaves, path
    assert not concerns(outside, call({"text": str(there)}, of))
    assert concerns(outside, call({"anything": str(there)}))  # nobody has said which arguments are paths
    assert concerns(outside, call({"path": "a\0b"}, of))
    assert not concerns(outside, call({"path": []}, of))


@pytest.mark.parametrize(
    ("args", "strange"),
    [
        ({"url": "https://api.example.org/x"}, False),
        ({"url": "https://EXAMPLE.org./x"}, False),
        ({"url": "https://example.org.evil.net/x"}, True),
        ({"url": "https://example.org@evil.net/"}, True),
        ({"url": ["https://example.org", "ssh://evil.net:22"]}, True),
        ({"deep": {"er": ["postgresql://user@evil.net/db"]}}, True),
        ({"host": "evil.net"}, True),
        ({"hosts": ["a.example.org", "example.org:8080"]}, False),
        ({"url": "https://[broken"}, True),
        ({"text": "no address at all"}, False),
    ],
)
def test_hosts(args: dict[str, Any], strange: bool) -> None:
    assert concerns(rule(hosts_but=["example.org", "*.example.org"]), call(args)) is strange


def test_a_host_that_is_named_is_found() -> None:
    assert concerns(rule(hosts=["*.evil.net"]), call({"text": "see http://a.evil.net/x"}))
    assert not concerns(rule(hosts=["*.evil.net"]), call({"url": "http://evil.org"}))


def decided(rules: list[PolicyRule], *, risk: Risk = Risk.WRITE, **more: Any) -> Any:
    settings = Settings(policy=PolicySettings(rules=tuple(rules), **more.pop("policy", {})))
    planned = PlannedSubtask(
        id="a", tool="ansible/apply", specialist="infra", risk=risk, approved_up_to=more.pop("ahead", None)
    )
    return Decider(settings, lambda _: Asker("ann", "User")).decide("t", tool(risk=risk), {}, planned, **more)


def test_the_strictest_decides_and_says_by_which_rule() -> None:
    ask, deny = rule(name="look", then="ask", why="look first"), rule(name="never", why="not here")
    assert isinstance(decided([]), Allowed)
    asked = decided([ask])
    assert isinstance(asked, NeedsApproval)
    assert (asked.rule, "look first (policy.rules look)" in asked.reason) == ("policy.rules look", True)
    denied = decided([ask, deny])
    assert isinstance(denied, Denied)
    assert (denied.rule, "not here (policy.rules never)" in denied.reason) == ("policy.rules never", True)
    assert isinstance(decided([ask, deny], answered=True), Denied)  # whoever says yes


def test_a_yes_to_the_call_is_enough_for_a_rule_that_asks_and_one_ahead_is_not() -> None:
    ask = rule(then="ask")
    assert isinstance(decided([ask], answered=True), Allowed)
    assert isinstance(decided([ask], ahead=Risk.DESTRUCTIVE), NeedsApproval)


def test_a_rule_may_be_about_a_class_of_data() -> None:
    personal = rule(data=["personal", "secret*"])
    settings = Settings(policy=PolicySettings(rules=(personal,)), contexts={"crm": ContextSettings(data="personal")})
    for context, kind in (("crm", Denied), ("local", Allowed), ("unknown", Allowed)):
        planned = PlannedSubtask(id="a", tool="ansible/apply", specialist="infra", risk="write", context=context)
        assert isinstance(Decider(settings).decide("t", tool(), {}, planned), kind)
    assert list(known_ahead([personal], call())) == []


def test_no_rule_allows_what_is_not_allowed() -> None:
    ask = rule(then="ask")
    assert isinstance(decided([ask], risk=Risk.DESTRUCTIVE), NeedsApproval)
    assert isinstance(decided([ask], policy={"deny": ("ansible/*",)}, answered=True), Denied)
    with pytest.raises(ValidationError):
        rule(then="allow")


def test_a_rule_in_shadow_is_only_noted() -> None:
    quiet = [rule(name="try-out", shadow=True), rule(name="look", then="ask", shadow=True)]
    found = decided(quiet)
    assert found == Allowed(
        Risk.WRITE, "risk below approval; in shadow: deny by policy.rules try-out, ask by policy.rules look"
    )


def test_what_is_certain_is_known_when_it_is_planned() -> None:
    args = {"path": "${subtasks.look.output.path}"}
    certain = rule(name="certain", tools=["ansible/*"])
    later = [
        rule(name="a", between="09:00-10:00"), rule(name="b", roles=["User"]), rule(name="c", shadow=True),
        rule(name="d", inside=["/"]), rule(name="e", args={"required": ["path"]}), rule(name="f", tools=["git/*"]),
    ]  # fmt: skip
    assert list(known_ahead([certain, *later], call(args))) == [certain]


@pytest.mark.parametrize(
    "said",
    [
        {"between": "25:00-26:00"},
        {"between": "09:00-09:00"},
        {"timezone": "Mars"},
        {"days": ["monday"]},
        {"name": "A b"},
    ],
)
def test_a_rule_that_cannot_be_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rule(**said)
    with pytest.raises(ValidationError, match="two rules are named `r`"):
        PolicySettings(rules=(rule(), rule()))
