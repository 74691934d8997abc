"""The verdict table: whatever hides something, a verdict is never `pass`; what is found is found, the rest is named."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.verdicts.situations import (
    CODE,
    DEPENDENCIES,
    LINE,
    PERMISSIONS,
    SECRETS,
    Situation,
    deleted,
    installed,
    write,
)
from tests.integration.workers.conftest import Talk
from tests.integration.workers.fakes import FakeAdvisories, advisories
from tests.integration.workers.planted import Planted

WHO = (
    "(left out by the repository)",
    "(left out by a limit of ours)",
    "(left out by the machine)",
    "(left out by you)",
)


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeAdvisories]:
    """An advisory service that knows one vulnerable version."""
    with advisories() as service:
        yield service


def looked(situation: Situation, folder: Path, request: pytest.FixtureRequest, **more: Any) -> dict[str, Any]:
    """What the tool says in a situation."""
    repository = Planted(folder / "repository")
    situation.make(repository)
    server, _, tool = situation.tool.partition("/")
    talk: Talk = request.getfixturevalue(server)
    return talk.call(tool, path=str(repository.folder), **more)


def hold(situation: Situation, result: dict[str, Any]) -> None:
    """Nothing is `pass`; what can be found is, and what cannot be looked at is named with who left it out."""
    places = {item["file"] for item in result["findings"] if item["severity"] != "info"}
    details = " ".join(item["detail"] for item in result["findings"])
    gaps = result["coverage"]["gaps"]
    if situation.found:
        assert result["status"] == "fail"
        assert situation.found in places or f": {situation.found}" in details
    else:
        assert result["status"] == "inconclusive", result["findings"]
    if situation.gap:
        (gap, *_) = [gap for gap in gaps if situation.gap in gap] or [f"none of {gaps}"]
        assert situation.gap in gap
        assert gap.endswith(WHO) or situation.tool == "dependencies/audit"


@pytest.mark.parametrize("situation", [*SECRETS, *CODE, *PERMISSIONS], ids=lambda one: f"{one.tool} {one.name}")
def test_nothing_hidden_is_called_clean(situation: Situation, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    hold(situation, looked(situation, tmp_path, request))


@pytest.mark.parametrize("situation", DEPENDENCIES, ids=lambda one: one.name)
def test_no_dependency_hidden_is_called_clean(
    situation: Situation, tmp_path: Path, request: pytest.FixtureRequest, fake: FakeAdvisories
) -> None:
    hold(situation, looked(situation, tmp_path, request, advisories=fake.url))


def test_a_folder_of_repositories_is_audited_with_the_history_of_each(secrets: Talk, tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        deleted(f"{name}.py", LINE.replace("765432", f"76543{len(name)}"))(Planted(tmp_path / "repos" / name))
    result = secrets.call("scan", path=str(tmp_path / "repos"))
    assert {item["file"] for item in result["findings"]} == {"one/one.py", "three/three.py", "two/two.py"} - {
        "two/two.py"  # the same key as that of `one`: one finding with both places
    }
    assert "two/two.py" in " ".join(item["detail"] for item in result["findings"])
    assert (result["coverage"]["repositories"], result["coverage"]["commits"]) == (3, 6)


def test_one_repository_of_a_folder_that_cannot_be_read_takes_no_other_with_it(secrets: Talk, tmp_path: Path) -> None:
    write(("a.py", "x = 1\n"))(broken := Planted(tmp_path / "repos" / "broken"))
    (broken.folder / ".git" / "HEAD").unlink()
    deleted("old.py", LINE)(Planted(tmp_path / "repos" / "well"))
    result = secrets.call("scan", path=str(tmp_path / "repos"))
    assert [item["file"] for item in result["findings"]] == ["well/old.py"]
    assert [gap for gap in result["coverage"]["gaps"] if gap.startswith("broken/(history)")]


def test_what_is_all_looked_at_and_clean_passes(secrets: Talk, code: Talk, tmp_path: Path) -> None:
    repository = Planted(tmp_path / "repository")
    write(
        ("a.py", "x = 1\n"), (".gitignore", "*.pyc\n"), ("README.md", "# A project\n"), ("logo.png", b"\x89PNG\0\1\2")
    )(repository)
    repository.write("cached.pyc", b"\0\1\2")
    assert secrets.call("scan", path=str(repository.folder))["status"] == "pass"
    assert code.call("scan", path=str(repository.folder))["status"] == "pass"
    assert code.call("permissions", path=str(repository.folder))["status"] == "pass"


LOOKALIKES: dict[str, bytes] = {
    "a cache of Python that has the marks of archives": b"\xa7\r\r\n"
    + b"\0" * 12
    + b"PK\3\4 PK\5\6 \x1f\x8b BZh \xfd7zXZ"
    + b"\1" * 40,
    "a zip's first bytes": b"PK\x03\x04 is how a zip begins\n",
    "a zip's last bytes": b"x = 1\n" * 9 + b"PK\x05\x06" + b"y" * 18 + b"\n",
    "gzip's first bytes": b"\x1f\x8b are two bytes\n",
    "bzip2's first letters": b"BZh is what it begins with\n",
    "7z's first bytes": b"7z\xbc\xaf and not the rest\n",
    "xz's first bytes": b"\xfd7zXZ and not the rest\n",
    "lzip's first letters": b"LZIP is a format\n",
    "rar's first letters": b"Rar! said the crow\n",
    "squashfs' first letters": b"hsqs is a word\n" + b"x" * 40,
    "zlib's first bytes": b"x\x9c is a letter and a byte, and no more than that\n",
    "tar's word at its place": b"a" * 257 + b"ustar" + b"b" * 300,
    "PDF's first letters": b"%PDF- is what it begins with\n",
}


@pytest.mark.parametrize("content", LOOKALIKES.values(), ids=LOOKALIKES)
def test_what_merely_has_the_bytes_of_an_archive_is_none(secrets: Talk, tmp_path: Path, content: bytes) -> None:
    repository = Planted(tmp_path / "repository")
    write(("a.bin", content), ("README.md", "x\n"))(repository)
    result = secrets.call("scan", path=str(repository.folder))
    assert (result["status"], result["coverage"]["gaps"]) == ("pass", [])


def test_what_a_person_leaves_out_is_no_gap_and_is_listed(secrets: Talk, code: Talk, tmp_path: Path) -> None:
    installed(repository := Planted(tmp_path / "repository"))
    for talk, tool in ((secrets, "scan"), (code, "scan")):
        result = talk.call(tool, path=str(repository.folder), leave_out=["node_modules/"])
        assert (result["status"], result["coverage"]["gaps"]) == ("pass", [])
        left = [item for item in result["coverage"]["skipped"] if item["who"] == "you"]
        assert [item["path"] for item in left] == ["node_modules"]
