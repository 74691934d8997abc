"""A file that knows its lines: every complaint names file, line, key and the nearest known name."""

import json
from pathlib import Path

import pytest

from aether_agents.documents.document import parse_document, read_document
from aether_agents.documents.model_check import read_as
from aether_agents.documents.suggestion import nearest
from aether_agents.documents.yaml_writer import write_document
from aether_agents.errors import InvalidSettings
from aether_agents.settings.model import Settings


def complaint(text: str, name: str = "aether_agent.yaml") -> list[str]:
    with pytest.raises(InvalidSettings) as caught:
        read_as(Settings, parse_document(text, name))
    return str(caught.value).splitlines()


def test_an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() -> None:
    assert complaint("agent_system:\n  orchestrator:\n    max_concurent_tasks: 3\n") == [
        "aether_agent.yaml:3: `agent_system.orchestrator.max_concurent_tasks`: unknown key; "
        "did you mean `max_concurrent_tasks`?"
    ]


def test_a_wrong_value_is_shown() -> None:
    (fault,) = complaint("delivery:\n  lease: soon\n")
    assert fault.startswith("aether_agent.yaml:2: `delivery.lease`: ")
    assert "'soon'" in fault


def test_all_faults_are_reported_at_once() -> None:
    faults = complaint("delivery:\n  lease: -1\n  stael: 3\nbroker: {prefix: 'A B'}\n")
    assert [fault.split(": ")[1] for fault in faults] == ["`broker.prefix`", "`delivery.lease`", "`delivery.stael`"]


def test_a_fault_inside_a_list_has_its_own_line() -> None:
    text = "task_templates:\n  development:\n    - {name: a, description: b}\n    - name: b\n      descripton: c\n"
    faults = complaint(text)
    assert any(fault.startswith("aether_agent.yaml:5:") and "did you mean `description`" in fault for fault in faults)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\nb: [1\n", 3, "not valid YAML"),
        ("a: 1\na: 2\n", 2, "`a` is given twice"),
        ("a: *nowhere\n", 1, "not valid YAML"),
        ("a:\n\tb: 1\n", 2, "not valid YAML"),
    ],
)
def test_broken_yaml_is_refused_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(InvalidSettings, match=what) as caught:
        parse_document(text, "x.yaml")
    assert str(caught.value).startswith(f"x.yaml:{line}:")


def test_broken_json_is_refused_with_its_line() -> None:
    with pytest.raises(InvalidSettings, match=r"^x\.json:2: not valid JSON"):
        parse_document('{"a": 1,\n "b": }', "x.json")


def test_json_may_be_indented_with_tabs() -> None:
    document = parse_document('{\n\t"a": {\n\t\t"b": 1}}', "x.json")
    assert document.data == {"a": {"b": 1}}
    assert document.line(("a", "b")) == 3


def test_the_line_of_a_missing_key_is_that_of_its_parent() -> None:
    document = parse_document("a:\n  b:\n    c: 1\n", "x.yaml")
    assert document.line(("a", "b", "nothing")) == 2


def test_a_few_lines_that_unfold_to_gigabytes_are_refused() -> None:
    layers = "".join(f"a{i}: &a{i} [{', '.join(f'*a{i - 1}' for _ in range(9))}]\n" for i in range(1, 12))
    with pytest.raises(InvalidSettings, match="aliases make it larger"):
        parse_document("a0: &a0 [x]\n" + layers, "laughs.yaml")


def test_merges_that_unfold_are_refused_before_they_do() -> None:
    layers = "".join(f"a{i}: &a{i} {{<<: [{', '.join(f'*a{i - 1}' for _ in range(9))}]}}\n" for i in range(1, 12))
    with pytest.raises(InvalidSettings, match="aliases make it larger"):
        parse_document("a0: &a0 {x: 1}\n" + layers, "merges.yaml")


def test_what_is_merged_may_be_overridden() -> None:
    document = parse_document("a: &a {x: 1, y: 1}\nb:\n  <<: *a\n  x: 2\n", "x.yaml")
    assert document.data["b"] == {"x": 2, "y": 1}
    assert document.line(("b", "x")) == 4


def test_a_value_that_holds_itself_is_refused() -> None:
    with pytest.raises(InvalidSettings, match="aliases make it larger"):
        parse_document("a: &a [*a]\n", "loop.yaml")


def test_aliases_are_allowed() -> None:
    document = parse_document("a: &a {x: 1}\nb: *a\n", "x.yaml")
    assert document.data["b"] == {"x": 1}


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="cannot be read"):
        read_document(tmp_path / "nothing.yaml")


def test_nothing_near_means_no_suggestion() -> None:
    assert nearest("zzz", ["lease", "stale"]) == ""


def test_plain_yaml_values_are_what_json_would_take_them_for() -> None:
    text = "r: {on: [a], at: 22:30, no: off, day: 2024-01-02, n: 5, m: -1_000, x: 1.5, e: 1e3, t: True, f: false, z: ~}"
    assert parse_document(text, "a.yaml").data["r"] == {
        "on": ["a"],
        "at": "22:30",
        "no": "off",
        "day": "2024-01-02",
        "n": 5,
        "m": -1000,
        "x": 1.5,
        "e": 1000.0,
        "t": True,
        "f": False,
        "z": None,
    }


@pytest.mark.parametrize(("name", "depth"), [("deep.json", 5_000), ("deep.yaml", 600)])  # PyYAML is slow at this
def test_a_file_nested_too_deeply_is_refused(name: str, depth: int) -> None:
    with pytest.raises(InvalidSettings, match=name):
        parse_document("[" * depth + "]" * depth, name)


@pytest.mark.parametrize("text", ["1e999", "1e3", "-.5", "on", "22:30", "1_000", "~", "="])
def test_a_text_that_looks_like_something_else_stays_a_text(text: str) -> None:
    assert parse_document(write_document({"a": text}), "a.yaml").data == {"a": text}


def test_a_character_that_json_escapes_as_two_is_one() -> None:
    said = {"a": "😀", "b": "\\ud83d\\ude00", "c": "\\😀"}
    assert parse_document(json.dumps(said), "a.json").data == said


@pytest.mark.parametrize("name", ["plan.json", "plan.yaml"])
def test_a_number_of_thousands_of_digits_is_refused(name: str) -> None:
    with pytest.raises(InvalidSettings, match="not valid"):
        parse_document('{"a": ' + "9" * 5_000 + "}", name)
