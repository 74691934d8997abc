"""The files of a report: whole or not at all, the same for the same content, and its owner's."""

import json
import re
import stat
from pathlib import Path

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from tests.integration.servers.content import Tags, scan, write
from workers.dev.servers.reports.writing import write_report


def test_only_known_pages_about_rules_are_links(tmp_path: Path) -> None:
    good, bad = "https://docs.astral.sh/ruff/rules/unused-import", "https://docs.astral.sh.evil.example/x"
    rows = [{"rule": "F401", "severity": "low", "file": "f", "help": page} for page in (good, bad)]
    _, html, markdown = write(tmp_path, scan(findings=rows))
    assert good in html
    assert f"(<{good}>)" in markdown
    assert "evil.example" not in html + markdown


def test_the_same_content_gives_the_same_files(tmp_path: Path) -> None:
    first, html, _ = write(tmp_path, scan())
    before = Path(first.html).stat().st_mtime_ns
    second, again, _ = write(tmp_path, scan())
    assert (second, again) == (first, html)
    assert Path(first.html).stat().st_mtime_ns == before
    assert len(list(tmp_path.iterdir())) == 2


def test_other_content_replaces_them(tmp_path: Path) -> None:
    write(tmp_path, "old words")
    assert "old words" not in write(tmp_path, "new words")[1]
    assert len(list(tmp_path.iterdir())) == 2


def test_a_damaged_file_is_written_again(tmp_path: Path) -> None:
    written, html, _ = write(tmp_path, scan())
    Path(written.html).write_text("half")
    assert write(tmp_path, scan())[1].splitlines()[10:] == html.splitlines()[10:]


def test_a_report_is_for_its_owner_only(tmp_path: Path) -> None:
    written, _, _ = write(tmp_path / "new", scan())
    assert stat.S_IMODE(Path(written.html).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_a_link_in_the_way_is_replaced_and_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "report.html").symlink_to(victim)
    write(folder, scan())
    assert victim.read_text() == "mine"


def test_one_file_with_no_outside_parts(tmp_path: Path) -> None:
    page = Tags(write(tmp_path, scan())[1])
    assert not {"script", "iframe", "object"} & set(page.tags)
    assert [value for name, value in page.attributes if name == "href"] == ["data:,", "#s1"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ToolError, match="file/below' cannot be made"):
        write_report("t", [], str(tmp_path / "file" / "below"))


def test_a_relative_folder_is_refused() -> None:
    with pytest.raises(ToolError, match="not an absolute path"):
        write_report("t", [], "reports")


def test_without_a_folder_it_gets_one_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written = write_report("Repository audit", [scan()], None)
    assert re.fullmatch(
        r"reports/repository-audit-[0-9a-f]{8}/report.html", str(Path(written.path).relative_to(tmp_path))
    )


def test_too_much_to_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="32 MiB at most"):
        write_report("t", ["x" * (33 << 20)], str(tmp_path))


def test_strange_numbers_do_not_break_it(tmp_path: Path) -> None:
    odd = json.loads('{"counts": {"high": "many"}, "coverage": 3, "score": null, "findings": [1, {"line": "x"}]}')
    assert write(tmp_path, scan(**odd))[0].findings.total == 1
