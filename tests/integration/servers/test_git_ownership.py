"""A folder of somebody else: git's own refusal, with a fix that needs no root, and what the person already trusts."""

import subprocess
from pathlib import Path

import pytest

from workers.inspection import caller as caller_module
from workers.inspection import git as git_module
from workers.inspection.caller import Caller
from workers.inspection.git import Git
from workers.inspection.git_view import ENVIRONMENT


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that git takes for another user's."""
    folder = tmp_path / "theirs"
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    monkeypatch.setitem(ENVIRONMENT, "GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setattr(git_module, "own_configuration", lambda: tmp_path / "mine")
    return folder


def test_it_is_refused_with_a_fix_that_anybody_can_do(foreign: Path) -> None:
    place = Git(foreign).place()
    assert place.broken
    assert f"`git config --global --add safe.directory {foreign}`" in place.why_not
    assert "--system" not in place.why_not


@pytest.mark.parametrize("trusted", ["{folder}", "*"])
def test_what_the_person_trusts_is_looked_at(foreign: Path, tmp_path: Path, trusted: str) -> None:
    named = trusted.format(folder=foreign)
    subprocess.run(["git", "config", "--file", str(tmp_path / "mine"), "safe.directory", named], check=True)
    assert Git(foreign).place().top == foreign


def test_trust_in_another_folder_is_none_in_this(foreign: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "config", "--file", str(tmp_path / "mine"), "safe.directory", "/elsewhere"], check=True)
    assert Git(foreign).place().broken


@pytest.mark.parametrize(
    ("trusts", "read"), [(("{folder}",), True), (("/elsewhere", "*"), True), (("/elsewhere",), False)]
)
def test_whom_the_caller_trusts_is_looked_at_though_the_worker_does_not(
    foreign: Path, trusts: tuple[str, ...], read: bool
) -> None:
    given = caller_module._given.set(Caller(trusts=tuple(one.format(folder=foreign) for one in trusts)))
    try:
        assert (Git(foreign).place().top == foreign) is read
    finally:
        caller_module._given.reset(given)
