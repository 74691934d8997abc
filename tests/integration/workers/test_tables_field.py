"""Data as people have it: the server `tables` keeps each value as it was, and says what it decided or left out."""

import gzip
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.integration.workers.conftest import Talk
from tests.integration.workers.workbooks import write_workbook

Row = tuple[Any, ...]

#: Content of files by name, their first rows as they must be loaded, and what must be said about them.
FILES: dict[str, tuple[str | bytes, list[Row], str]] = {
    # A type is taken only where every value, written back, is the same.
    "ids.csv": ("id,n\n12345678901234567890,1\n12345678901234567891,2\n", [("12345678901234567890", 1)], "more digits"),
    "big.csv": (
        "n,v\n9223372036854775807,0.5\n-5,12345678901234567.25\n",
        [(9223372036854775807, "0.5")],
        "more digits",
    ),
    "offsets.csv": (
        "at\n2024-06-01T10:00:00+02:00\n2024-06-01 10:00:00Z\n",
        [("2024-06-01T10:00:00+02:00",)],
        "offsets",
    ),
    "phones.csv": ("name,phone\na,+4930123\nb,4930124\n", [("a", "+4930123")], "a plus sign"),
    "genes.csv": ("gene,p\n1E5,1.5e-07\n2E5,2.5e-03\n", [("1E5", 1.5e-07)], "exponents"),
    "versions.csv": ("version\n3.9\n3.10\n3.1\n", [("3.9",), ("3.10",), ("3.1",)], "zeros at the end"),
    "prices.csv": ("price,rate\n3.10,1.5\n12.50,2\n", [(Decimal("3.10"), 1.5)], ""),
    "zips.csv": ("zip,n\n01234,1\n94105,2\n", [("01234", 1), ("94105", 2)], "leading zeros"),
    "nanos.csv": (
        "at\n2024-01-05T10:00:00.123456789\n2024-01-06T10:00:00.1\n",
        [("2024-01-05T10:00:00.123456789",)],
        "finer",
    ),
    "decimals.csv": ("a;b\n1,5;2\n2,25;3\n", [("1,5", 2)], "decimal commas"),
    "dates.csv": (
        "us,mixed,iso,other\n01/02/2024,2024-01-05,2024-01-05,2024/1/5\n02/03/2024,5 Jan 2024,2024-02-05,2024/2/5\n",
        [("01/02/2024", "2024-01-05", date(2024, 1, 5), date(2024, 1, 5))],
        "dates in a form",
    ),
    "times.csv": (
        "at\n2024-01-05\n2024-01-05 10:00:00\n",
        [("2024-01-05",), ("2024-01-05 10:00:00",)],
        "several forms",
    ),
    "feb.csv": ("day\n2024-02-30\n2024-02-28\n", [("2024-02-30",), ("2024-02-28",)], ""),
    # What stands for a missing value is none, and costs no record.
    "missing.csv": (
        "id,n,x,day\n1,N/A,-,2024-01-01\n2,5,NULL,?\n3,6,1.5,#N/A\n4,\\N,NaN,n.a.\n",
        [(1, None, None, date(2024, 1, 1)), (2, 5, None, None), (3, 6, 1.5, None), (4, None, None, None)],
        "missing values in `n`: 1 × `N/A`, 1 × `\\N` became NULL",
    ),
    "codes.csv": ("country,code\nNamibia,NA\nNone,N/A\n", [("Namibia", "NA"), ("None", None)], "1 × `N/A` became NULL"),
    # Encodings, by evidence.
    "west.csv": ("name,city\nHélène,Málaga\nJürgen,Größe\n".encode("cp1252"), [("Hélène", "Málaga")], "cp1252"),
    "late.csv": (b"id,n\n" + b"1,abc\n" * 50_000 + b"2,\xe9t\xe9\n", [(1, "abc")], "cp1252"),
    "japan.csv": ("番号,氏名\n1,山田\n2,ｻﾄｳ\n".encode("cp932"), [(1, "山田"), (2, "ｻﾄｳ")], "cp932"),
    "euc.csv": ("番号,氏名\n1,カード\n2,佐藤さん\n".encode("euc_jp"), [(1, "カード")], "euc_jp"),
    "russia.csv": ("имя,город\nИван,Москва\n".encode("cp1251"), [("Иван", "Москва")], "cp1251"),
    "poland.csv": ("miasto,n\nŁódź,1\nGdańsk,2\nKraków,3\n".encode("cp1250"), [("Łódź", 1)], "cp1250"),
    "china.csv": ("姓名,城市\n张伟,北京\n李娜,上海\n王芳,广州\n".encode("gb18030"), [("张伟", "北京")], "gb18030"),
    "mac.csv": ("nom,ville\nHélène,Orléans\n".encode("mac_roman"), [("Hélène", "Orléans")], "mac_roman"),
    "wide.csv": ("id,név\n1,é\n".encode("utf-16-le"), [(1, "é")], "utf-16"),
    "marked.csv": (b"\xef\xbb\xbfid,name\n1,\xc3\xa9\n", [(1, "é")], ""),
    # Layout.
    "cr.csv": (b'id,name\r1,"a\rb"\r2,c\r', [(1, "a\rb"), (2, "c")], ""),
    "ends.csv": ("id,name\r\n1,a\n2,b\r3,c\n", [(1, "a"), (2, "b"), (3, "c")], ""),
    "nul.csv": (b"id,name\n1,a\0\0\n2,b\n" + b"\0" * 60, [(1, "a"), (2, "b")], "zero bytes"),
    "title.csv": (
        "Sales 2024\nby Foo, of Bar\n\nid,name,n\n1,a,2\n",
        [(1, "a", 2)],
        "2 lines above the table left out",
    ),
    "spread.csv": ("Sales 2024,,\n,,\nid,name,n\n1,a,2\n,,\n", [(1, "a", 2)], "1 line above the table left out"),
    "said.csv": ("sep=;\nid;name\n1;a,b\n", [(1, "a,b")], "as its first line says"),
    "trail.csv": ("id,name,\n1,a,\n2,b,\n", [(1, "a")], "without a name and without a value"),
    "spare.csv": ("id,name\n1,a,\n2,b,\n", [(1, "a")], "at the end of its records"),
    "remarks.csv": ("# by x, y, z\nid,name\n1,a\n# in between\n2,b\n", [(1, "a"), (2, "b")], "1 comment left out"),
    "years.csv": ("country,2019,2020\nNorway,5.3,5.4\nChile,18.9,19.1\n", [("Norway", 5.3, 5.4)], "years"),
    "counts.csv": (",2019,2020\nNorway,1900,2000\nChile,1800,1850\n", [("Norway", 1900, 2000)], "years"),
    "daily.csv": ("place,1/22/20,1/23/20\nNorway,3,4\n", [("Norway", 3, 4)], "dates"),
    "spaced.csv": ('id, name\n1, "x, y"\n2, z\n', [(1, "x, y"), (2, "z")], ""),
    "shares.csv": ("share,10%,20%\na,1,2\n", [("a", 1, 2)], "numbers among them"),
    "matrix.csv": ("1,2,3\n4,6,8\n", [(1, 2, 3), (4, 6, 8)], ""),
    "spans.csv": ("Alice,2019,2020\nBob,2015,2020\n", [("Alice", 2019, 2020)], ""),
    "ranks.csv": ("Alice,1,2,3\nBob,4,5,7\n", [("Alice", 1, 2, 3), ("Bob", 4, 5, 7)], ""),
    "bare.csv": ("Alice,2019,5\nBob,2020,6\n", [("Alice", 2019, 5), ("Bob", 2020, 6)], ""),
    "names.csv": ("a,b\nr1,1,2\nr2,3,4\n", [("r1", 1, 2)], ""),
    "quotes.csv": (
        'id,name\n1,"He said "hi" twice"\n2,5\'11" tall\n3,"Big" Joe\n',
        [(1, 'He said "hi" twice'), (2, "5'11\" tall"), (3, '"Big" Joe')],
        "2 records whose quotes are not doubled",
    ),
    "lines.csv": ('id,text\n1,"a\nb"\n2,"c\n\nd"\n', [(1, "a\nb"), (2, "c\n\nd")], ""),
    "polygon.csv": (f'id,shape\n1,"{"x" * 300_000}"\n', [(1, "x" * 300_000)], ""),
    "survey.csv": (
        ",".join(f"q{number}" for number in range(120)) + "\n" + ",".join(map(str, range(120))) + "\n",
        [tuple(range(120))],
        "",
    ),
    # Other kinds.
    "tabs.txt": ("id\tname\n1\ta\n2\tb\n", [(1, "a"), (2, "b")], "separated by tab"),
    "columns.txt": (
        "id   name          amount\n---- ------------- ------\n1    Ann Bee       12.50\n2    Bob            3.10\n",
        [(1, "Ann Bee", Decimal("12.50")), (2, "Bob", Decimal("3.10"))],
        "3 columns of fixed width",
    ),
    "list.json": (
        '[{"a": 12345678901234567890, "b": 3.10}, {"a": 1}]',
        [("12345678901234567890", Decimal("3.10"))],
        "",
    ),
    "wrapped.json": ('{"data": [{"a": 1}, {"a": 2}], "total": 2}', [(1,), (2,)], "the list `data`"),
    "lines.json": ('{"a": 1}\n{"a": 2}\n', [(1,), (2,)], ""),
    "packed.csv.gz": (gzip.compress(b"id,x\n1,2\n"), [(1, 2)], ""),
}
#: Files that cannot be loaded, and why.
BAD: dict[str, tuple[str | bytes, str]] = {
    "pointer.csv": ("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n", "git lfs pull"),
    "page.csv": ("<!DOCTYPE html><html>404</html>", "a web page"),
    "cut.csv.gz": (gzip.compress(b"id\n" + b"1\n" * 9999)[:-20], "damaged"),
    "broken.xlsx": (b"PK\x03\x04x", "no workbook"),
    "really.csv": (b"PK\x03\x04x", "no workbook"),
    "broken.json": ('{"a": [1, ', "no JSON"),
}
#: Files that are left out, and why.
LEFT: dict[str, tuple[str | bytes, str]] = {
    "archive.zip": (b"PK\x03\x04x", "unpack it first"),
    "old.sav": (b"$FL2", "export it as CSV"),
    "settings.json": ('{"name": "x"}', "no list of objects"),
    "notes.txt": ("This is prose, and\nno table of any\nkind, as you see.\n", "without a table"),
    "items.txt": ("- one thing\n- two things\n- three things\n", "without a table"),
}


