"""Images, sounds and other bytes of an answer: kept as files, of a bounded size, for their owner alone."""

import base64
import os
from pathlib import Path

import pytest
from mcp.types import AudioContent, BlobResourceContents, CallToolResult, EmbeddedResource, ImageContent, TextContent

from aether_agents.mcp_host.session import kept_files
from aether_agents.mcp_host.session.answer_content import read
from aether_agents.mcp_host.session.kept_files import KeptFiles
from tests.integration.mcp_host.conftest import OpenHost
from tests.integration.mcp_host.protected import Choice, protected
from tests.integration.mcp_host.test_login import spec

PIXEL = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def coded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_each_part_is_kept_and_its_place_stands_in_the_text(tmp_path: Path) -> None:
    blob = BlobResourceContents(uri="file:///x.pdf", mime_type="application/pdf", blob=coded(b"%PDF-1"))
    answer = CallToolResult(
        content=[
            TextContent(type="text", text="see"),
            ImageContent(type="image", data=coded(PIXEL), mime_type="image/png"),
            AudioContent(type="audio", data=coded(b"RIFF"), mime_type="audio/wav"),
            EmbeddedResource(type="resource", resource=blob),
        ]
    )
    text = str(read(answer, None, KeptFiles(tmp_path).keep).output)
    files = {path.suffix: path for path in (tmp_path / "reports" / "files").iterdir()}
    assert set(files) == {".png", ".wav", ".pdf"}
    assert files[".png"].read_bytes() == PIXEL
    assert f"[image image/png: {len(PIXEL)} bytes in {files['.png']}]" in text
    assert [path.stat().st_mode & 0o077 for path in (*files.values(), tmp_path / "reports" / "files")] == [0] * 4


def test_a_picture_beside_structured_content_is_kept_too(tmp_path: Path) -> None:
    picture = ImageContent(type="image", data=coded(PIXEL), mime_type="image/png")
    result = read(CallToolResult(content=[picture], structured_content={"a": 1}), None, KeptFiles(tmp_path).keep)
    assert result.output == {"a": 1}
    assert "beside it: [image image/png: 48 bytes in " in result.notes[0]


@pytest.mark.parametrize(
    ("kind", "data", "says", "ending"),
    [
        ("image/png", "no base64!", "it is no base64", None),
        ("image/png", coded(b"x" * (kept_files.LARGEST + 1)), "over 8 MiB", None),
        ("text/html", coded(b"<script>"), "8 bytes in", ".bin"),
        ("image/svg+xml", coded(b"<svg>"), "5 bytes in", ".bin"),
        ("../../x", coded(b"a"), "1 bytes in", ".bin"),
        ("image/PNG; x=y", coded(b"ab"), "2 bytes in", ".png"),
        ("image/png", "", "empty", None),
    ],
    ids=["broken", "large", "html", "svg", "path", "spelling", "empty"],
)
def test_what_is_odd_is_said_and_never_runs(
    tmp_path: Path, kind: str, data: str, says: str, ending: str | None
) -> None:
    assert says in KeptFiles(tmp_path).keep(kind, data)
    folder = tmp_path / "reports" / "files"
    assert [path.suffix for path in folder.iterdir()] == [ending] if ending else not folder.exists()


def test_what_is_old_goes_and_nothing_of_others_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = KeptFiles(tmp_path)
    kept.keep("image/png", coded(b"old"))
    folder = tmp_path / "reports" / "files"
    old = next(folder.iterdir())
    os.utime(old, (1, 1))
    (folder / "mine.png").write_bytes(b"of a person")
    os.utime(folder / "mine.png", (1, 1))
    kept.keep("image/png", coded(b"new"))
    assert not old.exists()
    monkeypatch.setattr(kept_files, "ALL", 5)
    kept.keep("image/png", coded(b"next"))
    assert sorted(path.read_bytes() for path in folder.iterdir()) == [b"next", b"of a person"]


def test_a_call_keeps_what_its_server_sends(open_host: OpenHost, tmp_path: Path) -> None:
    picture = {"type": "image", "data": coded(PIXEL), "mimeType": "image/png"}
    with protected(Choice(good=lambda _: True, content=[picture])) as server:
        result = open_host(spec(server.url)).call("far", "who", timeout=20)
    assert result.ok
    (file,) = (tmp_path / "home" / "reports" / "files").iterdir()
    assert file.read_bytes() == PIXEL
    assert str(file) in str(result.output)
