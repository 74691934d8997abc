"""Reports: known shapes become blocks, hostile text is inert, the same content gives the same files."""

import json
import re
import stat
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from mcp.server.mcpserver.exceptions import ToolError

from workers.dev.servers.reports.markdown import code, fenced, plain
from workers.dev.servers.reports.reading import clean, read_sections
from workers.dev.servers.reports.writing import write_report
from workers.dev.servers.reports.written import Written

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "`code` ``more`` ```",
    "a | b | c",
    "\n\n# heading\n\n- list\n",
    "</td></tr></table><h1>out</h1>",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "\x1b[31mred\x1b[0m \x00 \u202egnirts",
    '" onmouseover="alert(1)',
    "<https://evil.example>",
    "https://evil.example/x",
    "1. one",
    "&lt;b&gt;",
    "--><script>",
]


def scan(**changed: Any) -> dict[str, Any]:
    known: dict[str, Any] = {
        "scanner": "a scan",
        "path": "/repository",
        "status": "fail",
        "summary": "1 finding in 2 files",
        "counts": {"high": 1, "total": 1},
        "findings": [
            {"rule": "B602", "title": "Shell", "severity": "high", "file": "a.py", "line": 4, "status": "present"}
        ],
        "truncated": False,
        "coverage": {"files": 2, "lines": 10, "commits": 1, "skipped": [], "skipped_total": 0, "gaps": []},
    }
    return known | changed


def write(folder: Path, *sections: Any, title: str = "Audit", **more: str) -> tuple[Written, str, str]:
    written = write_report(title, sections, str(folder), **more)
    return written, Path(written.html).read_text(), Path(written.markdown).read_text()


