"""Matching: accept what is certain, ask about what is not, refuse what nothing does."""

import pytest

from aether_agents.planning.routing import text_index
from aether_agents.planning.routing.matcher import Match, Matcher
from aether_agents.planning.sentence.terms import Reader
from tests.unit.planning.toolshed import template

ROTATE = template(
    "rotate_credentials",
    description="Rotate the credentials of a service",
    specialist="security",
    examples=["replace all passwords of the payments service", "パスワードをローテーションして"],
)
BACKUP = template("backup_database", description="Back up a PostgreSQL database", specialist="data")
RESTORE = template("restore_database", description="Restore a PostgreSQL database from a backup", specialist="data")
DRIFT = template("find_drift", description="Compare infrastructure with its Terraform code", specialist="infra")
ALL = Matcher([ROTATE, BACKUP, RESTORE, DRIFT])


def name(match: Match) -> str | None:
    return match.accepted.name if match.accepted else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rotate the credentials of this service", "rotate_credentials"),
        ("please rotate all passwords", "rotate_credentials"),
        ("back up the postgresql database", "backup_database"),
        ("restore the database from a backup", "restore_database"),
        ("restor the databse from the backup", "restore_database"),
        ("compare the infrastructure with terraform", "find_drift"),
        ("パスワードをローテーション", "rotate_credentials"),
        ("「パスワード」を「ローテーション」", "rotate_credentials"),
    ],
)
def test_a_template_may_do_what_its_own_words_say(text: str, expected: str) -> None:
    assert name(ALL.match(text)) == expected


@pytest.mark.parametrize(
    ("text", "verdict", "reason"),
    [
        ("delete the credentials of this service", "ask", "does not do this: delete"),
        ("rotate the credentials and then delete the service", "ask", "does not do this: delete"),
        ("what is a database backup?", "ask", "an explanation"),
        ("should I rotate the credentials of this service?", "ask", "an explanation"),
        ("do not rotate the credentials of this service", "ask", "what not to do"),
        ("please never back up the postgresql database", "ask", "what not to do"),
        ("back up the postgresql database, but don’t restore the database", "ask", "what not to do"),
        ("パスワードをローテーションしないでください", "ask", "what not to do"),
        ("the postgresql database", "ask", "changes something that it does not ask for"),
        ("how do I rotate credentials?", "ask", "an explanation"),
        ("rotate the credentials of our kubernetes operators", "ask", "says nothing of kubernetes, operators"),
        ("water the plants", "refuse", "no template is about that"),
        ("hello there", "refuse", "names nothing"),
        ("", "refuse", "names nothing"),
        ("!!! ???", "refuse", "names nothing"),
    ],
)
def test_what_is_not_certain_says_why(text: str, verdict: str, reason: str) -> None:
    match = ALL.match(text)
    assert match.verdict == verdict
    assert reason in match.reason
    assert match.accepted is None


def test_candidates_come_best_first_and_five_at_most() -> None:
    many = Matcher([template(f"scan_{word}", description=f"Scan the {word} of a server") for word in "abcdefgh"])
    match = many.match("scan the server")
    assert match.verdict == "ask"
    assert len(match.ranked) == 5
    near = [one.near for one in match.ranked]
    assert near == sorted(near, reverse=True)


def test_a_specialist_is_preferred_where_two_are_alike() -> None:
    dev = template("check_one", description="Check dependencies", specialist="dev")
    security = template("check_two", description="Check dependencies", specialist="security")
    both = Matcher([dev, security])
    assert both.match("check dependencies").verdict == "ask"
    assert both.match("check dependencies", "security").ranked[0].template.name == "check_two"


def test_what_the_sentence_names_outright_is_not_held_against_it() -> None:
    match = ALL.match("rotate the credentials of ./services/payments, 'the old ones' and https://vault.example/x")
    assert name(match) == "rotate_credentials"


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often an index was built."""
    made: list[int] = []
    build = text_index.Index

    def counted(templates: list[object]) -> object:
        made.append(len(templates))
        return build(templates)

    monkeypatch.setattr(text_index, "Index", counted)
    return made


def test_the_index_is_built_once_per_set_of_texts(builds: list[int]) -> None:
    def fresh(example: str) -> list[object]:
        return [template("only_here", description="Something of its own", examples=[example])]

    for _ in range(3):
        Matcher(fresh("one way to say it")).match("something of its own")
    assert builds == [1]
    Matcher(fresh("another way to say it")).match("something of its own")
    assert builds == [1, 1]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Please DELETE the repos", ["delet", "repo"]),
        ("set up a CI/CD pipeline", ["setup", "cicd", "pipelin"]),
        ("hard-coded API keys", ["hardcod", "apikey"]),
        ("セキュリティ監査をお願いします", ["セキュリティ", "監査"]),
        ("APIキーの漏洩を調べて", ["apikey", "漏洩", "調"]),
        ("認証情報漏洩", ["認証情報", "漏洩"]),
        ("ＡＰＩキーとﾘﾎﾟｼﾞﾄﾘ", ["apikey", "リポジトリ"]),
        ("créer un dépôt", ["créer", "un", "dépôt"]),
        ("write a report on quality", ["qualiti"]),
    ],
)
def test_texts_are_read_as_terms(text: str, tokens: list[str]) -> None:
    assert [term.token for term in Reader().terms(text)] == tokens


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("delete the files", ["delete"]),
        ("find deleted files", []),
        ("scan it, then commit the secrets", ["commit"]),
        ("which commits change the most files?", []),
        ("by deleting everything", ["deleting"]),
        ("the release of the code", []),
        ("make this project secure", ["make"]),
        ("generate a report on secrets", []),
        ("generate keys", ["generate"]),
        ("すべて削除して", ["削除"]),
        ("レポートを作成して", []),
        ("アカウントを作成して", ["作成"]),
    ],
)
def test_verbs_that_change_something_are_told_from_kinds_of_things(text: str, changes: list[str]) -> None:
    assert [term.word for term in Reader().terms(text) if term.changes] == changes


def test_an_example_word_for_word_is_certain_however_near_another_is() -> None:
    one = template("scan_one", description="Look for secrets", examples=["Look for secrets in this project!"])
    other = template("scan_many", description="Look for secrets", examples=["look for secrets in these projects"])
    both = Matcher([one, other])
    assert name(both.match("look for secrets in these projects.")) == "scan_many"
    assert name(both.match("look for secrets in this project")) == "scan_one"
    assert both.match("look for secrets in my project").verdict == "ask"
    twice = Matcher([one, template("scan_again", description="Look for secrets", examples=one.examples)])
    assert twice.match("look for secrets in this project").verdict == "ask"


@pytest.mark.parametrize("text", ["credentials", "Credentials.", "the credentials, please", "パスワード"])
def test_a_word_alone_names_a_thing_and_nothing_to_do_about_it(text: str) -> None:
    looks = template("find_credentials", description="Find leaked credentials in a folder", specialist="security")
    match = Matcher([looks]).match(text)
    assert (match.verdict, match.reason) == ("ask", "it says too little")
    assert name(Matcher([looks]).match("find leaked credentials")) == "find_credentials"
