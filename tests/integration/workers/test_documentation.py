"""The server `documentation`: pages of strangers' code, of which nothing runs, and what has no docstring."""

import json
import os
from pathlib import Path

from tests.integration.workers.conftest import Talk
from tests.integration.workers.planted import Planted

TILL = '''"""The till. See `Coin` and https://example.com/till."""

from shop.coins import Coin


class Till(Coin):
    """Counts.

    Args:
        first: the first coin.
    """

    limit: int = 3
    """How many it takes."""

    async def take(self, coin: Coin, *, many: int = 1) -> "Coin | None":
        """Take a coin."""

    def empty(self): ...


def _own(): ...
'''


def built(documentation: Talk, repository: Planted, **args: object) -> tuple[dict[str, object], Path]:
    folder = repository.folder.parent / "site"
    return documentation.call("build", path=str(repository.folder), folder=str(folder), **args), folder


def test_pages_are_written_and_what_is_undocumented_is_named(documentation: Talk, repository: Planted) -> None:
    repository.write("shop/__init__.py", '"""A shop."""\n__all__ = ["Till"]\nfrom .till import Till\n')
    repository.write("shop/till.py", TILL)
    repository.write("shop/coins.py", "class Coin:\n    pass\n")
    repository.write("tests/test_till.py", "def test(): ...\n")
    result, folder = built(documentation, repository)
    assert (result["status"], result["pages"], result["percent"]) == ("fail", 3, 57.1)
    assert [(f["rule"], f["file"], f["line"]) for f in result["findings"]] == [  # type: ignore[attr-defined]
        ("undocumented-class", "shop/coins.py", 1),
        ("undocumented-module", "shop/coins.py", 1),
        ("undocumented-function", "shop/till.py", 19),
    ]
    assert result["modules"][0] == {"module": "shop.coins", "file": "shop/coins.py", "things": 2, "documented": 0}  # type: ignore[index]
    page = (folder / "shop" / "till.html").read_text()
    for part in ("How many it takes.", "async def", "first:", 'href="coins.html#Coin"', "example.com/till"):
        assert part in page, part
    assert "_own" not in page
    assert "Take a coin." in (folder / "shop.html").read_text()  # `__all__` hands it on
    assert Path(str(result["html"])).is_file()
    again, _ = built(documentation, repository)
    assert again == result
    assert documentation.call("remove", folder=str(folder)) == {
        "removed": ["index.html", "shop.html", "shop/coins.html", "shop/till.html"],
        "kept": [],
    }
    assert not folder.exists()
    assert documentation.call("remove", folder=str(folder))["removed"] == []


def test_enough_is_a_pass_and_the_rest_is_worth_knowing(documentation: Talk, repository: Planted) -> None:
    repository.write("a.py", '"""a"""\ndef f(): ...\n')
    result, _ = built(documentation, repository, least=50)
    assert (result["status"], result["worst"]) == ("pass", "info")
    assert str(result["summary"]).startswith("50 % documented (50 % wanted)")


def test_nothing_of_the_repository_is_run(documentation: Talk, repository: Planted, tmp_path: Path) -> None:
    planted = f"open({str(tmp_path / 'ran')!r}, 'w')"
    for name in ("pdoc.py", "jinja2.py", "json.py", "sitecustomize.py", "documentation/program.py"):
        repository.write(name, f'"""x"""\n{planted}\n')
    repository.write("pdoc/templates/module.html.jinja2", "planted")
    repository.write(
        "lure.py",
        f'"""x"""\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {planted}\n'
        f'class C({planted}, metaclass={planted}):\n    """c"""\n    x: "{planted}" = {planted}\n'
        f'@{planted}\ndef f(a: {planted} = {planted}) -> "{planted}":\n    """f"""\n__all__ = ["C", "f", {planted}]\n',
    )
    result, folder = built(documentation, repository)
    assert result["pages"] == 6
    assert "planted" not in (folder / "lure.html").read_text()
    assert not (tmp_path / "ran").exists()


