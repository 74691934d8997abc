"""References: whatever the values, they are read as what they are and never as code."""

import json

from hypothesis import given
from hypothesis import strategies as st

from aether_agents.contracts import Json, Reference, escape, find, render, resolve, substitute


def lookup(reference: Reference) -> Json:
    raise AssertionError(f"{reference.text} is looked up")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet="${}ab.[]", max_size=12),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=4), children, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_an_escaped_value_means_itself(value: Json) -> None:
    assert find(escape(value)) == []
    assert resolve(escape(value), lookup) == value


@given(before=st.text(alphabet="${}a", max_size=6), value=json_values, after=st.text(alphabet="${}a", max_size=6))
def test_substituting_then_resolving_is_resolving_at_once(before: str, value: Json, after: str) -> None:
    escaped_before = str(escape(before))
    if before.endswith("$"):
        dollars = len(before) - len(before.rstrip("$"))
        escaped_before += "$" * dollars  # dollars before a reference are written twice
    expression = f"{escaped_before}${{inputs.v}}${{item}}{escape(after)}"
    at_once = resolve(expression, lambda ref: value if ref.root == "inputs" else "I")
    bound = substitute(expression, lambda ref: escape(value) if ref.root == "inputs" else ref.text)
    assert resolve(bound, lambda _: "I") == at_once
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    assert at_once == f"{before}{text}I{after}"


@given(
    st.sampled_from(["item", "inputs", "context"]),
    st.lists(st.integers(0, 9) | st.text(alphabet="ab-_/# é", min_size=1, max_size=5), min_size=1, max_size=4),
)
def test_what_is_rendered_reads_back(root: str, path: list[str | int]) -> None:
    path = ["first", *path]
    [reference] = find(render(root, path))
    assert (reference.root, list(reference.path)) == (root, path)


def test_a_value_of_a_million_dollars_is_only_text() -> None:
    """Tried from each of its dollars anew, it would hold a worker up for hours."""
    dollars = "$" * 1_000_000
    assert escape([dollars]) == [dollars]
    assert resolve(dollars, lookup) == dollars
    assert resolve(escape(dollars + "{x}"), lookup) == dollars + "{x}"
    assert substitute(f"${{item.path}}{dollars}", lambda _: f"{dollars}") == 2 * dollars
