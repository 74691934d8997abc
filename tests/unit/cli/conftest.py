"""A project and an AETHER_HOME of the test's own, commands run in this process, and a recorded orchestrator."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from aether_agents.cli import main
from aether_agents.cli.session.session import Session
from tests.unit.cli.fake import RecordedOrchestrator


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]
RecordedStack = Callable[[RecordedOrchestrator], RecordedOrchestrator]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in an empty project, with an AETHER_HOME of its own."""
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AETHER_HOME", str(tmp_path / "home"))
    for name in ("XDG_CONFIG_HOME", "AETHER_REDIS_URL", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)

    def command(*words: str) -> Ran:
        with pytest.raises(SystemExit) as leaving:
            main(words)
        told = capfd.readouterr()
        assert "Traceback" not in told.err
        return Ran(int(leaving.value.code or 0), told.out, told.err)

    return command


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> RecordedStack:
    """Puts a recorded orchestrator where every command of this test goes through."""

    def put(orchestrator: RecordedOrchestrator) -> RecordedOrchestrator:
        @contextmanager
        def opened(self: Session, *, keep: bool = False) -> Iterator[RecordedOrchestrator]:
            yield orchestrator

        monkeypatch.setattr(Session, "orchestrator", opened)
        monkeypatch.setattr(Session, "running_orchestrator", opened)
        monkeypatch.setattr(Session, "past", opened)
        return orchestrator

    return put
