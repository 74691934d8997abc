"""Reports: known shapes become blocks, hostile text is inert, the same content gives the same files."""

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.integration.servers.content import Tags, scan, write
from workers.dev.servers.reports.markdown import code, fenced, plain
from workers.dev.servers.reports.reading import clean, read_sections

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


def test_lists_that_a_section_names_are_shown_as_tables_beneath_its_findings(tmp_path: Path) -> None:
    content = scan(path="/shop") | {"checks": [{"check": "memory", "note": "plenty"}]}
    _, html, markdown = write(tmp_path, {"title": "This machine", "content": content, "tables": ["checks", "absent"]})
    assert "#### Checks\n\n| check | note |\n|---|---|\n| memory | plenty |" in markdown
    assert "<h4>Checks</h4>" in html
    assert "<h3>" not in html, "one thing needs no heading of its own"
    assert write(tmp_path, {"title": "Lost", "content": None, "tables": ["checks"]})[0].status == "inconclusive"


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