@pytest.fixture(scope="module")
def loaded(tables: Talk, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("field")
    for name, (content, *_) in {**FILES, **BAD, **LEFT}.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return tables.call("load", database=str(folder / "x.duckdb"), sources=[str(folder)])


@pytest.mark.parametrize("name", FILES)
def test_each_value_is_as_it_was_and_each_decision_is_said(loaded: dict[str, Any], name: str) -> None:
    _, wanted, said = FILES[name]
    [table] = [table for table in loaded["tables"] if table["source"] == name]
    with duckdb.connect(loaded["database"], read_only=True) as opened:
        found = opened.execute(f'FROM "{table["table"]}" LIMIT {len(wanted)}').fetchall()
    assert found == wanted
    assert table["rejected"] == 0
    notes = [finding["detail"] for finding in loaded["findings"] if finding["file"] == name]
    assert said in "; ".join(notes)


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_with_its_reason_and_ends_no_other(loaded: dict[str, Any], name: str) -> None:
    [why] = [f["detail"] for f in loaded["findings"] if (f["rule"], f["file"]) == ("not-loaded", name)]
    assert BAD[name][1] in why


@pytest.mark.parametrize("name", LEFT)
def test_what_is_not_read_is_named_as_left_out(loaded: dict[str, Any], name: str) -> None:
    [why] = [left["why"] for left in loaded["coverage"]["skipped"] if left["path"] == name]
    assert LEFT[name][1] in why


@pytest.fixture
def one(tables: Talk, tmp_path: Path) -> Any:
    def load(name: str, content: bytes | str, **how: Any) -> tuple[dict[str, Any], list[Row]]:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        result = tables.call("load", database=str(tmp_path / "x.duckdb"), sources=[str(tmp_path / name)], **how)
        with duckdb.connect(result["database"], read_only=True) as opened:
            return result, opened.execute(f'FROM "{result["names"][0]}"').fetchall()

    return load


@pytest.mark.parametrize("at", [0, 5, 29])
@pytest.mark.parametrize("column", [1, 2])
def test_an_unclosed_quote_costs_its_own_record(one: Any, at: int, column: int) -> None:
    records = [[str(n), f"Name {n}", f"t{n}"] for n in range(30)]
    records[15][1] = '"a quoted\nname"'
    records[at][column] = f'"{records[at][column]}'
    result, rows = one("t.csv", "id,name,tag\n" + "".join(f"{','.join(record)}\n" for record in records))
    assert (len(rows), result["rejected"]) == (29, 1)
    assert {row[0] for row in rows} == set(range(30)) - {at}
    assert "unclosed quote" in json.dumps(result["findings"])


def test_a_word_among_numbers_costs_no_record_and_is_told(one: Any) -> None:
    result, rows = one("t.csv", "n\n" + "".join(f"{n}\n" for n in range(9)) + "many\n")
    assert (len(rows), rows[9]) == (10, ("many",))
    [finding] = [f for f in result["findings"] if f["rule"] == "mixed"]
    assert (finding["severity"], finding["detail"]) == ("medium", "`n` is no BIGINT in 1 record (10): kept as text")


def test_the_sheets_of_a_workbook_are_tables(tables: Talk, tmp_path: Path) -> None:
    sales = [["Report"], [], ["id", "zip", "ok", 2019, 2020], [1, "01234", True, 1.5, 2], [2, "94105", False, 2.5, 3]]
    write_workbook(tmp_path / "book.xlsx", {"Sales": sales, "Empty": [], "Names": [["n"], ["a"], ["b"]]})
    result = tables.call("load", database=str(tmp_path / "x.duckdb"), sources=[str(tmp_path)])
    assert result["names"] == ["book_Sales", "book_Names"]
    with duckdb.connect(result["database"], read_only=True) as opened:
        assert opened.execute("FROM book_Sales").fetchall() == [(1, "01234", True, 1.5, 2), (2, "94105", False, 2.5, 3)]
        assert [row[0] for row in opened.execute("DESCRIBE book_Sales").fetchall()][3:] == ["2019", "2020"]


def test_a_kind_that_was_not_asked_for_is_named(tables: Talk, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id\n1\n")
    (tmp_path / "b.json").write_text('[{"a": 1}]')
    result = tables.call("load", database=str(tmp_path / "x.duckdb"), sources=[str(tmp_path)], kind="csv")
    assert [(left["path"], left["who"]) for left in result["coverage"]["skipped"]] == [("b.json", "you")]
    assert result["status"] == "pass"
