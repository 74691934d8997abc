"""Values as people type them."""

from pathlib import Path

import pytest

from aether_agents.cli.terminal.typed_values import hints, parse_value, read_pairs, read_values
from aether_agents.contracts import InputSpec, Json
from aether_agents.errors import InvalidTask


def test_a_name_given_again_makes_a_list() -> None:
    assert read_pairs(["a=1", "b=x=y", "a=2", "a=3"]) == {"a": ["1", "2", "3"], "b": "x=y"}


@pytest.mark.parametrize("pair", ["paths", "=x"])
def test_what_is_no_pair_is_an_error(pair: str) -> None:
    with pytest.raises(InvalidTask, match="write it as name=value"):
        read_pairs([pair])


@pytest.mark.parametrize(
    ("given", "spec", "value"),
    [
        ("7", InputSpec(type="integer"), 7),
        ("1.5", InputSpec(type="number"), 1.5),
        ("yes", InputSpec(type="boolean"), True),
        ("a, b", InputSpec(type="array", items=InputSpec()), ["a", "b"]),
        ('["a, b"]', InputSpec(type="array", items=InputSpec()), ["a, b"]),
        (["1", "2"], InputSpec(type="array", items=InputSpec(type="integer")), [1, 2]),
        ("", InputSpec(type="integer", default=9), 9),
        ('{"a": 1}', InputSpec(type="object"), {"a": 1}),
    ],
)
def test_a_value_becomes_what_is_asked_for(given: Json, spec: InputSpec, value: Json) -> None:
    assert parse_value("x", given, spec) == value


@pytest.mark.parametrize(
    ("given", "spec", "told"),
    [
        ("", InputSpec(), "`x` needs a value"),
        ("seven", InputSpec(type="integer"), "`x` must be a whole number"),
        ("3", InputSpec(type="integer", maximum=2), "`x` must be at most 2"),
        ("c", InputSpec(enum=("a", "b")), "`x` must be one of a, b"),
    ],
)
def test_a_wrong_value_is_told_what_would_fit(given: Json, spec: InputSpec, told: str) -> None:
    with pytest.raises(InvalidTask, match=told):
        parse_value("x", given, spec)


def test_a_relative_path_means_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_value("x", "sub", InputSpec(format="path")) == str(tmp_path / "sub")


def test_values_for_a_question_must_be_those_asked_for() -> None:
    fields = {"folder": InputSpec(), "days": InputSpec(type="integer")}
    assert read_values(["folder=a", "days=3"], fields) == {"folder": "a", "days": 3}
    with pytest.raises(InvalidTask, match="did you mean `folder`"):
        read_values(["foldr=a"], fields)
    with pytest.raises(InvalidTask, match="missing: --input days="):
        read_values(["folder=a"], fields)


def test_hints_say_what_to_type() -> None:
    assert list(hints(InputSpec(type="array"))) == ["separated by commas"]
    assert list(hints(InputSpec(enum=("a", "b"), default="a"))) == ["a/b", 'default "a"']
