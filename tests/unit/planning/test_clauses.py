"""Clauses: a sentence taken apart, and its parts kept."""

import pytest

from aether_agents.planning.sentence.clauses import read_request, side_by_side


def told(text: str) -> list[tuple[str, str, list[str]]]:
    """How each clause follows, its words, and the kinds of its parts."""
    return [
        (one.relation, " ".join(one.text.split()).strip(" ,、。").rstrip("."), [part.kind for part in one.parts])
        for one in read_request(text).clauses
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Audit ./a and ./b", [("and", "Audit ./a and ./b", [])]),
        ("Back up ./x.db and load ./d", [("and", "Back up ./x.db", []), ("and", "and load ./d", [])]),
        ("Audit ./a, then back up ./b", [("and", "Audit ./a", []), ("then", "back up ./b", ["order"])]),
        ("Before you load ./d, back up ./b", [("and", "back up ./b", []), ("then", "Before you load ./d", [])]),
        ("After an audit of ./a, load ./d", [("and", "After an audit of ./a", []), ("then", "load ./d", [])]),
        ("Audit ./a and, if it passes, load ./d", [("and", "Audit ./a", []), ("then", "load ./d", ["passed"])][:1]),
        ("./a を監査して、./b を評価して", [("and", "./a を監査して", []), ("and", "./b を評価して", [])]),
        ("./a を監査してから ./b を評価して", [("and", "./a を監査してから", []), ("then", "./b を評価して", [])]),
        ("./a を監査する前に ./b を評価して", [("and", "./b を評価して", []), ("then", "./a を監査する前に", [])]),
        ("pdocを使ってドキュメントを作成してください", [("and", "pdocを使ってドキュメントを作成してください", [])]),
        ("which files are complex and change often?", [("and", "which files are complex and change often?", [])]),
    ],
)
def test_a_sentence_becomes_clauses_in_the_order_they_are_done(
    text: str, expected: list[tuple[str, str, list[str]]]
) -> None:
    assert told(text)[: len(expected)] == expected


@pytest.mark.parametrize(
    ("text", "kind", "part"),
    [
        ("audit ./a only if it is big", "condition", "only if it is big"),
        ("audit ./a unless bob objects", "condition", "unless bob objects"),
        ("./a が大きい場合だけ監査して", "condition", "./a が大きい場合だけ"),
        ("audit ./a but not ./a/b", "exception", "but not ./a/b"),
        ("./a を監査して、ただし ./b は除いて", "exception", "ただし ./b は除いて"),
        ("audit ./a every night", "schedule", "every night"),
        ("毎晩 ./a を監査して", "schedule", "毎晩"),
        ("watch it for the next hour", "span", "for the next hour"),
        ("audit ./a compared to last week", "comparison", "compared to last week"),
        ("先週と比べて ./a を監査して", "comparison", "先週と比べて"),
        ("audit ./a and mail me the report", "destination", "and mail me the report"),
        ("./a を監査して、結果をメールで送って", "destination", "結果をメールで送って"),
        ("audit every repository under ./r", "each", "every repository under ./r"),
        ("audit ./a. if it fails, load ./b", "failed", "if it fails"),
    ],
)
def test_no_part_is_lost(text: str, kind: str, part: str) -> None:
    found = [(one.kind, one.text) for clause in read_request(text).clauses for one in clause.parts]
    assert (kind, part) in found


@pytest.mark.parametrize(
    "text",
    [
        "check if https://x.example is up",
        "when does the certificate expire?",
        "warn when a disk is above 75 %",
        "see whether it answers",
        "ディスクが75%を超えたら警告して",
    ],
)
def test_what_is_looked_at_is_no_condition(text: str) -> None:
    assert [part for clause in read_request(text).clauses for part in clause.parts] == []


@pytest.mark.parametrize("text", ["don't audit ./a", "never load ./b", "./a を監査しないで", "you must not load ./b"])
def test_what_is_forbidden_is_known(text: str) -> None:
    assert any(clause.forbids for clause in read_request(text).clauses)


@pytest.mark.parametrize("text", ["who committed?", "what is an audit?", "how do I load it?", "誰がコミットしましたか"])
def test_a_question_is_known(text: str) -> None:
    assert read_request(text).explains


def test_pieces_of_a_clause_are_the_clause_again() -> None:
    (clause,) = read_request("security audit of ./a and ./b and code quality of ./c").clauses
    pieces = side_by_side(clause)
    assert [piece.text.strip() for piece in pieces] == ["security audit of ./a and ./b", "and code quality of ./c"]
    assert "".join(piece.text for piece in pieces) == clause.text
