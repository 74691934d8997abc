"""Ways people ask for a commit of their changes, and what only sounds like it, among all templates that ship."""

import pytest

from aether_agents.planning.routing.matcher import Matcher
from aether_agents.settings.model import Settings
from aether_agents.specialists import load_specialists

TEMPLATES = [template for specialist in load_specialists(Settings()) for template in specialist.templates]

PARAPHRASES = (
    "Commit my changes in ./a and ./b on a new branch",
    "commit my uncommitted changes in these repositories",
    "Please commit what I changed in every repo, each on a new branch",
    'commit the changes in this repository with the message "Fix the typos"',
    "create a new branch in each of these repos and commit my work",
    "make a branch and commit my changes in ./api and ./web",
    "commit my uncommitted changes, on a new branch each",
    "commit all my modified and untracked files in these repositories",
    "show me the diff of my changes, then commit them on a branch",
    "commit everything I changed here on a new branch",
    "I want to commit my work in these repositories",
    "これらのリポジトリの変更を新しいブランチにコミットして",
    "未コミットの変更をコミットしてください",
    "./a と ./b の変更を新しいブランチにコミットして",
    "新しいブランチを作成して変更をコミットして",
)

NEAR_MISSES = (
    "push my changes in these repositories",
    "commit and push my changes",
    "revert my last commit",
    "discard my uncommitted changes",
    "amend the last commit with my changes",
    "merge my branch into main",
    "delete the branch with my changes",
    "rebase my branch in these repositories",
    "squash my commits on a new branch",
    "how do I commit my changes?",
    "what is a commit?",
    "who made the commits in these repositories?",
    "show me the commits of these repositories",
    "stash my changes in ./a",
    "commit the database changes",
    "commit to a new project",
    "schedule a commit of my changes every night",
    "create a new branch office",
    "don't commit my changes in ./a",
    "変更を破棄して",
    "コミットをリモートにプッシュして",
    "ブランチを削除して",
    "コミットの方法を説明して",
)


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(TEMPLATES)


def test_every_paraphrase_finds_the_commit(matcher: Matcher) -> None:
    found = {text: matcher.match(text) for text in PARAPHRASES}
    assert {text: (match.verdict, match.reason) for text, match in found.items() if match.verdict != "accept"} == {}
    assert {match.accepted.name for match in found.values() if match.accepted} == {"commit_changes"}


def test_every_near_miss_is_asked_about_or_refused(matcher: Matcher) -> None:
    found = {text: matcher.match(text).accepted for text in NEAR_MISSES}
    assert {text: template.name for text, template in found.items() if template} == {}


def test_there_are_ten_of_both_and_two_in_japanese() -> None:
    assert len(PARAPHRASES) >= 10
    assert sum(not text.isascii() for text in PARAPHRASES) >= 2
    assert len(NEAR_MISSES) >= 10