class Tags(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend((name, value or "") for name, value in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_verdict_and_the_counts_are_of_all_sections(tmp_path: Path) -> None:
    written, _, markdown = write(
        tmp_path,
        scan(),
        scan(status="pass", findings=[], counts={}),
        scan(findings=[], counts={"low": 3, "critical": 1}),
    )
    assert written.status == "fail"
    assert written.worst == "critical"
    assert written.findings.model_dump() == {"critical": 1, "high": 1, "medium": 0, "low": 3, "info": 0, "total": 5}
    assert "**FAIL**: 5 findings (1 critical, 1 high, 3 low), worst: critical" in markdown


def test_one_inconclusive_section_makes_a_clean_report_inconclusive(tmp_path: Path) -> None:
    clean_scan = scan(status="pass", findings=[], counts={})
    assert write(tmp_path, clean_scan, scan(status="inconclusive", findings=[], counts={}))[0].status == "inconclusive"


def test_a_section_that_was_not_delivered_is_said_to_be_missing(tmp_path: Path) -> None:
    written, html, markdown = write(tmp_path, {"title": "Recent commits", "content": None})
    assert written.status == "inconclusive"
    assert "Nothing was delivered for this section" in html
    assert "Nothing was delivered for this section" in markdown


def test_a_report_without_a_scan_has_no_verdict(tmp_path: Path) -> None:
    written, html, _ = write(tmp_path, "just text")
    assert (written.status, written.worst, written.findings.total) == (None, None, 0)
    assert "just text" in html


def test_the_list_of_a_fan_out_becomes_one_block_each(tmp_path: Path) -> None:
    _, html, markdown = write(tmp_path, {"title": "Scans", "content": [scan(path="/one"), scan(path="/two")]})
    assert "### `/one`" in markdown
    assert "### `/two`" in markdown
    assert html.count("<article>") == 2


def test_what_was_not_covered_stands_in_the_summary(tmp_path: Path) -> None:
    covered = {
        "files": 2,
        "gaps": ["old commits"],
        "skipped": [{"path": "x.bin", "why": "not text"}],
        "skipped_total": 9,
    }
    _, html, markdown = write(tmp_path, scan(coverage=covered))
    assert "| a scan | FAIL | 1 | 2 files | old commits |" in markdown
    assert "Left out (9)" in html
    assert "x.bin" in html


def test_findings_are_sorted_and_remarks_are_apart() -> None:
    rows = [{"rule": s, "severity": s, "file": "f"} for s in ("low", "info", "critical", "nonsense")]
    (section,) = read_sections([scan(findings=rows)])
    assert [row.severity for row in section.blocks[0].findings] == ["critical", "low", "low"]
    assert [row.severity for row in section.blocks[0].remarks] == ["info"]


def test_gits_log_becomes_a_table(tmp_path: Path) -> None:
    log = (
        "Commit history:\nCommit: 0123456789abcdef\nAuthor: Eve\nDate: 2026-11-22 12:34:54+00:00\n"
        "Message: First\n\nbody\n\n"
        "Commit: fedcba9876543210\nAuthor: Bob\nDate: 2026-11-21 10:00:00+00:00\nMessage: Second\n"
    )
    _, html, markdown = write(tmp_path, {"title": "Commits", "content": log})
    assert "| 0123456789 | 2026-11-22 12:34 | Eve | First  body |" in markdown
    assert "Second" in html


def test_a_list_of_objects_becomes_a_table_and_an_object_a_list_of_facts(tmp_path: Path) -> None:
    _, _, markdown = write(
        tmp_path, [{"name": "a", "size": 1}, {"name": "b", "ok": True}], {"total_size": 3, "none": None}
    )
    assert "| name | size | ok |" in markdown
    assert "| b |  | yes |" in markdown
    assert "| total size | 3 |" in markdown


def test_a_score_shows_its_reasons(tmp_path: Path) -> None:
    quality = scan(
        score=68, grade="C", explanation=["lint: -2"], measures={"recent_commits": 4}, hot=[{"file": "a.py"}]
    )
    _, html, markdown = write(tmp_path, quality)
    assert "**68 of 100, grade C**" in markdown
    assert "lint: -2" in html
    assert "Files where work pays first" in html


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_inert_in_html(tmp_path: Path, hostile: str) -> None:
    finding = dict.fromkeys(("rule", "title", "file", "detail", "status", "masked", "help", "commit"), hostile)
    sections = [
        {"title": hostile, "content": scan(path=hostile, summary=hostile, findings=[{**finding, "severity": hostile}])},
        scan(
            coverage={"gaps": [hostile], "skipped": [{"path": hostile, "why": hostile}]}, score=1, explanation=[hostile]
        ),
        [{hostile: hostile}],
        hostile,
        f"Commit history:\nCommit: {'a' * 40}\nAuthor: {hostile}\nDate: x\nMessage: {hostile}\n",
    ]
    _, html, _ = write(tmp_path, *sections, title=hostile, subject=hostile, task=hostile)
    benign = Tags(write(tmp_path / "benign", "x")[1])
    page = Tags(html)
    assert not {"script", "img", "iframe"} & set(page.tags)
    assert page.tags.count("h1") == benign.tags.count("h1") == 1
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert all(re.fullmatch(r"#s\d+|data:,", value) for name, value in page.attributes if name in ("href", "src"))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", html)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_is_inert_in_markdown(tmp_path: Path, hostile: str) -> None:
    finding = dict.fromkeys(("rule", "title", "file", "detail", "status", "masked", "help"), hostile)
    sections = [
        {"title": hostile, "content": scan(path=hostile, summary=hostile, findings=[{**finding, "severity": "high"}])},
        [{hostile: hostile}],
        hostile,
    ]
    _, _, markdown = write(tmp_path, *sections, title=hostile, subject=hostile, task=hostile)
    page = MarkdownIt("commonmark", {"html": True}).enable("table").parse(markdown)
    kinds = [token.type for part in page for token in [part, *(part.children or [])]]
    assert kinds.count("html_block") == 1, "our own mark on top, and nothing else"
    assert not {"html_inline", "image", "link_open"} & set(kinds)
    assert kinds.count("heading_open") == 1 + 3
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", markdown)


@pytest.mark.parametrize("text", HOSTILE)
def test_escaped_text_reads_as_it_was_written(text: str) -> None:
    shown = clean(text)
    (token,) = [t for t in MarkdownIt("commonmark").parse(plain(shown)) if t.type == "inline"]
    assert "".join(child.content for child in token.children or []) == shown


def test_code_and_fences_hold_any_backticks() -> None:
    assert code("a``b") == "``` a``b ```"
    assert fenced("````").startswith("`````text\n")


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
