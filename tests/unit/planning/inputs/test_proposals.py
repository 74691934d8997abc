"""What of a folder is proposed for an input that is missing."""

from pathlib import Path

import pytest

from aether_agents.contracts import InputSpec, Json
from aether_agents.planning.inputs.proposals import proposals, with_proposals

DATABASE: dict[str, Json] = {"format": "path", "required": True, "prompt": "Which database file?"}
DATA: dict[str, Json] = {
    "type": "array",
    "items": {"format": "path"},
    "required": True,
    "prompt": "Which files or folders hold the data?",
}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with a database, data in a folder, two repositories, and a remote."""
    for name in ("data", "empty", "a/.git", "b/.git", ".git"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("shop.db", "data/orders.csv", "notes.txt", ".hidden.db"):
        (tmp_path / name).touch()
    (tmp_path / ".git" / "config").write_text(
        '[remote "origin"]\n  url = https://git.example/a.git\n[remote "x"]\n url = https://u:secret@git.example/b.git\n'
    )
    return tmp_path


@pytest.mark.parametrize(
    ("name", "spec", "expected"),
    [
        ("database", DATABASE, ["./shop.db"]),
        ("sources", DATA, ["./data"]),
        ("paths", {**DATA, "prompt": "Which repositories?"}, ["./a", "./b"]),
        ("remote", {"format": "url", "prompt": "Which remote?"}, ["https://git.example/a.git"]),
        ("address", {"format": "url", "prompt": "Which page?"}, []),
        ("target", {"format": "path", "prompt": "Which folder should the database go into?"}, []),
        ("password", {"format": "path", "secret": True, "prompt": "Which database file?"}, []),
        ("message", {"prompt": "Which message?"}, []),
    ],
)
def test_what_is_there_and_of_the_kind_is_proposed(
    here: Path, name: str, spec: dict[str, Json], expected: list[str]
) -> None:
    assert proposals(name, InputSpec.model_validate(spec), str(here)) == expected


def test_the_only_one_is_what_an_empty_answer_means_and_several_are_only_shown(here: Path) -> None:
    spec, question = with_proposals("sources", InputSpec.model_validate(DATA), "Which?", str(here))
    assert (spec.default, question) == (["./data"], "Which? (here: `./data`)")
    (here / "crm.db").touch()
    spec, question = with_proposals("database", InputSpec.model_validate(DATABASE), "Which?", str(here))
    assert (spec.default, question) == (None, "Which? (here: `./crm.db`, `./shop.db`)")
    assert proposals("database", InputSpec.model_validate(DATABASE), str(here / "gone")) == []
