"""What strangers' data files may hold: the server `tables` reads what can be read and says what it left out."""

import os
from pathlib import Path

import duckdb
import pytest

from tests.integration.workers.conftest import Talk

NAME = "qu\"ote's; DROP TABLE x.csv"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    folder = tmp_path / "hostile"
    folder.mkdir()
    (folder / "wide.csv").write_text(",".join(f"c{n}" for n in range(10_000)) + "\n" + "1," * 9_999 + "1\n")
    (folder / "garbage.csv").write_bytes(bytes(range(256)) * 20)
    (folder / "garbage.jsonl").write_bytes(bytes(range(256)) * 20)
    (folder / "garbage.parquet").write_bytes(bytes(range(256)) * 20)
    (folder / "garbage.sqlite").write_bytes(bytes(range(256)) * 20)
    (folder / "empty.csv").touch()
    (folder / NAME).write_text('a"b,a"b,\x1b[31m\n1,2,3\n')
    (folder / "utf16.csv").write_bytes("id,名前\n1,é\n2,ü\n".encode("utf-16"))
    (folder / "semicolon.csv").write_text('a;b\n1;"x;y"\n2;z\n')
    (folder / "顧客.csv").write_bytes("番号,氏名\n1,山田\n2,佐藤\n".encode("cp932"))
    (folder / "zip.csv").write_text("zip,n\n01234,1\n94105,2\n94106,3\n94107,4\n94108,5\n")
    (folder / "link.csv").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.csv")
    return folder


def test_what_can_be_read_is_loaded_and_the_rest_is_said(tables: Talk, hostile: Path, tmp_path: Path) -> None:
    database = tmp_path / "x.duckdb"
    loaded = tables.call("load", database=str(database), sources=[str(hostile)])
    left = {finding["file"]: finding["detail"] for finding in loaded["findings"] if finding["rule"] == "not-loaded"}
    assert set(left) == {
        "wide.csv",
        "empty.csv",
        *(f"garbage.{kind}" for kind in ("csv", "jsonl", "parquet", "sqlite")),
    }
    assert left["wide.csv"].startswith("it has 10,000 columns")
    assert {skipped["path"] for skipped in loaded["coverage"]["skipped"]} == {"link.csv", "pipe.csv"}
    types = {table["table"]: table["types"] for table in loaded["tables"]}
    assert types[NAME.removesuffix(".csv")] == {'a"b': "BIGINT", 'a"b_2': "BIGINT", "�[31m": "BIGINT"}
    assert types["utf16"] == {"id": "BIGINT", "名前": "VARCHAR"}
    assert types["顧客"] == {"番号": "BIGINT", "氏名": "VARCHAR"}
    assert types["zip"] == {"zip": "VARCHAR", "n": "BIGINT"}
    with duckdb.connect(str(database), read_only=True) as opened:
        assert opened.execute("FROM semicolon").fetchall() == [(1, "x;y"), (2, "z")]
        assert opened.execute("SELECT 氏名 FROM 顧客").fetchall() == [("山田",), ("佐藤",)]
    profile = tables.call("profile", database=str(database), tables=[NAME.removesuffix(".csv")])
    assert profile["tables"][0]["rows"] == 1
    assert tables.call("unload", database=str(database), load=loaded["load"])["removed"] is True
    assert "root:" not in tables.everything
    assert "\x1b" not in tables.everything


def test_survey_of_a_hostile_folder(tables: Talk, hostile: Path) -> None:
    survey = tables.call("survey", path=str(hostile))
    assert survey["status"] == "fail"
    faulty = {finding["file"] for finding in survey["findings"]}
    assert {"wide.csv", "empty.csv", "garbage.csv", "garbage.sqlite"} <= faulty
    assert "link.csv" not in {file["file"] for file in survey["files"]}


@pytest.mark.parametrize("path", ["link.csv", "pipe.csv", "not-there.csv", "../x"])
def test_a_path_that_is_no_file_is_refused(tables: Talk, hostile: Path, tmp_path: Path, path: str) -> None:
    refusal = tables.refusal("load", database=str(tmp_path / "x.duckdb"), sources=[str(hostile / path)])
    assert "is a link" in refusal or "is not a file" in refusal or "cannot be read" in refusal
    assert not (tmp_path / "x.duckdb").exists()


def test_a_database_that_is_none_or_a_link_is_refused(tables: Talk, hostile: Path, tmp_path: Path) -> None:
    assert "no DuckDB database" in tables.refusal("profile", database=str(hostile / "garbage.csv"))
    link = tmp_path / "link.duckdb"
    link.symlink_to(hostile / "zip.csv")
    assert "is a link" in tables.refusal("load", database=str(link), sources=[str(hostile / "zip.csv")])
    assert "absolute" in tables.refusal("profile", database="x.duckdb")


def test_long_work_ends_at_its_bound(tables: Talk, tmp_path: Path) -> None:
    big = tmp_path / "big.csv"
    big.write_text("a,b,c\n" + "1,2,3\n" * 400_000)
    refusal = tables.refusal("load", database=str(tmp_path / "x.duckdb"), sources=[str(big)], max_seconds=0.1)
    assert "0.1 s" in refusal
    assert [path.name for path in tmp_path.iterdir()] == ["big.csv"]
