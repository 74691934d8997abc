"""What the manual says of settings, of their defaults and of files is so."""

import ast
import re
import subprocess
from collections.abc import Iterator
from importlib import import_module
from inspect import signature
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
from pydantic import BaseModel

from aether_agents.cli.terminal import exit_codes
from aether_agents.contracts import EventType
from aether_agents.settings.model import Settings

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ("README.md", "SECURITY.md", "CONTRIBUTING.md", "AGENTS.md")
FOLDERS = ("docs", "deploy", "examples")
PAGES = [*(ROOT / name for name in TEXTS), *(page for name in FOLDERS for page in sorted((ROOT / name).rglob("*.md")))]

#: Words that begin like a key of the settings: names of entries of the audit record.
ENTRIES = r"audit\.(?:checkpoint|refused|retired|rolled_back)"
ENTRY = r"((?:audit|brake|call|server|store|subtask|task|trust|worker)\.[a-z_]+)"
#: What no page of ours means as a file of the checkout.
ELSEWHERE = r"\.git/config|\.cursor/mcp\.json|AETHER_HOME/.*|site/|dist/|deploy/\.env"
FILE = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|md|yaml|yml|toml|lua|acl|json|env|conf)|tests/[\w./-]+)`")
TEST = re.compile(r"`(test_\w+\.py)`")


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models of settings in an annotation."""
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    if is_model and annotation.__module__.startswith("aether_agents.settings"):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from models(inner)


def keys(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, Any]]:
    """Every key with its default; in the place of a name that people choose there is `*`."""
    for name, field in model.model_fields.items():
        place = f"{path}{name}"
        yield place, field.get_default(call_default_factory=True)
        for inner in models(field.annotation):
            yield from keys(inner, f"{place}.*." if "dict" in str(field.annotation) else f"{place}.")


KEYS = dict(keys(Settings))
PATTERNS = [re.compile(re.escape(key).replace(r"\*", r"[^.]+") + "$") for key in KEYS]
TRACKED = subprocess.run(
    ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.splitlines()


def faults(text: str) -> Iterator[str]:
    """What a page says that is not so."""
    for key in re.findall(r"`([a-z_]+(?:\.[a-z_*]+)+)`", text):
        is_key = key.partition(".")[0] in Settings.model_fields and not re.fullmatch(ENTRIES, key)
        if is_key and not any(one.match(key) for one in PATTERNS):
            yield f"there is no setting {key}"
    for key, number in re.findall(r"`([a-z_.]+)`(?: seconds| percent)? \((\d[\d,]*)\)", text):
        known = [value for name, value in KEYS.items() if name == key or name.endswith(f".{key}")]
        if known and int(number.replace(",", "")) not in known:
            yield f"{key} is {known}, not {number}"
    for name in FILE.findall(text):
        ends = (name.rstrip("/"), f"/{name.rstrip('/')}")
        there = any(
            file == ends[0] or file.endswith(ends[1]) or f"/{file}".startswith(f"{ends[1]}/") for file in TRACKED
        )
        if not there and not re.fullmatch(ELSEWHERE, name):
            yield f"there is no file {name}"
    for name in re.findall(r"-m ((?:aether_agents|tests|beat|workers)[\w.]*)", text):
        place = ROOT / name.replace(".", "/")
        if not place.with_suffix(".py").is_file() and not (place / "__main__.py").is_file():
            yield f"python -m {name} runs nothing"
    yield from (f"there is no test {name}" for name in TEST.findall(text) if not list((ROOT / "tests").rglob(name)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_settings_defaults_and_files_as_they_are(page: Path) -> None:
    assert list(faults(page.read_text(encoding="utf-8"))) == []


def test_readme_names_every_exit_code() -> None:
    said = (ROOT / "README.md").read_text(encoding="utf-8").partition("Exit codes: ")[2].partition(".\n")[0]
    codes = {value for name, value in vars(exit_codes).items() if name.isupper() and isinstance(value, int)}
    assert {int(number) for number in re.findall(r"\b\d+\b", said)} == codes


def test_the_page_of_the_record_lists_the_entries_that_are_written() -> None:
    """Events are no entries; their list is closed and stands on another page."""
    page = (ROOT / "docs/concepts/record.md").read_text(encoding="utf-8")
    listed = set(re.findall(f"`{ENTRY}`", page.partition("**Entries.**")[2].partition("\n\n")[0]))
    code = [name for name in TRACKED if name.startswith(("aether_agents/", "beat/")) and name.endswith((".py", ".lua"))]
    named = {kind for name in code for kind in re.findall(f'"{ENTRY}"', (ROOT / name).read_text(encoding="utf-8"))}
    events = {one.value for one in EventType}
    files = {one for one in named if one.endswith((".py", ".json", ".lock", ".lua"))}
    assert named - events - files <= listed
    assert listed <= named


def test_what_is_not_so_would_be_found() -> None:
    text = "`delivery.graze`, `delivery.grace` seconds (31), `delivery.grace` (30), `tests/none/test_x.py`, "
    text += "`test_none.py`, `python -m beat.none`, `python -m tests.benchmarks`"
    assert list(faults(text)) == [
        "there is no setting delivery.graze",
        "delivery.grace is [30], not 31",
        "there is no file tests/none/test_x.py",
        "python -m beat.none runs nothing",
        "there is no test test_none.py",
    ]


BLOCKS = [
    (str(page.relative_to(ROOT)), block)
    for page in PAGES
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
]


@pytest.mark.parametrize(("page", "block"), BLOCKS, ids=[f"{page}-{at}" for at, (page, _) in enumerate(BLOCKS)])
def test_programs_on_a_page_import_and_call_what_there_is(page: str, block: str) -> None:
    tree = ast.parse(f"async def shown():\n{indent(block, '    ')}", page)
    imported = {
        alias.name: getattr(import_module(node.module or ""), alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and callable(imported.get(node.func.id)):
            given = {one.arg: None for one in node.keywords if one.arg}
            signature(imported[node.func.id]).bind_partial(*node.args, **given)
