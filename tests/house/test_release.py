"""A release: the version has its dated section, and what `make release` looks at finds what is wrong."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import aether_agents

ROOT = Path(__file__).parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
faults = runpy.run_path(str(ROOT / ".ci" / "release"))["faults"]


def test_this_version_is_released_with_a_date_and_headlines_first() -> None:
    section = re.search(rf"^## {aether_agents.__version__} \(\d{{4}}-\d\d-\d\d\)\n\n(\w+)", CHANGELOG, re.MULTILINE)
    assert section is not None
    assert section[1] == "Headlines"


def test_the_command_line_shows_it() -> None:
    program = Path(sys.executable).with_name("aether-agent")
    shown = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    assert aether_agents.__version__ in shown


@pytest.mark.parametrize(
    ("changelog", "changed", "said"),
    [
        ("## Unreleased\n\n## 1.0.0 (2026-01-02)\n", "", []),
        ("## Unreleased\n\nNothing yet.\n\n## 1.0.0 (2026-01-02)\n", "", []),
        ("## Unreleased\n\n- something\n\n## 1.0.0 (2026-01-02)\n", "", ["something under Unreleased"]),
        ("## Unreleased\n\n## 0.9.0 (2026-01-02)\n", "", ["no section `## 1.0.0"]),
        ("## 1.0.0 (2026-01-02)\n", " M file\n", ["not all is committed"]),
    ],
)
def test_what_speaks_against_a_release_is_said(changelog: str, changed: str, said: list[str]) -> None:
    found = faults(changelog, "1.0.0", changed)
    assert len(found) == len(said)
    assert all(part in fault for part, fault in zip(said, found, strict=True))
