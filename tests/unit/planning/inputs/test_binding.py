"""Inputs bound: given, said, of the context, by default; never invented."""

from pathlib import Path

import pytest

from aether_agents.contracts import HighLevelTask, Json, Template
from aether_agents.planning.inputs.binding import Binding, bind
from tests.unit.planning.toolshed import template

ONE = template(inputs={"path": {"format": "path", "required": True, "prompt": "Which folder?"}})
MANY = template(
    inputs={
        "paths": {"type": "array", "items": {"format": "path"}, "default": ["."]},
        "days": {"type": "integer", "minimum": 1, "default": 90, "prompt": "How many days?"},
        "max_commits": {"type": "integer"},
    }
)
WORDS = template(inputs={"query": {"required": True}, "level": {"enum": ["low", "high"]}, "site": {"format": "url"}})
ENDS = template(inputs={"ends": {"type": "array", "items": {"format": "endpoint"}, "required": True}})


def bound(of: Template, sentence: str, context: dict[str, Json] | None = None, **inputs: Json) -> Binding:
    return bind(of, HighLevelTask(description=sentence, folder="/place", inputs=inputs), context or {})


@pytest.mark.parametrize(
    ("of", "sentence", "expected"),
    [
        (ONE, "audit ./a", {"path": "/place/a"}),
        (ONE, "「このリポジトリ」の「監査」", {"path": "/place"}),
        (ONE, "audit 'this repository'", {"path": "/place"}),
        (ONE, "audit this repository", {"path": "/place"}),
        (ONE, "このリポジトリの監査", {"path": "/place"}),
        (ONE, "audit /a/../b", {"path": "/b"}),
        (MANY, "quality of ./a and ./b, ./a again", {"paths": ["/place/a", "/place/b"]}),
        (MANY, "quality", {"paths": ["/place"], "days": 90, "max_commits": None}),
        (MANY, "quality over the last 30 days", {"days": 30}),
        (MANY, "quality over 2 weeks", {"days": 14}),
        (MANY, "quality of the last 48 hours", {"days": 2}),
        (MANY, "直近30日間の品質", {"days": 30}),
        (MANY, "at most 50 commits", {"max_commits": 50, "days": 90}),
        (MANY, "take 50 of 7 things", {"max_commits": None, "days": 90}),
        (
            WORDS,
            "find 'red shoes' at https://shop.example/x, high please",
            {"query": "red shoes", "level": "high", "site": "https://shop.example/x"},
        ),
        (
            ENDS,
            "watch https://shop.example/x, db.example:5432 and 10.0.0.1:22 at 10:30",
            {"ends": ["https://shop.example/x", "db.example:5432", "10.0.0.1:22"]},
        ),
        (WORDS, "find 'x' with a highway", {"query": "x", "level": None}),
    ],
)
def test_what_the_sentence_says_is_bound(of: Template, sentence: str, expected: dict[str, Json]) -> None:
    binding = bound(of, sentence)
    assert binding.asked == {}
    assert binding.values == binding.values | expected


@pytest.mark.parametrize(
    ("of", "sentence", "name", "says"),
    [
        (ONE, "audit it", "path", "Which folder?"),
        (ONE, "audit ./a and ./b", "path", "names `./a`, `./b`, and one is wanted"),
        (ONE, "audit https://host/x", "path", "`https://host/x` in the request is no file or folder here"),
        (ONE, "audit 'my project'", "path", "`my project` in the request is no file or folder here"),
        (ONE, "audit someone/project", "path", "`someone/project` in the request is no file or folder here"),
        (ENDS, "watch shop.example and https://shop.example/x", "ends", "item 2 must be an address"),
        (MANY, "quality of someone/project", "paths", "no file or folder here"),
        (MANY, "quality over 0 days", "days", "at least 1"),
        (MANY, "quality over 30 hours", "days", "no whole number of days"),
        (MANY, "quality over the last 3 months", "days", "no fixed number of days"),
        (WORDS, "find things", "query", "Which query?"),
        (WORDS, "find 'a' and 'b'", "query", "one is wanted"),
        (WORDS, "find 'a', low or high", "level", "one is wanted"),
    ],
)
def test_what_it_does_not_say_is_asked(of: Template, sentence: str, name: str, says: str) -> None:
    binding = bound(of, sentence)
    assert says in binding.asked[name]


def test_a_path_without_a_prefix_counts_if_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "src" / "app").mkdir(parents=True)
    (tmp_path / "my project").mkdir()
    quoted = HighLevelTask(description="audit 'my project'", folder=str(tmp_path))
    assert bind(ONE, quoted, {}).values == {"path": str(tmp_path / "my project")}
    task = HighLevelTask(description="audit src/app", folder=str(tmp_path))
    assert bind(ONE, task, {}).values == {"path": str(tmp_path / "src" / "app")}


def test_what_is_given_by_name_wins_over_sentence_context_and_default() -> None:
    binding = bound(MANY, "quality of ./a over 5 days", {"days": 7, "paths": ["/c"]}, days="9", paths="/g")
    assert binding.values["days"] == 9
    assert binding.values["paths"] == ["/g"]
    assert bound(MANY, "quality", {"days": 7, "unrelated": 1}).values["days"] == 7


def test_an_address_does_not_matter_where_the_path_is_given() -> None:
    assert bound(ONE, "audit https://host/x", path="/a").values == {"path": "/a"}


def test_what_is_given_wrongly_is_asked_and_what_is_unknown_is_a_fault() -> None:
    binding = bound(MANY, "quality", days="soon", dayz=3)
    assert binding.asked["days"] == '`days` must be a whole number, not `"soon"`. How many days?'
    assert binding.faults == ("`sample` has no input `dayz`; did you mean `days`?; it takes paths, days, max_commits",)


def test_a_null_is_as_good_as_nothing() -> None:
    assert bound(MANY, "quality", days=None).values["days"] == 90


def test_two_inputs_that_could_take_a_path_are_both_asked() -> None:
    two = template(inputs={"one": {"format": "path", "required": True}, "two": {"format": "path", "required": True}})
    binding = bound(two, "compare ./a")
    assert set(binding.asked) == {"one", "two"}
    assert "could be one or two" in binding.asked["one"]


def test_a_plan_file_does_not_read_its_sentence() -> None:
    task = HighLevelTask(description="apply ./plan.yaml", folder="/place", document=MANY)
    assert bind(MANY, task, {}).values["paths"] == ["/place"]
