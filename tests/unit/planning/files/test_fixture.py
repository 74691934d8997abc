"""What templates are tried on: planted, judged, and compared with what undoing left."""

from pathlib import Path

import pytest

from aether_agents.contracts import Specialist, Template
from aether_agents.errors import InvalidSettings
from aether_agents.planning.files.fixture import judge, plant, read_fixture, state, texts
from aether_agents.settings.model import Settings
from aether_agents.specialists import load_specialists

TEMPLATE = Template.model_validate(
    {"name": "look", "description": "d", "inputs": {"paths": {"type": "array", "items": {"format": "path"}}}}
)
SHIPPED = [(one, template) for one in load_specialists(Settings()) for template in one.templates]


def written(place: Path, text: str) -> Path:
    (place / "look").mkdir()
    (place / "look" / "fixture.yaml").write_text(
        f"description: d\nexpect: [{{path: status, value: completed}}]\n{text}"
    )
    return place


def test_planting_makes_what_the_fixture_says(tmp_path: Path) -> None:
    place = written(tmp_path, "files: {a/b.txt: [one, ' two'], c: x}\nmodes: {c: '600'}\nrepositories: [a]\n")
    (place / "look" / "files").mkdir()
    (place / "look" / "files" / "data.csv").write_text("1,2\n")
    fixture = read_fixture(place, TEMPLATE)
    folder = tmp_path / "fresh"
    folder.mkdir()
    plant(fixture, place / "look", folder)
    assert texts(folder) == {"a/b.txt": "one two", "c": "x", "data.csv": "1,2\n"}
    assert (folder / "c").stat().st_mode & 0o777 == 0o600
    assert (folder / "a" / ".git" / "HEAD").read_text() == "ref: refs/heads/main\n"
    before = state(folder)
    assert "a/.git/refs/heads/main" in before
    (folder / "a" / ".git" / "refs" / "heads" / "other").write_text("x")
    assert state(folder).keys() - before.keys() == {"a/.git/refs/heads/other"}


def test_what_was_seen_is_held_against_what_is_expected(tmp_path: Path) -> None:
    fixture = read_fixture(written(tmp_path, ""), TEMPLATE)
    assert [judged.met for judged in judge(fixture, {"status": "completed"})] == [True]
    assert [judged.met for judged in judge(fixture, {"status": "failed"})] == [False]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("files: {../x: y}", "inside the fresh folder"),
        ("inputs: {paths: [/etc]}", "inside the fresh folder"),
        ("inputs: {path: x}", "no such input"),
        ("colour: red", "colour"),
    ],
)
def test_a_fixture_that_is_wrong_says_where(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(InvalidSettings, match=rf"fixture\.yaml:\d(.|\n)*{why}"):
        read_fixture(written(tmp_path, text), TEMPLATE)


@pytest.mark.parametrize(("specialist", "template"), SHIPPED, ids=lambda one: one.name)
def test_a_template_ships_with_its_fixture(specialist: Specialist, template: Template) -> None:
    fixture = read_fixture(Path(specialist.folder) / "templates", template)
    assert fixture.description
    writes = any(subtask.compensate for subtask in template.subtasks)
    undone = fixture.undo or fixture.status == "failed"  # of what needs a system that is nowhere, the failing is tried
    assert undone or not writes, "what can be undone is undone on its fixture"
