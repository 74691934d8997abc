"""What stands between a name and its value unseen: for a terminal, a page, a printer, a machine; and bounds of ours."""

import sqlite3
import struct
import zlib
from contextlib import closing
from pathlib import Path

import pytest

from workers.inspection.text import decoded
from workers.security.servers.scan.detectors import Detectors

VALUE = "Qm7kL93vbXq2!4"
DETECTORS = Detectors()


def picture() -> bytes:
    """A picture with a comment."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"tEXt", f"Comment\0password={VALUE}".encode()) + chunk(b"IEND", b"")


RUNS = "</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>"
TEXTS: dict[str, tuple[str, str | bytes]] = {
    "a vertical tab and a form feed": ("a.ini", f"password\x0b=\x0c{VALUE}"),
    "ends of lines of other machines": ("a.txt", f"user: a\u0085api_secret: {VALUE}\u2028mode: b"),
    "colours": ("a.log", f"\x1b[32mPASSWORD\x1b[0m=\x1b[1m{VALUE}\x1b[0m"),
    "struck twice": ("a.txt", f"p\bpa\bas\bss\bsw\bwo\bor\brd\bd: {VALUE}"),
    "letters that look alike": ("a.py", f"p\u0430ssw\u043erd = '{VALUE}'"),
    "blanks beyond our bounds": ("a.py", "password" + " " * 6_000 + f"= '{VALUE}'"),
    "tabs": ("a.conf", "password" + "\t" * 40 + VALUE),
    "a document of an office": (
        "word/document.xml",
        f"<w:p><w:r><w:t>The password is: {RUNS}{VALUE}</w:t></w:r></w:p>",
    ),
    "a table of a page": ("a.html", f"<tr><td>Password</td><td>{VALUE}</td></tr>"),
    "an element of a picture": ("a.svg", f"<metadata>aws_secret_access_key={VALUE}</metadata>"),
    "numbers": ("a.js", f"var password = [{', '.join(str(ord(one)) for one in VALUE)}]"),
    "numbers of C": ("a.c", f"char api_key[] = {{{', '.join(hex(ord(one)) for one in VALUE)}}};"),
    "a comment of a picture": ("a.png", picture()),
}


@pytest.mark.parametrize("what", TEXTS)
def test_it_is_found(what: str) -> None:
    path, text = TEXTS[what]
    lines = decoded(text if isinstance(text, bytes) else text.encode()).split("\n")
    hits = [hit for hit in DETECTORS.scan(path, list(enumerate(lines, 1))) if hit.severity != "low"]
    assert [hit.value for hit in hits if VALUE.startswith(hit.value[:12])], hits


def test_what_a_data_base_has_is_not_found_beside_its_name(tmp_path: Path) -> None:
    """A limit, said in SECURITY.md: the name of a setting and its value stand in a row without a sign between."""
    with closing(sqlite3.connect(tmp_path / "app.db")) as base, base:
        base.execute("create table settings(name, value)")
        base.execute("insert into settings values ('smtp_password', ?)", (VALUE,))
    text = decoded((tmp_path / "app.db").read_bytes())
    hits = DETECTORS.scan("app.db", list(enumerate(text.split("\n"), 1)))
    assert [hit for hit in hits if hit.severity != "low"] == []


@pytest.mark.parametrize(
    "unit", ["password=''", "key -> ", "'a',", "</td><td>", "\x1b[", "65, ", "connect('a', ", "pass,"]
)
def test_no_line_takes_long(unit: str) -> None:
    """All of these are looked at within the time that a test has: none makes a pattern try each way."""
    lines = [(unit * 3_000)[:20_000]] * 2
    assert list(DETECTORS.scan("a.conf", list(enumerate(lines, 1)))) is not None
