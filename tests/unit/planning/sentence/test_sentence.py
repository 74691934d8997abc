"""What a sentence names outright."""

import pytest

from aether_agents.planning.sentence.sentence import read_sentence


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("Security audit of ./a and ./b.", ("./a", "./b")),
        ("audit /srv/app, ~/x and .", ("/srv/app", "~/x", ".")),
        ("code at ../.. now", ("../..",)),
        ("scan ~/work/api/", ("~/work/api/",)),
        ("./aと./bの監査", ("./a", "./b")),
        ("audit /", ("/",)),
        ("this and / or that", ()),
        ("CI/CD and v1.2 at 5%", ()),
        ("is it ./here?", ("./here",)),
        ("look at (./a)", ("./a",)),
    ],
)
def test_paths(text: str, paths: tuple[str, ...]) -> None:
    assert read_sentence(text).paths == paths


@pytest.mark.parametrize(
    ("text", "loose"),
    [
        ("lint src/app and setup.py", ("src/app", "setup.py")),
        ("CI/CD and/or TCP/IP", ()),
        ("lint src/, docs/x.", ("src/", "docs/x")),
        ("version 1.2 of it", ()),
    ],
)
def test_words_that_may_be_paths(text: str, loose: tuple[str, ...]) -> None:
    assert read_sentence(text).loose == loose


def test_addresses_are_no_paths() -> None:
    said = read_sentence("Check https://host/a/b.git, then git@github.com:a/b.git.")
    assert said.addresses == ("https://host/a/b.git", "git@github.com:a/b.git")
    assert said.paths == said.loose == ()


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("ask db:5432, 10.0.0.1:1 and [::1]:22.", ("db:5432", "10.0.0.1:1", "[::1]:22")),
        ("is api.shop.example up?", ("api.shop.example",)),
        ("at 10:30, version 1.2, e.g. https://host:80/x or a/b:12", ()),
    ],
)
def test_what_may_be_an_endpoint(text: str, hosts: tuple[str, ...]) -> None:
    assert read_sentence(text).hosts == hosts


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("audit 'my project' and \"x y\"", ("my project", "x y")),
        ("don't do Bob's and Ann's", ()),
        ("「監査」 と 『報告』", ("監査", "報告")),
        ("run `make all` “now”", ("make all", "now")),
    ],
)
def test_quoted_texts(text: str, quoted: tuple[str, ...]) -> None:
    assert read_sentence(text).quoted == quoted


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("the last 30 days", (("30", "days"),)),
        ("a 2-week window, 1.5 hours", (("2", "week"), ("1.5", "hours"))),
        ("直近30日間", (("30", "日間"),)),
        ("python3 v2x", ()),
    ],
)
def test_numbers_with_a_unit(text: str, numbers: tuple[tuple[str, str], ...]) -> None:
    assert read_sentence(text).numbers == numbers


@pytest.mark.parametrize(
    ("text", "here"),
    [
        ("Audit this repository", True),
        ("audit these two repositories", True),
        ("What is wrong here?", True),
        ("onboard this", True),
        ("このリポジトリの監査", True),
        ("there is this idea of mine", False),
        ("audit ./a", False),
    ],
)
def test_here(text: str, here: bool) -> None:
    assert read_sentence(text).here is here


def test_what_is_taken_is_not_left() -> None:
    assert read_sentence("audit ./a and 'b c' of https://x.y/z now").rest == "audit and of now"
