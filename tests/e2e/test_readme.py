"""What README and the manual show is executed, in order, by somebody who has a repository and nothing else."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.reader import ROOT, Reader

PAGES = (
    "README.md",
    "docs/start.md",
    "docs/concepts/specialists.md",
    *(f"docs/how-to/{name}.md" for name in ("template", "server", "specialist", "batch", "schedule", "editors")),
)
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(tmp_path)
    # What is installed is for this reader alone: the other tests share the interpreter.
    reader.environ |= {"PIP_TARGET": str(tmp_path / "installed"), "PYTHONPATH": str(tmp_path / "installed")}
    try:
        yield reader
    finally:
        reader.run("aether-agent down")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", PAGES)
def test_what_is_shown_works_as_written(reader: Reader, page: str) -> None:
    assert len(reader.follow(ROOT / page)) > 0


def test_the_lines_for_a_change_and_for_a_failure_work_as_typed(reader: Reader) -> None:
    dry, shown, undo, retry = lines_that_start('aether-agent execute "…" --dry-run')
    for who in ("user.name Reader", "user.email reader@example.org"):
        typed(reader, f"git config --global {who}")
    typed(reader, "aether-agent up")  # so that not every line starts a stack
    sentence = "replace hello with goodbye in this repository"
    assert "nothing was changed" in typed(reader, dry.replace("…", sentence))
    assert "aether/" not in typed(reader, "git branch")
    typed(reader, f'aether-agent execute "{sentence}" --yes')
    assert "aether/" in typed(reader, "git branch")
    changed = latest(reader)
    assert "undo branch, edit and commit" in typed(reader, shown.replace("ID", changed))
    agreed(reader, undo.replace("ID", changed))
    assert "aether/" not in typed(reader, "git branch")

    (reader.project / "shop.db").write_text("no database\n")
    assert reader.run('aether-agent execute "what is in ./shop.db?"').returncode == 1
    failed = latest(reader)
    with closing(sqlite3.connect(reader.project / "new.db")) as made:
        made.execute("create table orders (id integer primary key)")
    (reader.project / "new.db").replace(reader.project / "shop.db")
    agreed(reader, retry.replace("ID", failed))
    assert json.loads(reader.run("aether-agent status @last --json").stdout)["status"] == "completed"


@pytest.mark.parametrize("command", ["aether-agent", "aether-agent doctor", "aether-agent templates list"])
def test_what_readme_names_in_a_sentence_works(reader: Reader, command: str) -> None:
    assert f"`{command}`" in README
    typed(reader, command)


def lines_that_start(first: str) -> list[str]:
    """The lines of the block in README that begins so, without what is said beside them."""
    block = README[README.index(first) :].partition("\n```")[0]
    return [line.partition("  #")[0].strip() for line in block.splitlines()]


def typed(reader: Reader, command: str) -> str:
    """What a command says that must leave with 0."""
    done = reader.run(command)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def latest(reader: Reader) -> str:
    """The id of the task that was asked for last."""
    return str(json.loads(reader.run("aether-agent status @last --json").stdout)["task_id"])


def agreed(reader: Reader, command: str) -> None:
    """Type a command, say yes to what it shows if it asks, and follow it to its end."""
    done = reader.run(command)
    if done.returncode == 4:
        task = re.findall(r"aether-agent approve (\w+)", done.stderr)[-1]
        typed(reader, f"aether-agent approve {task}")
        done = reader.run(f"aether-agent watch {task}")
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def test_every_page_with_commands_is_followed() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = {str(page.relative_to(ROOT)) for page in pages if "```console" in page.read_text(encoding="utf-8")}
    assert shown - {"docs/index.md"} == set(PAGES)  # the one command there is README's first
