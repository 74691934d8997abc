"""lynis obeys profiles, plugins and data bases beside it and in a HOME: it is started where there are none."""

from pathlib import Path

from anyio.from_thread import BlockingPortal

from tests.hostile.repositories.canary import Canary
from tests.integration.workers.conftest import talk_with

#: Says in its report where it was started, and obeys what it finds there as lynis does.
PROGRAM = """#!/bin/sh
for name in ./plugins/* ./include/* "$HOME"/plugins/* "$HOME"/include/*; do [ -f "$name" ] && . "$name"; done
while [ $# -gt 0 ]; do [ "$1" = --report-file ] && report=$2; [ "$1" = --log-file ] && log=$2; shift; done
for name in ./custom.prf "$HOME/custom.prf" "$HOME/.lynis/custom.prf"
do [ -f "$name" ] && echo "Reason to skip: Skipped by profile" > "$log"; done
echo "lynis_version=3.0.8" > "$report"
echo "tests_executed=AUTH-1000|AUTH-1001|" >> "$report"
echo "finish=true" >> "$report"
"""


def test_what_lies_beside_lynis_or_in_a_home_has_no_say(portal: BlockingPortal, tmp_path: Path) -> None:
    canary = Canary(tmp_path / "canary")
    home, programs = tmp_path / "home", tmp_path / "bin"
    for folder in ("plugins", "include", "db", ".lynis"):
        (home / folder).mkdir(parents=True)
    for name in ("plugins/plugin_evil_phase1", "include/consts", "include/functions"):
        (home / name).write_text(f"{canary.shell('lynis')}\n")
    for name in ("custom.prf", "default.prf", ".lynis/custom.prf"):
        (home / name).write_text("skip-test=A-1\n")
    programs.mkdir()
    (programs / "lynis").write_text(PROGRAM)
    (programs / "lynis").chmod(0o755)
    with talk_with("hardening", portal, home, programs, HOME=str(home)) as talk:
        result = talk.call("audit")
    assert result["coverage"]["checks"] == 2
    assert canary.sprung == []
    assert not [gap for gap in result["coverage"]["gaps"] if "profile" in gap]
