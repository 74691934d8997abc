"""Two texts of a sentence, the second to stand in the place of the first."""

import pytest

from aether_agents.contracts import HighLevelTask
from aether_agents.planning.inputs.binding import bind
from aether_agents.planning.sentence.text_replacement import read_exchange
from workers.dev import SPECIALIST as DEV

UPDATE = next(template for template in DEV.templates if template.name == "update_text")


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("replace foo with bar in ./a and ./b", "foo", "bar"),
        ('replace "foo" with "bar"', "foo", "bar"),
        ("replace 'old words' by 'new words' in ./a", "old words", "new words"),
        ("replace `it's` by “its”", "it's", "its"),
        ("Replace every occurrence of ‘a b’ with ‘c’", "a b", "c"),
        ("replace the old name foo with the new name bar in ./a", "foo", "bar"),
        ("find \"foo\" and replace it with 'bar' in these repos", "foo", "bar"),
        ("rename X to Y across these repos", "X", "Y"),
        ("change old@example.org to new@example.org in these repositories", "old@example.org", "new@example.org"),
        ("update http-1.example.com to http-2.example.com in ./a.", "http-1.example.com", "http-2.example.com"),
        ('update these repositories: "foo" -> "bar"', "foo", "bar"),
        ("「foo」を「bar」に置換して", "foo", "bar"),
        ("『古い 名前』から「新しい名前」へ書き換えて", "古い 名前", "新しい名前"),
        ("このリポジトリで foo を bar に置き換えて", "foo", "bar"),
        ('replace "with" with "by"', "with", "by"),
    ],
)
def test_it_is_found(text: str, old: str, new: str) -> None:
    rest, found = read_exchange(text)
    assert found == (old, new)
    assert "replace this text" in rest


@pytest.mark.parametrize(
    "text",
    [
        "replace foo with bar",
        "replace the old address by the new one in these repositories",
        "Replace this text across ./api and ./web",
        "replace it with that in ./a",
        "replace foo with foo in ./a",
        "change wording to English in every repo",
        "rename utils.py to helpers.py in ./a",
        "rename master to main in these repos",
        'change the password to "x"',
        "replace ./a with ./b in these repos",
        "担当を田中から鈴木に変更して",
        'replace "a" with "b" with "c" in ./x',
        'replace "a" with "b", "c" with "d" in ./x',
        'change "a" to "b" to "c" in ./x',
        "replace foo with bar with baz in ./x",
    ],
)
def test_what_is_not_sure_is_left_as_it_is(text: str) -> None:
    assert read_exchange(text) == (text, None)


def test_it_fills_the_two_inputs_and_nothing_is_left_over() -> None:
    said = "replace old.example.com with new.example.com in /place/a and /place/b"
    bound = bind(UPDATE, HighLevelTask(description=said, folder="/place"), {})
    assert (bound.values["find"], bound.values["replace"]) == ("old.example.com", "new.example.com")
    assert bound.values["paths"] == ["/place/a", "/place/b"]
    assert (bound.asked, bound.unused) == ({}, ())


def test_what_is_given_by_name_goes_before_the_sentence_which_is_then_named_as_not_used() -> None:
    task = HighLevelTask(description='replace "foo" with "bar"', inputs={"find": "x"}, folder="/place")
    bound = bind(UPDATE, task, {})
    assert (bound.values["find"], bound.values["replace"]) == ("x", "bar")
    assert bound.unused == ("foo",)
