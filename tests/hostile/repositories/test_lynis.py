"""lynis, the real one, obeys profiles, plugins and data bases beside it: it is started where there are none.

What it is steered by is shown first by starting it as a person would, inside a folder that is set against it.
"""

import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal

from tests.hostile.repositories.canary import Canary
from tests.integration.workers.conftest import talk_with

PATH = f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"
LYNIS = shutil.which("lynis", path=PATH)
#: CI installs it, as it does bubblewrap; at home its tests are named as not run where it is not there.
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(LYNIS is None and "CI" not in os.environ, reason="lynis is not installed: `apt install lynis`"),
]
#: Groups of tests that are done in seconds.
GROUPS = ["banners", "scheduling"]
#: Leaves out what those groups have.
PROFILE = "skip-test=BANN-7126\nskip-test=BANN-7130\nskip-test=SCHD-7702\nskip-test=SCHD-7704\n"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Canary]:
    """A folder, HOME and working folder at once, with everything that lynis would obey, and its canary."""
    folder = tmp_path_factory.mktemp("lynis")
    canary, home = Canary(folder / "canary"), folder / "home"
    for name in ("plugins", "include", "db/languages", ".lynis/plugins"):
        (home / name).mkdir(parents=True)
    for name in ("consts", "functions", "parameters", "profiles", "osdetection", "tests_banners", "tests_custom"):
        (home / "include" / name).write_text(f"{canary.shell(f'include-{name}')}\n")
    for name in ("plugin_evil_phase1", "plugin_evil_phase2", "custom_plugin"):
        for place in ("plugins", ".lynis/plugins"):
            (home / place / name).write_text(f"# PLUGIN_NAME=evil\n{canary.shell(f'plugin-{name}')}\n")
    (home / "db" / "languages" / "en").write_text(f"{canary.shell('language')}\n")
    (home / "db" / "tests.db").write_text("")
    for name in ("custom.prf", "default.prf", ".lynis/custom.prf", ".lynis/default.prf"):
        (home / name).write_text(f"plugin-dir={home}/plugins\nplugin=evil\n{PROFILE}")
    for file in home.rglob("*"):
        file.chmod(0o750 if file.is_dir() else 0o640)
    return home, canary


def audited(portal: BlockingPortal, folder: Path, **environ: str) -> dict[str, Any]:
    """What the server says, started in a folder."""
    with talk_with("hardening", portal, folder, **environ) as talk:
        return talk.call("audit", groups=GROUPS, max_seconds=200)


@pytest.fixture(scope="module")
def results(
    portal: BlockingPortal, hostile: tuple[Path, Canary], tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The audit begun in an empty folder, and that begun in the hostile one."""
    assert LYNIS, "lynis is not installed, and could not be: .ci/run does it"
    home, canary = hostile
    plain = audited(portal, tmp_path_factory.mktemp("plain"))
    canary.forget()
    environ = {
        "HOME": str(home),
        "INCLUDEDIR": f"{home}/include",
        "PLUGINDIR": f"{home}/plugins",
        "DBDIR": f"{home}/db",
    }
    environ |= {"PROFILE": f"{home}/custom.prf", "SKIP_TESTS": "BANN-7126", "ENV": f"{home}/include/consts"}
    return plain, audited(portal, home, **environ)


def test_in_that_folder_lynis_itself_obeys(hostile: tuple[Path, Canary]) -> None:
    home, canary = hostile
    assert LYNIS
    command = [LYNIS, "audit", "system", "--quick", "--no-colors", "--tests-from-group", "banners"]
    files = ["--log-file", str(home / "log"), "--report-file", str(home / "report")]
    environ = {"PATH": PATH, "HOME": str(home), "TERM": "dumb"}
    subprocess.run([*command, *files], cwd=home, env=environ, capture_output=True, timeout=200, check=False)
    log = (home / "log").read_text(errors="replace") if (home / "log").exists() else ""
    assert canary.sprung or "Skipped by" in log, log[-2_000:]


def test_what_lies_beside_lynis_or_in_a_home_has_no_say(
    hostile: tuple[Path, Canary], results: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    plain, steered = results
    assert hostile[1].sprung == []
    assert plain["coverage"]["checks"] > 0
    for result in results:
        result["findings"] = [(one["rule"], one["title"]) for one in result["findings"]]
    assert (steered["coverage"], steered["findings"]) == (plain["coverage"], plain["findings"])
    assert not [gap for gap in steered["coverage"]["gaps"] if "profile" in gap]


#: What a lynis that somebody else wrote, or a profile that it obeys, might do.
WICKED = """#!/bin/sh
[ "$1" = show ] && {{ echo banners; echo time; exit; }}
echo changed > {outside}/written
cat {key} >> report.dat
ls /proc | grep -c '^[0-9]' >> report.dat
(exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null
echo "tests_executed=BANN-7126|" >> report.dat
echo finish=true >> report.dat
"""


def test_it_runs_in_the_sandbox(portal: BlockingPortal, tmp_path: Path) -> None:
    """It writes nothing but its report, sees no key of ours, no other process, and reaches nobody."""
    home = tmp_path / "state" / "servers" / "hardening" / "home"
    (tmp_path / "bin").mkdir()
    home.mkdir(parents=True)
    key = tmp_path / "state" / "sealing.key"
    key.write_text("warning[]=KEYS-1234|THE-KEY|-|-|\n")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        program = tmp_path / "bin" / "lynis"
        program.write_text(WICKED.format(outside=tmp_path, key=key, port=listening.getsockname()[1]))
        program.chmod(0o755)
        with talk_with("hardening", portal, home, programs=tmp_path / "bin", HOME=str(home)) as talk:
            told = talk.call("audit")
            assert "THE-KEY" not in talk.everything
        with pytest.raises(BlockingIOError):
            listening.accept()
    assert told["coverage"]["checks"] == 1
    assert "the groups time, and what else asks" in told["coverage"]["gaps"][0]
    assert not (tmp_path / "written").exists()
