"""What is asked of uv, and where packages come from. No network: uv is a script here."""

import sys
from pathlib import Path

import pytest

from aether_agents.contracts import ServerSpec
from aether_agents.errors import InvalidSettings, ServerDown
from aether_agents.mcp_host.install import package_managers as module
from aether_agents.mcp_host.install.installer import install, installed
from aether_agents.mcp_host.install.package_index import uv_environment
from aether_agents.mcp_host.process.launch import launch


def server(pypi: str = "thing==1.0", *with_: str) -> ServerSpec:
    return ServerSpec.model_validate(
        {"name": "thing", "command": "thing-server", "install": {"pypi": pypi, "with": with_}, "source": "x/.mcp.json"}
    )


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A uv that notes what it was asked, and makes what it should; `fail` beside it makes it fail."""
    script, asked = tmp_path / "uv", tmp_path / "asked"
    script.write_text(
        f"#!{sys.executable}\n"
        "import os, pathlib, sys, time\n"
        f"log = pathlib.Path({str(asked)!r})\n"
        "log.open('a').write(' '.join(sys.argv[1:]) + '\\n')\n"
        f"here = pathlib.Path({str(tmp_path)!r})\n"
        "if (here / 'fail').exists(): print('error: no such thing'); sys.exit(2)\n"
        "if (here / 'hang').exists(): print('Resolving', flush=True); time.sleep(60)\n"
        "if sys.argv[1] == 'venv':\n"
        "    bin = pathlib.Path(sys.argv[-1], 'bin'); bin.mkdir(parents=True)\n"
        "    (bin / 'thing-server').write_text('#!/bin/sh\\n'); (bin / 'thing-server').chmod(0o755)\n"
        "else: print('Installed 1 package')\n",
        encoding="utf-8",
    )
    script.chmod(0o755)
    monkeypatch.setattr(module, "find_uv", lambda: str(script))
    return asked


def test_a_server_is_installed_once_and_its_program_is_found_there_first(tmp_path: Path, uv: Path) -> None:
    home, told = tmp_path / "home", list[str]()

    first = install(server("thing==1.0", "mcp<2"), home, told.append)
    second = install(server("thing==1.0", "mcp<2"), home, told.append)

    asked = uv.read_text(encoding="utf-8").splitlines()
    assert (first, second) == (True, False)
    assert len(asked) == 2
    assert asked[0].startswith("venv ")
    assert asked[1].startswith("pip install --compile-bytecode --python ")
    assert asked[1].endswith(" -- thing==1.0 mcp<2")
    assert told == ["thing: an environment for thing==1.0 mcp<2", "thing: Installed 1 package", "thing: installed"]
    started = launch(server("thing==1.0", "mcp<2"), home)
    assert Path(started.command) == home / "servers" / "thing" / "venv" / "bin" / "thing-server"
    assert started.env["PATH"].startswith(str(home / "servers" / "thing" / "venv" / "bin"))


def test_another_version_or_constraint_is_another_environment(tmp_path: Path, uv: Path) -> None:
    install(server("thing==1.0"), tmp_path)

    assert installed(server("thing==1.0"), tmp_path)
    assert not installed(server("thing==1.1"), tmp_path)
    assert not installed(server("thing==1.0", "mcp<2"), tmp_path)
    with pytest.raises(ServerDown, match="run `aether-agent servers install thing`"):
        launch(server("thing==1.1"), tmp_path)


def test_the_environment_before_the_last_is_removed(tmp_path: Path, uv: Path) -> None:
    for version in ("1.0", "1.1", "1.2"):
        install(server(f"thing=={version}"), tmp_path)

    assert len(list((tmp_path / "servers" / "thing").glob("env-*"))) == 2
    assert installed(server("thing==1.2"), tmp_path)


def test_a_failure_has_uvs_words_and_the_fix_and_changes_nothing(tmp_path: Path, uv: Path) -> None:
    install(server("thing==1.0"), tmp_path)
    (tmp_path / "fail").touch()

    with pytest.raises(ServerDown) as caught:
        install(server("thing==2.0"), tmp_path)

    assert "failed (exit code 2)" in str(caught.value)
    assert "  error: no such thing" in str(caught.value)
    assert "`aether-agent servers install thing` again" in str(caught.value)
    assert installed(server("thing==1.0"), tmp_path)


def test_an_installation_without_end_is_ended(tmp_path: Path, uv: Path) -> None:
    (tmp_path / "hang").touch()

    with pytest.raises(ServerDown, match=r"took too long"):
        install(server(), tmp_path, seconds=0.5)


@pytest.mark.parametrize(
    ("pypi", "with_", "words"),
    [
        ("thing", (), "exact version"),
        ("thing>=1", (), "exact version"),
        ("thing==1.*", (), "exact version"),
        ("--index-url=http://evil", (), "exact version"),
        ("thing @ http://evil/x.whl", (), "exact version"),
        ("thing==1.0", ("--extra-index-url=http://evil",), "not a constraint"),
        ("thing==1.0", ("mcp <2, but not really",), "not a constraint"),
    ],
)
def test_only_exact_versions_and_true_constraints(
    tmp_path: Path, uv: Path, pypi: str, with_: tuple[str, ...], words: str
) -> None:
    with pytest.raises(InvalidSettings, match=words):
        install(server(pypi, *with_), tmp_path)

    assert not uv.exists(), "uv was not even asked"


def test_a_server_without_install_needs_none(tmp_path: Path, uv: Path) -> None:
    plain = ServerSpec(name="plain", command="sh")

    assert not install(plain, tmp_path)
    assert installed(plain, tmp_path)


def test_pips_own_settings_are_told_to_uv(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text(
        "[global]\nindex-url = https://a/simple\nextra-index-url =\n  https://b/simple\n  https://c/simple\n"
        "[install]\nfind-links = /wheels\n",
        encoding="utf-8",
    )

    env = uv_environment({"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "HOME": str(tmp_path), "VIRTUAL_ENV": "/ours"})

    assert env["UV_DEFAULT_INDEX"] == "https://a/simple"
    assert env["UV_INDEX"] == "https://b/simple https://c/simple"
    assert env["UV_FIND_LINKS"] == "/wheels"
    assert env["UV_SYSTEM_CERTS"] == "1"
    assert "VIRTUAL_ENV" not in env


def test_pips_environment_goes_before_its_files_and_uvs_own_before_both(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://file/simple\n", encoding="utf-8")
    environ = {"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "HOME": str(tmp_path)}

    told = uv_environment({**environ, "PIP_INDEX_URL": "https://env/simple"})
    own = uv_environment({**environ, "UV_INDEX_URL": "https://uv/simple", "UV_SYSTEM_CERTS": "0"})

    assert told["UV_DEFAULT_INDEX"] == "https://env/simple"
    assert "UV_DEFAULT_INDEX" not in own
    assert own["UV_SYSTEM_CERTS"] == "0"


def test_a_broken_pip_conf_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("not an ini file", encoding="utf-8")

    env = uv_environment({"PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "HOME": str(tmp_path)})

    assert env["UV_NO_PROGRESS"] == "1"
