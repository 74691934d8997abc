"""`policy show` and `policy test`: what holds here, and what it makes of calls that a file describes."""

import json
from pathlib import Path

from tests.unit.cli.conftest import Run

RULES = """
policy:
  deny: [shell/*]
  rules:
    - {name: no-night, then: deny, contexts: [production], between: "18:00-08:00", why: nobody is there to look}
    - {name: many, then: ask, tools: [files/delete], args: {properties: {count: {minimum: 100}}, required: [count]}}
    - {name: try-out, then: deny, roles: [User], shadow: true}
"""
CASES = """
cases:
  - {name: by day, tool: files/delete, risk: write, args: {count: 3}, context: production, at: "2026-11-30T12:00:00Z", expect: allow}
  - {name: by night, tool: files/delete, risk: write, context: production, at: "2026-11-30T23:00:00Z", expect: deny, rule: no-night}
  - {name: many, tool: files/delete, risk: write, args: {count: 300}, expect: ask, rule: many}
  - {name: many with a yes, tool: files/delete, risk: write, args: {count: 300}, yes: true, expect: allow, rule: answered}
  - {name: shell, tool: shell/run, expect: deny, rule: policy.deny}
  - {name: not known, tool: else/where, expect: ask}
  - {name: shadow, tool: files/read, risk: read, role: User, expect: allow, rule: try-out}
"""  # noqa: E501 - a line each


def written(tmp_path: Path, cases: str = CASES) -> str:
    settings = tmp_path / ".config/aether-agents/aether_agent.yaml"
    settings.parent.mkdir(parents=True)
    settings.write_text(RULES)
    path = tmp_path / "cases.yaml"
    path.write_text(cases)
    return str(path)


def test_what_holds_is_listed(run: Run, tmp_path: Path) -> None:
    written(tmp_path)
    ran = run("policy", "show")
    assert ran.code == 0
    assert "asks from costly" in ran.err
    for said in ("no-night", "many", "try-out", "shell/*"):
        assert said in ran.out
    told = json.loads(run("policy", "show", "--json").out)
    assert [rule["name"] for rule in told["rules"]] == ["no-night", "many", "try-out"]


def test_each_case_is_tried_and_what_is_other_fails(run: Run, tmp_path: Path) -> None:
    path = written(tmp_path)
    ran = run("policy", "test", path)
    assert (ran.code, "7 of 7 as the file says" in ran.err) == (0, True), ran
    told = json.loads(run("policy", "test", path, "--json").out)
    assert {one["name"]: one["found"] for one in told}["by night"] == "deny"
    wrong = Path(path)
    wrong.write_text(wrong.read_text().replace("expect: deny, rule: no-night", "expect: ask"))
    ran = run("policy", "test", path)
    assert (ran.code, "the file says ask" in ran.err, "nobody is there to look" in ran.err) == (1, True, True)


def test_a_fault_of_the_file_is_named(run: Run, tmp_path: Path) -> None:
    ran = run("policy", "test", written(tmp_path, "cases:\n  - {tool: files/read, expects: allow}\n"))
    assert (ran.code, "cases.yaml:2" in ran.err, "did you mean `expect`?" in ran.err) == (2, True, True)
