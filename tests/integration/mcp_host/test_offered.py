"""Third-party servers, started from the catalogue on this machine: installed at exact versions, listed, one real call.

Python and Node, of both protocol eras. `AETHER_TEST_SERVERS=all` (`make test-servers`) tries every server that is
offered; CI those nine that install in seconds; at home three are tried.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from aether_agents.contracts import ServerSpec, meets
from aether_agents.documents.document import Document
from aether_agents.local.valkey import find_binary
from aether_agents.mcp_host.files.server_file import Declared
from aether_agents.mcp_host.install.installer import install
from aether_agents.mcp_host.install.offers import offered, offers
from aether_agents.mcp_host.pool.host import Host
from aether_agents.mcp_host.pool.probe import Probe, probe

PYTHON = ("time", "fetch", "sqlite", "motherduck", "prometheus")
NODE = ("filesystem", "memory", "everything", "kubernetes")
FEW = ("time", "sqlite", "filesystem")  # at home: what a person likes to wait for
NAMES = (
    tuple(offers())
    if os.environ.get("AETHER_TEST_SERVERS") == "all"
    else PYTHON + NODE
    if os.environ.get("CI")
    else FEW
)

KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{name: none, cluster: {server: "http://127.0.0.1:9"}}]
contexts: [{name: none, context: {cluster: none, user: nobody}}]
current-context: none
users: [{name: nobody, user: {}}]
"""
TOOLS = """\
sources:
  numbers: {kind: sqlite, database: FOLDER/numbers.db}
tools:
  answer: {kind: sqlite-sql, source: numbers, description: The answer, statement: "select 41 + 1 as answer"}
"""
#: What is called of servers whose tools their own configuration makes: here, TOOLS.
WRITTEN = {"toolbox": "answer"}


class Laboratory(NamedTuple):
    """All the servers of this run, installed and open."""

    host: Host
    probes: dict[str, Probe]
    specs: dict[str, ServerSpec]
    folder: Path


def told(folder: Path, port: int) -> dict[str, dict[str, str]]:
    """What each server must be told, with the files it wants."""
    (folder / "kubeconfig").write_text(KUBECONFIG)
    (folder / "tools.yaml").write_text(TOOLS.replace("FOLDER", str(folder)))
    (folder / "shared").mkdir()
    (folder / "shared" / "note.txt").write_text("forty-two\n")
    return {
        "filesystem": {"FOLDER": "shared"},
        "memory": {"MEMORY_FILE_PATH": "memory.jsonl"},
        "sqlite": {"SQLITE_DB": "orders.db"},
        "motherduck": {"DUCKDB_FILE": "data.duckdb"},
        "kubernetes": {"KUBECONFIG": "kubeconfig"},
        "prometheus": {"PROMETHEUS_URL": "http://127.0.0.1:9"},
        "grafana": {"GRAFANA_URL": "http://127.0.0.1:9", "GRAFANA_SERVICE_ACCOUNT_TOKEN": "none"},
        "toolbox": {"TOOLBOX_CONFIG": "tools.yaml"},
        "redis": {"REDIS_URL": f"redis://127.0.0.1:{port}/0"},
    }


def spec_of(name: str, given: dict[str, str], folder: Path) -> ServerSpec:
    """The server, as `servers add` writes it and the registry reads it."""
    entry = json.loads(json.dumps(offered(name).entry(given, folder)))
    document = Document("mcp.json", {"mcpServers": {name: entry}})
    return Declared(name, entry, ("mcpServers", name), document, folder).spec(os.environ, default_cwd=False)


