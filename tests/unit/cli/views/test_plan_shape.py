"""Plans on paper: series stand in a column, parallel parts branch."""

from collections.abc import Mapping, Sequence

from aether_agents.cli.terminal.glyphs import UNICODE
from aether_agents.cli.views.plan_shape import LARGEST, Place, lay
from aether_agents.cli.views.task_tree import TaskTree


def drawn(needs: Mapping[str, Sequence[str]]) -> list[str]:
    tree = TaskTree(UNICODE)
    return [tree.guides(place) + place.id for place in lay(needs)]


def test_a_chain_is_a_column() -> None:
    assert drawn({"a": (), "b": ("a",), "c": ("b",)}) == ["a", "b", "c"]


def test_a_chord_is_branches_and_a_join() -> None:
    plan = {"history": (), "secrets": (), "report": ("history", "secrets")}
    assert drawn(plan) == ["├─ history", "╰─ secrets", "report"]


def test_a_chain_on_a_branch_goes_on_under_it() -> None:
    plan = {"a": (), "b": ("a",), "c": ("a",), "d": ("b",), "e": ("c", "d")}
    assert drawn(plan) == ["a", "├─ b", "│  d", "╰─ c", "e"]


def test_a_branch_that_begins_by_branching_has_one_line_for_both() -> None:
    plan = {"a": (), "b": (), "c": ("a", "b"), "z": (), "r": ("c", "z")}
    assert drawn(plan) == ["├──┬─ a", "│  ╰─ b", "│  c", "╰─ z", "r"]


def test_an_n_is_listed_and_says_what_comes_first() -> None:
    places = lay({"a": (), "b": (), "c": ("a",), "d": ("a", "b")})
    assert places == [Place(name, loose=True) for name in "abcd"]


def test_more_than_a_screen_holds_is_listed() -> None:
    places = lay({f"s{number}": () for number in range(LARGEST + 1)})
    assert all(place.loose for place in places)
    assert len(places) == LARGEST + 1


def test_needs_that_are_not_there_are_no_trouble() -> None:
    assert drawn({"a": ("gone",)}) == ["a"]


def test_nothing_is_nothing() -> None:
    assert lay({}) == []
