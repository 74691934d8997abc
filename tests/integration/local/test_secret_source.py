"""Secrets that a program prints, and the system's key store: real programs, bounded, and kept for a while."""

import os
import time
from pathlib import Path

import pytest

from aether_agents.errors import SecretMissing
from aether_agents.settings import secret_source
from aether_agents.settings.secret_source import value_at
from tests.conftest import eventually


def program(folder: Path, name: str, text: str) -> Path:
    """A program of a few lines, in a folder of its own."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return path


def read(place: str, folder: Path, **more: str) -> str:
    return value_at(place, "secret `x`: the worker", {"PATH": f"{folder}:{os.environ['PATH']}", **more})


def test_what_a_program_prints_is_the_secret_and_no_shell_reads_its_line(tmp_path: Path) -> None:
    shown = program(tmp_path, "vault", 'echo "$# $1|$2"')
    assert read(f"command:{shown} get 'a b; $(id)'", tmp_path) == "2 get|a b; $(id)"
    assert read("command: vault get x", tmp_path) == "2 get|x"


def test_it_runs_once_a_minute_for_all_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = tmp_path / "counts"
    program(tmp_path, "vault", f"echo >> {counts}; echo token")
    assert {read("command:vault once", tmp_path) for _ in range(5)} == {"token"}
    assert counts.read_text() == "\n"
    monkeypatch.setattr(secret_source, "KEPT", 0.0)
    assert read("command:vault once", tmp_path) == "token"
    assert counts.read_text() == "\n\n"


def test_the_key_that_seals_is_no_programs_business(tmp_path: Path) -> None:
    program(tmp_path, "vault", 'echo "key is ${AETHER_SEALING_KEY:-not there}"')
    assert read("command:vault key", tmp_path, AETHER_SEALING_KEY="k1:abcd") == "key is not there"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("echo so-secret; exit 3", "it ended with 3"),
        ("true", "it printed nothing"),
        ("printf '\\377\\376'", "what it prints is not text"),
        ("exec cat /dev/zero", "it printed more than"),
    ],
)
def test_what_a_program_does_wrong_is_said_without_what_it_printed(tmp_path: Path, text: str, said: str) -> None:
    program(tmp_path, "wrong", text)
    with pytest.raises(SecretMissing, match=said) as caught:
        read(f"command:wrong {said.rsplit(maxsplit=1)[-1]}", tmp_path)
    assert "so-secret" not in str(caught.value)


def test_one_that_hangs_is_ended_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret_source, "SECONDS", 0.3)
    child = tmp_path / "child"
    program(tmp_path, "hangs", f"sleep 60 & echo $! > {child}; wait")
    began = time.monotonic()
    with pytest.raises(SecretMissing, match=r"it took more than 0\.3 s"):
        read("command:hangs", tmp_path)
    assert time.monotonic() - began < 20
    pid = int(child.read_text())
    eventually(lambda: not _lives(pid), 10, "its child ends too")


def _lives(pid: int) -> bool:
    """Whether a process is there and has not ended; one that nobody has fetched yet is a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("keyring", "get shop/prod token"),
        ("secret-tool", "lookup service shop/prod username token"),
        ("security", "find-generic-password -w -s shop/prod -a token"),
    ],
)
def test_the_systems_key_store_is_read_by_the_program_that_is_there(tmp_path: Path, name: str, wanted: str) -> None:
    program(tmp_path, name, f'echo "{name} $*"')
    found = value_at("keyring:shop/prod/token", "secret `x`: the worker", {"PATH": str(tmp_path)})
    assert found == f"{name} {wanted}"
