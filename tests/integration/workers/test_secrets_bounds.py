"""The server `secrets` at its bounds: what it could not look at it says, and nothing stops it."""

import os
from pathlib import Path
from typing import Any

import anyio

from tests.integration.workers.conftest import Talk
from tests.integration.workers.planted import AWS_PRESENT, PASSWORD, YAML_TOKEN, Planted


def places(result: dict[str, Any]) -> list[tuple[str, int, str]]:
    return [(item["file"], item["line"], item["status"]) for item in result["findings"]]


def test_older_history_than_asked_for_is_a_gap(secrets: Talk, planted: Planted) -> None:
    planted.write("app/aws.py", "\n")
    planted.write("config/settings.yaml", "\n")
    planted.write("app/run.py", "\n")
    planted.commit("clean now")
    result = secrets.call("scan", path=str(planted.folder), max_commits=1)
    assert (result["status"], result["coverage"]["commits"]) == ("inconclusive", 1)
    assert result["coverage"]["gaps"][0] == "the oldest 2 of 3 commits: beyond the bound asked for (left out by you)"


def test_history_can_be_left_out(secrets: Talk, planted: Planted) -> None:
    result = secrets.call("scan", path=str(planted.folder), max_commits=0)
    assert "legacy/old.py" not in {file for file, _, _ in places(result)}
    assert {"path": "(history)", "why": "left out, as asked for", "who": "you"} in result["coverage"]["skipped"]


def test_too_little_time_is_a_gap(secrets: Talk, planted: Planted) -> None:
    result = secrets.call("scan", path=str(planted.folder), max_seconds=0.000_001)
    assert result["status"] == "inconclusive"
    assert "beyond the bound of 1e-06 s" in " ".join(result["coverage"]["gaps"])


def test_a_file_too_large_to_look_at_is_a_gap(secrets: Talk, tmp_path: Path) -> None:
    (tmp_path / "large.json").write_bytes(b"x" * ((2 << 20) + 1))
    (tmp_path / "a.py").write_text("x = 1\n")
    result = secrets.call("scan", path=str(tmp_path))
    assert (result["status"], result["coverage"]["gaps"]) == (
        "inconclusive",
        ["large.json: larger than 2 MiB (left out by a limit of ours)"],
    )


def test_other_encodings_are_read(secrets: Talk, tmp_path: Path) -> None:
    (tmp_path / "wide.yaml").write_bytes(f"password: {PASSWORD}\n".encode("utf-16"))
    (tmp_path / "latin.yaml").write_bytes(b"# caf\xe9\napi_token: " + YAML_TOKEN.encode() + b"\n")
    (tmp_path / "data.dat").write_bytes(b"\0\1\2" + AWS_PRESENT.encode())
    result = secrets.call("scan", path=str(tmp_path))
    assert [file for file, _, _ in places(result)] == ["data.dat", "latin.yaml", "wide.yaml"]


def test_file_names_from_a_stranger_are_made_safe(secrets: Talk, repository: Planted) -> None:
    repository.write("a\x1b[31m\nb.py", f'key = "{AWS_PRESENT}"\n')
    os.close(os.open(os.fsencode(repository.folder) + b"/\xff.py", os.O_CREAT | os.O_WRONLY))
    (finding,) = secrets.call("scan", path=str(repository.folder))["findings"]
    assert finding["file"] == "a�[31m�b.py"


def test_the_same_secret_has_the_same_fingerprint(secrets: Talk, planted: Planted) -> None:
    first = secrets.call("scan", path=str(planted.folder))
    assert secrets.call("scan", path=str(planted.folder)) == first
    assert len({finding["fingerprint"] for finding in first["findings"]}) == 4


def test_a_scan_says_how_far_it_is(secrets: Talk, planted: Planted) -> None:
    secrets.heard.clear()
    secrets.call("scan", path=str(planted.folder))
    assert "file 1 of 4" in secrets.heard[0]


def test_a_scan_that_is_cancelled_leaves_the_server_free(secrets: Talk, repository: Planted) -> None:
    repository.write("large.txt", "password = a1b2c3d4e5f6 token = x9y8z7w6v5u4\n" * 40_000)

    async def give_up() -> None:
        with anyio.move_on_after(0.3):
            await secrets.client.call_tool("scan", {"path": str(repository.folder)})

    secrets.portal.call(give_up)
    assert secrets.call("scan", path=str(repository.folder / ".git" / "hooks"))["coverage"]["files"] > 0
