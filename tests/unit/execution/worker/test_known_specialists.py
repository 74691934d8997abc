"""KnownSpecialists: a worker has the specialists as their files are now, and says when it has not."""

from pathlib import Path

import pytest

from aether_agents.contracts import Specialist
from aether_agents.execution.worker import known_specialists
from aether_agents.execution.worker.known_specialists import CurrentTemplates, KnownSpecialists
from aether_agents.settings.model import Settings
from aether_agents.specialists import read_specialist

TEMPLATE = "name: look\ndescription: {text}\nexamples: [look at it]\nsubtasks:\n  - {{id: a, tool: net/look}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(known_specialists, "LOOK_EVERY", 0.0)
    (tmp_path / "specialist.yaml").write_text("name: net\ndescription: Names\n")
    (tmp_path / "tools.yaml").write_text("tools: {net/look: {risk: read}}\n")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "look.yaml").write_text(TEMPLATE.format(text="Old"))
    return tmp_path


def test_nothing_is_read_again_while_nothing_changes(folder: Path) -> None:
    known = KnownSpecialists([read_specialist(folder), Specialist(name="bare", description="No folder")])
    assert known() is known()


def test_an_edited_template_is_planned_with_the_next_time(folder: Path) -> None:
    known = KnownSpecialists([read_specialist(folder)])
    templates = CurrentTemplates(Settings(home=folder, project=folder), known)
    before, _ = templates.planner()
    assert templates.planner()[0] is before
    (folder / "templates" / "look.yaml").write_text(TEMPLATE.format(text="New text"))
    after, faults = templates.planner()
    assert (after is before, list(faults)) == (False, [])
    assert known()[0].templates[0].description == "New text"


@pytest.mark.parametrize("change", ["added", "removed", "table", "declaration"])
def test_every_file_of_a_specialist_counts(folder: Path, change: str) -> None:
    known = KnownSpecialists([read_specialist(folder)])
    before = known()
    if change == "added":
        other = TEMPLATE.format(text="Second").replace("name: look", "name: second")
        (folder / "templates" / "second.yaml").write_text(other)
    elif change == "removed":
        (folder / "templates" / "look.yaml").unlink()
    elif change == "table":
        (folder / "tools.yaml").write_text("tools: {net/look: {risk: destructive}}\n")
    else:
        (folder / "specialist.yaml").write_text("name: net\ndescription: Other\n")
    assert known() != before
    assert known()[0] == read_specialist(folder)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("templates/look.yaml", "name: look\nsubtasks: 3\n", "look.yaml"),
        ("tools.yaml", "tools: [", "tools.yaml"),
        ("specialist.yaml", "name: other\ndescription: Names\n", "is called `other` now"),
    ],
)
def test_what_is_wrong_changes_nothing_and_is_said_until_it_is_right(
    folder: Path, file: str, text: str, said: str
) -> None:
    known = KnownSpecialists([read_specialist(folder)])
    templates = CurrentTemplates(Settings(home=folder, project=folder), known)
    before, right = known(), (folder / file).read_text()
    (folder / file).write_text(text)
    assert known() is before
    assert said in known.faults["net"]
    assert "the specialist net were changed and are wrong" in templates.planner()[1][0]
    (folder / file).write_text(right)
    assert (known(), dict(known.faults)) == (before, {})