@contextmanager
def redis_on_a_port() -> Iterator[int]:
    """A server to talk to, for those who cannot speak through a socket file; only where it is tried."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    if "redis" not in NAMES:
        yield port
        return
    words = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--daemonize", "no"]
    with subprocess.Popen([str(find_binary()), *words], stdout=subprocess.DEVNULL) as process:
        try:
            yield port
        finally:
            process.kill()


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    """Every server of this run: installed side by side into a home of its own, then probed."""
    if shutil.which("npm") is None:
        if os.environ.get("CI"):
            pytest.fail("npm is not on PATH: the Node servers cannot be tried")
        pytest.skip("npm is not on PATH")
    folder = tmp_path_factory.mktemp("offered")
    import duckdb

    duckdb.connect(str(folder / "data.duckdb")).close()
    with redis_on_a_port() as port:
        given = told(folder, port)
        specs = {name: spec_of(name, given.get(name, {}), folder) for name in NAMES}
        begun = time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(lambda spec: install(spec, folder / "home"), specs.values()))
        print(f"{len(specs)} servers installed in {time.monotonic() - begun:.1f} s")  # noqa: T201 - for -s, and make test-servers
        host = Host(specs, home=folder / "home", connect_timeout=60)
        try:
            with ThreadPoolExecutor(2) as pool:
                probes = list(pool.map(lambda spec: probe(host, spec), specs.values()))
            for found in probes:
                version = specs[found.server].install
                told_of = version.pypi or version.npm if version else ""
                print(found.server, told_of, found.protocol, found.steps, found.warnings, found.error or "works")  # noqa: T201
            yield Laboratory(host, dict(zip(specs, probes, strict=True)), specs, folder)
        finally:
            host.close()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", NAMES)
def test_a_server_of_the_catalogue_installs_starts_and_answers(laboratory: Laboratory, name: str) -> None:
    found = laboratory.probes[name]
    assert found.error is None
    assert found.ok
    assert found.tools
    rows = {row.tool.removeprefix(f"{name}/") for row in laboratory.specs[name].table}
    assert rows <= set(found.tools), "a row of a tool that it does not have"
    if name in WRITTEN:  # its tools are what one writes down, so the catalogue has no call to try
        answer = laboratory.host.call(name, WRITTEN[name], {}, timeout=30)
        assert answer.ok
        assert "42" in str(answer.output)


@pytest.mark.skipif(
    NAMES == FEW, reason="only a few are tried at home: `CI=true` or `make test-servers` tries the others"
)
@pytest.mark.timeout(900)
def test_at_least_eight_of_both_eras_in_python_and_node(laboratory: Laboratory) -> None:
    eras = {name: laboratory.probes[name].protocol for name in NAMES}
    assert len(eras) >= 8
    assert {eras[name] >= "2026" for name in PYTHON} == {True, False}
    assert {eras[name] >= "2026" for name in NODE} == {True, False}


@pytest.mark.timeout(900)
def test_a_server_that_lies_is_found_out_by_its_row(laboratory: Laboratory) -> None:
    rows = {row.tool: row for row in laboratory.specs["sqlite"].table}
    lie = laboratory.host.call("sqlite", "read_query", {"query": "select * from nowhere"}, timeout=20)
    empty = laboratory.host.call("sqlite", "read_query", {"query": "select 1 where 0"}, timeout=20)
    expect = rows["sqlite/read_query"].expect
    assert expect is not None

    assert lie.ok, "it says that nothing went wrong"
    assert not meets(expect, lie.output)
    assert meets(expect, empty.output), "no rows are no failure"
    assert "lies about errors" in " ".join(laboratory.probes["sqlite"].warnings)
    assert laboratory.probes["time"].warnings == ()


@pytest.mark.timeout(900)
def test_a_file_is_read_through_the_filesystem_server_and_no_other(laboratory: Laboratory) -> None:
    read = laboratory.host.call(
        "filesystem", "read_text_file", {"path": str(laboratory.folder / "shared" / "note.txt")}, timeout=20
    )
    outside = laboratory.host.call("filesystem", "read_text_file", {"path": "/etc/passwd"}, timeout=20)
    assert read.output == {"content": "forty-two\n"}
    assert outside.kind == "tool_error"