def test_a_docstring_reads_no_file_and_runs_no_script(documentation: Talk, repository: Planted, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("the planted secret")
    link = "[x](javascript:alert(1)) ![i](../secret.md) <img src='../secret.md'> <script>alert(1)</script>"
    repository.write(
        "a.py", f'"""A.\n\n.. include:: ../secret.md\n\n.. note:: take care\n\n# <b>{link}</b>\n\n{link}\n"""\n'
    )
    repository.write(
        "b.py",
        f'"""b"""\nclass C(x["<script>alert(2)</script>"]):\n    """{link}"""\ny = "<script>alert(3)</script>"\n',
    )
    built(documentation, repository)
    for name in ("a", "b"):
        page = (repository.folder.parent / "site" / f"{name}.html").read_text()
        assert "<script" not in page
        assert 'href="javascript' not in page
        assert "planted secret" not in page
        assert "Content-Security-Policy" in page
    assert "take care" in (repository.folder.parent / "site" / "a.html").read_text()


def test_code_that_kills_its_reader_is_a_gap_and_the_rest_is_written(documentation: Talk, repository: Planted) -> None:
    repository.write("bomb.py", "x = " + "(" * 50_000 + ")" * 50_000 + "\n")
    repository.write("broken.py", "def f(:\n")
    repository.write("twice.py", '"""t"""\ndef f(a, a):\n    """f"""\n')
    long = " + ".join(["'a'"] * 900)
    repository.write(
        "long.py", f'"""l"""\nsum = {long}\ndef f(a={long}, b: {"a." * 900}a = 0x{"f" * 5_000}):\n    """f"""\n'
    )
    repository.write("index.py", '"""i"""\n')
    repository.write(f"{'n' * 252}.py", '"""n"""\n')
    (repository.folder / "away.py").symlink_to("/etc/hostname")
    result, _ = built(documentation, repository)
    assert (result["status"], result["pages"]) == ("inconclusive", 2)
    gaps = result["coverage"]["gaps"]  # type: ignore[index]
    assert {gap.split(":")[0][:9] for gap in gaps} == {"away.py", "bomb.py", "broken.py", "index.py", "n" * 9}


def test_nothing_to_document_is_not_clean(documentation: Talk, repository: Planted) -> None:
    repository.write("main.go", "package main\n")
    result, folder = built(documentation, repository)
    assert (result["status"], result["html"], folder.exists()) == ("inconclusive", None, False)


def test_what_is_there_is_never_overwritten_or_taken_away(documentation: Talk, repository: Planted) -> None:
    repository.write("a.py", '"""a"""\n')
    site = repository.folder.parent / "site"
    site.mkdir()
    (site / "mine.html").write_text("mine")
    refused = documentation.refusal("build", path=str(repository.folder), folder=str(site))
    assert "is there already" in refused
    assert "it stays" in documentation.refusal("remove", folder=str(site))
    (site / ".documentation.json").write_text(json.dumps({"../mine.html": "x"}))
    assert "it stays" in documentation.refusal("remove", folder=str(site))
    (site / ".documentation.json").write_text(json.dumps({"\0/mine.html": "x", "\ud800.html": "x"}))
    assert "it stays" in documentation.refusal("remove", folder=str(site))
    (site / ".documentation.json").unlink()
    os.mkfifo(site / ".documentation.json")
    assert "it stays" in documentation.refusal("remove", folder=str(site))
    (site / ".documentation.json").unlink()
    (site / "mine.html").unlink()
    site.rmdir()
    built(documentation, repository)
    (site / "a.html").write_text("mine")
    assert documentation.call("remove", folder=str(site)) == {"removed": ["index.html"], "kept": ["a.html"]}
    assert (site / "a.html").read_text() == "mine"


def test_too_little_time_is_a_gap_and_leaves_nothing(documentation: Talk, repository: Planted) -> None:
    repository.write("a.py", '"""a"""\n')
    result, folder = built(documentation, repository, max_seconds=0.01)
    assert (result["status"], folder.exists()) == ("inconclusive", False)
    assert not [path for path in folder.parent.iterdir() if path.name.startswith(".documentation")]
