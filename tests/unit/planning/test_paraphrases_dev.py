"""Ways people put the further tasks of dev, and requests that only sound like them. Read against all templates."""

import pytest

from aether_agents.planning.matching import Matcher
from aether_agents.settings import Settings
from aether_agents.specialists import load_specialists

TEMPLATES = [template for specialist in load_specialists(Settings()) for template in specialist.templates]

PARAPHRASES: dict[str, tuple[str, ...]] = {
    "update_text": (
        "Update this text across these repositories",
        "Replace the old address by the new one in these repositories",
        "Change this wording in every repo",
        "find and replace a string across several repositories",
        "replace a word everywhere in these repos",
        "Replace the old text by a new one in every repository",
        "Replace this text across ./api and ./web",
        "find and replace text in several repositories",
        "これらのリポジトリのテキストを置換してください",
        "全リポジトリの文字列を一括で更新して",
        "replace foo with bar in ./a and ./b",
        "rename OldName to NewName across these repositories",
        'change the text "old words" to "new words" in these repos',
        "これらのリポジトリの「foo」を「bar」に置換して",
    ),
}

NEAR_MISSES: dict[str, tuple[str, ...]] = {
    "update_text": (
        "Update the dependencies of these repositories",
        "Send a text message to the team",
        "Update this machine",
        "Translate this text into Japanese",
        "Replace the failed disk",
        "Change the password of the database",
        "Push these repositories to a new remote",
        "Update the calendar",
        "rename the server",
        'replace "tea" with "coffee" in my order',
        'replace "John" by "Bob" in the contact list',
        "replace the manager with Bob in this project",
        "replace nginx with apache on this server",
        "rename utils.py to helpers.py in these repositories",
        "rename master to main in these repositories",
        "update python to rust in these repositories",
        "how do I replace foo with bar in ./a?",
        'delete "foo" and replace it with "bar" on the server',
        'swap "foo" for "bar" in ./a and ./b',
        "プロジェクトの担当を田中から鈴木に変更して",
        "このマシンを更新して",
    ),
}


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(TEMPLATES)


@pytest.mark.parametrize("name", PARAPHRASES)
def test_every_paraphrase_finds_its_template(matcher: Matcher, name: str) -> None:
    found = {text: matcher.match(text) for text in PARAPHRASES[name]}
    assert {text: (match.verdict, match.reason) for text, match in found.items() if match.verdict != "accept"} == {}
    assert {match.accepted.name for match in found.values() if match.accepted} == {name}


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_every_near_miss_is_asked_about_or_refused(matcher: Matcher, name: str) -> None:
    found = {text: matcher.match(text).accepted for text in NEAR_MISSES[name]}
    assert {text: template.name for text, template in found.items() if template} == {}


def test_each_template_has_ten_of_both_and_two_in_japanese() -> None:
    for texts in PARAPHRASES.values():
        assert len(texts) >= 10
        assert sum(not text.isascii() for text in texts) >= 2
    assert all(len(texts) >= 10 for texts in NEAR_MISSES.values())
