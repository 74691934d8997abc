"""Data files of a stranger: SQLite, DuckDB, Excel, Parquet, CSV and JSON that name programs, addresses, other files.

Nothing in them runs, nothing is fetched, no other file is read, and what has no end is ended.
"""

import os
import socket
import sqlite3
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
from anyio.from_thread import BlockingPortal

from tests.integration.workers.conftest import Talk, talk_with
from tests.integration.workers.workbooks import write_workbook

SECRET = "THE-SECRET-OF-ANOTHER-FILE"
PAGE, WAYS, DEPTH = 4096, 400, 12


class Stranger:
    """Where the files lie, a file that none of them may show, and an address that none of them may reach."""

    def __init__(self, folder: Path, listening: socket.socket) -> None:
        self.folder = folder
        self.secret = folder.parent / "secret.csv"
        self.secret.write_text(f"a,b\n{SECRET},1\n")
        self.listening = listening
        self.address = "http://{}:{}".format(*listening.getsockname())

    @property
    def heard(self) -> bool:
        """Whether anybody came."""
        try:
            self.listening.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[Stranger]:
    """A folder of a stranger."""
    (tmp_path / "data").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield Stranger(tmp_path / "data", listening)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A HOME and working folder with what a reader of data might obey."""
    folder = tmp_path_factory.mktemp("home")
    (folder / ".duckdbrc").write_text(".shell touch sprung\n")
    (folder / ".sqliterc").write_text(".shell touch sprung\n")
    extensions = folder / ".duckdb" / "extensions" / f"v{duckdb.__version__}" / "linux_amd64"
    extensions.mkdir(parents=True)
    for name in ("sqlite_scanner", "httpfs", "excel", "json", "parquet", "icu"):
        (extensions / f"{name}.duckdb_extension").write_bytes(b"\x7fELF" + b"x" * 1_000)
    (folder / ".duckdb" / "stored_secrets").mkdir()
    return folder


@pytest.fixture(scope="module")
def ask(portal: BlockingPortal, home: Path) -> Iterator[Callable[[str], Talk]]:
    """A server that was started there."""
    opened: dict[str, Any] = {}

    def talk(name: str) -> Talk:
        if name not in opened:
            held = talk_with(name, portal, home, HOME=str(home), XDG_CONFIG_HOME=str(home))
            opened[name] = (held, held.__enter__())
        found: Talk = opened[name][1]
        return found

    yield talk
    for held, _ in opened.values():
        held.__exit__(None, None, None)


def lite(*statements: str) -> Callable[[Stranger], Path]:
    """A SQLite file made by these statements."""

    def make(stranger: Stranger) -> Path:
        path = stranger.folder / "a.sqlite"
        with closing(sqlite3.connect(path)) as base:
            base.execute("CREATE TABLE orders (a)")
            base.execute("INSERT INTO orders VALUES (1)")
            base.execute("PRAGMA writable_schema = ON")
            for statement in statements:
                base.execute(statement.format(secret=stranger.secret, address=stranger.address))
            base.commit()
        return path

    return make


def duck(*statements: str) -> Callable[[Stranger], Path]:
    """A DuckDB file made by these statements."""

    def make(stranger: Stranger) -> Path:
        path = stranger.folder / "a.duckdb"
        with duckdb.connect(str(path)) as base:
            base.execute("CREATE TABLE orders AS SELECT 1 AS a")
            for statement in statements:
                base.execute(statement.format(secret=stranger.secret, address=stranger.address))
        return path

    return make


def endless(stranger: Stranger) -> Path:
    """A SQLite file of few pages, each of which leads 400 times to the next: to count its rows takes for ever."""
    path = lite()(stranger)
    content = path.read_bytes()
    leaf = content[PAGE : 2 * PAGE]
    pages = [content[:PAGE]]
    for number in range(3, 3 + DEPTH):
        page = bytearray(PAGE)
        start = PAGE - WAYS * 6
        struct.pack_into(">BHHHBI", page, 0, 5, 0, WAYS, start, 0, number)
        for way in range(WAYS):
            struct.pack_into(">IB", page, start + way * 6, number, 1)
            struct.pack_into(">H", page, 12 + 2 * way, start + way * 6)
        pages.append(bytes(page))
    whole = bytearray(b"".join([*pages, leaf]))
    struct.pack_into(">I", whole, 28, len(whole) // PAGE)
    path.write_bytes(whole)
    return path


#: Databases that reach out, by what they do.
DATABASES: dict[str, Callable[[Stranger], Path]] = {
    "a view that loads a program": lite("CREATE VIEW v AS SELECT load_extension('{secret}')"),
    "a trigger that does": lite(
        "CREATE TRIGGER t BEFORE INSERT ON orders BEGIN SELECT load_extension('{secret}'); END"
    ),
    "a virtual table of a program": lite(
        "INSERT INTO sqlite_master VALUES ('table', 'v', 'v', 0, "
        "'CREATE VIRTUAL TABLE v USING csv(filename=''{secret}'')')"
    ),
    "a column that is worked out by one": lite("CREATE TABLE c (a DEFAULT (load_extension('{secret}')))"),
    "views of DuckDB on files": duck("CREATE VIEW v AS SELECT * FROM read_csv('{secret}')"),
    "macros of DuckDB on files": duck(
        "CREATE MACRO m() AS TABLE SELECT * FROM read_text('{secret}')", "CREATE VIEW w AS SELECT * FROM m()"
    ),
}


@pytest.mark.parametrize("name", DATABASES)
@pytest.mark.parametrize("tool", ["schemas/inspect", "tables/backup", "tables/load"])
def test_a_database_reaches_nothing(
    name: str, tool: str, ask: Callable[[str], Talk], stranger: Stranger, home: Path
) -> None:
    path, out = DATABASES[name](stranger), stranger.folder.parent / "out"
    server, _, what = tool.partition("/")
    args: dict[str, dict[str, Any]] = {
        "inspect": {"files": [str(path)]},
        "backup": {"database": str(path), "folder": str(out)},
        "load": {"database": str(out / "x.duckdb"), "sources": [str(path)]},
    }
    talk = ask(server)
    talk.send(what, args[what])
    assert SECRET not in talk.everything
    assert not any(SECRET.encode() in made.read_bytes() for made in out.rglob("*") if made.is_file())
    assert not stranger.heard
    assert not (home / "sprung").exists()


@pytest.mark.parametrize("tool", ["schemas/inspect", "schemas/back_up", "tables/load", "tables/backup"])
def test_a_database_without_an_end_is_ended(tool: str, ask: Callable[[str], Talk], stranger: Stranger) -> None:
    path, out = endless(stranger), stranger.folder.parent / "out"
    (stranger.folder / "up.sql").write_text("UPDATE orders SET a = 2;")
    server, _, what = tool.partition("/")
    args: dict[str, dict[str, Any]] = {
        "schemas/inspect": {"files": [str(path)]},
        "schemas/back_up": {"files": [str(path)], "migration": str(stranger.folder / "up.sql"), "folder": str(out)},
        "tables/load": {"database": str(out / "x.duckdb"), "sources": [str(path)]},
        "tables/backup": {"database": str(path), "folder": str(out)},
    }
    ask(server).send(what, {**args[tool], "max_seconds": 1})
    if tool == "schemas/inspect":
        assert "made to have no end" in ask(server).refusal(what, **args[tool], max_seconds=1)


def test_a_change_that_has_no_end_is_ended_and_taken_back(ask: Callable[[str], Talk], stranger: Stranger) -> None:
    path = lite()(stranger)
    forever = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"
    (stranger.folder / "up.sql").write_text(f"INSERT INTO orders {forever};")
    place = {"files": [str(path)], "migration": str(stranger.folder / "up.sql")}
    made = ask("schemas").call("back_up", **place, folder=str(stranger.folder / "kept"))
    said = ask("schemas").refusal("plan_change", **place, backups=made["backups"], max_seconds=2)
    assert "the rehearsal on the restored backup failed" in said
    with closing(sqlite3.connect(path)) as base:
        assert base.execute("SELECT count(*) FROM orders").fetchone() == (1,)


STATEMENTS = (
    "CREATE VIEW v AS SELECT pg_read_binary_file('/etc/passwd')",
    'CREATE VIEW v AS SELECT "pg_ls_logdir"()',
    "CREATE VIEW v AS SELECT lo_get(lo_from_bytea(0, 'x'))",
    "INSERT INTO orders SELECT dblink_connect('host=elsewhere')",
    "INSERT INTO orders SELECT query_to_xml('select 1', true, true, '')",
    "CREATE TABLE x AS SELECT load_extension('x.so')",
    "UPDATE orders SET a = pg_reload_conf()",
    "VACUUM INTO '/elsewhere'",
    "PRAGMA writable_schema = ON",
    "ATTACH '/elsewhere' AS e",
    "COPY orders TO PROGRAM 'touch x'",
    "\\! touch x",
)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_change_of_a_schema_reaches_nothing_else(
    statement: str, ask: Callable[[str], Talk], stranger: Stranger
) -> None:
    path = lite()(stranger)
    (stranger.folder / "up.sql").write_text(f"{statement};")
    place = {"files": [str(path)], "migration": str(stranger.folder / "up.sql"), "folder": str(stranger.folder)}
    assert "is no change of a schema that is made here" in ask("schemas").refusal("back_up", **place)


def workbook(part: str, change: Callable[[str], str]) -> Callable[[Stranger], Path]:
    """A workbook, one part of which is other than Excel writes it."""

    def make(stranger: Stranger) -> Path:
        plain, path = stranger.folder.parent / "plain.xlsx", stranger.folder / "a.xlsx"
        write_workbook(plain, {"Sheet": [["a", "b"], ["x", 1]]})
        with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                text = old.read(name).decode()
                text = change(text) if name == part else text
                new.writestr(name, text.replace("SECRET", str(stranger.secret)).replace("ADDRESS", stranger.address))
        return path

    return make


def declared(entity: str) -> Callable[[str], str]:
    """XML with an entity, used in the first cell."""
    return lambda text: f"<!DOCTYPE x [{entity}]>{text.replace('<t>x', '<t>&e;', 1)}"


BOMB = "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(8))
FILES: dict[str, Callable[[Stranger], Path]] = {
    "an entity that is a file": workbook("xl/worksheets/sheet1.xml", declared('<!ENTITY e SYSTEM "file://SECRET">')),
    "an entity elsewhere": workbook("xl/worksheets/sheet1.xml", declared('<!ENTITY e SYSTEM "ADDRESS/x">')),
    "an entity of parts elsewhere": workbook(
        "xl/workbook.xml", lambda text: f'<!DOCTYPE x [<!ENTITY % p SYSTEM "ADDRESS/x"> %p;]>{text}'
    ),
    "an entity that grows": workbook(
        "xl/worksheets/sheet1.xml", declared(f'<!ENTITY a "aaaaaaaaaa">{BOMB}<!ENTITY e "&i;">')
    ),
    "a sheet that lies elsewhere": workbook(
        "xl/_rels/workbook.xml.rels",
        lambda text: text.replace('Target="worksheets/sheet1.xml"', 'Target="/../../SECRET"'),
    ),
    "a sheet at an address": workbook(
        "xl/_rels/workbook.xml.rels",
        lambda text: text.replace('Target="worksheets/sheet1.xml"', 'Target="ADDRESS/x" TargetMode="External"'),
    ),
}


def called(name: str, text: str = "a,b\n1,2\n") -> Callable[[Stranger], Path]:
    """A file of a name that means others."""

    def make(stranger: Stranger) -> Path:
        path = stranger.folder / name
        path.write_text(text)
        return path

    return make


FILES |= {
    "a name that stands for every file": called("*.csv"),
    "a name with a pattern": called("[a-z]*.csv"),
    "a name that looks like an address": called("s3:bucket.csv"),
    "a name that ends its quotes": called("a'); ATTACH 'x' AS x; --.csv"),
    "Parquet by a pattern": called("*.parquet", "PAR1"),
    "JSON without a bottom": called("a.json", "[" * 200_000),
    "JSON lines without a bottom": called("a.jsonl", '{"a":' * 200_000),
    "numbers without an end": called("a.json", '[{"a": ' + "9" * 1_000_000 + "}]"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_reaches_nothing(name: str, ask: Callable[[str], Talk], stranger: Stranger) -> None:
    FILES[name](stranger)
    talk = ask("tables")
    out = stranger.folder.parent / "x.duckdb"
    talk.send("load", {"database": str(out), "sources": [str(stranger.folder)], "max_seconds": 30})
    assert SECRET not in talk.everything
    assert not stranger.heard
    assert not out.exists() or SECRET.encode() not in out.read_bytes()
    assert talk.send("survey", {"path": str(stranger.folder)}).content  # it lives


@pytest.mark.parametrize("server", ["schemas", "tables"])
def test_a_pipe_and_a_device_hold_nobody(server: str, ask: Callable[[str], Talk], stranger: Stranger) -> None:
    os.mkfifo(stranger.folder / "a.sqlite")
    (stranger.folder / "b.sqlite").symlink_to("/dev/zero")
    for name in ("a.sqlite", "b.sqlite"):
        path = str(stranger.folder / name)
        if server == "schemas":
            ask(server).refusal("inspect", files=[path])
        else:
            ask(server).refusal("backup", database=path, folder=str(stranger.folder / "kept"))
