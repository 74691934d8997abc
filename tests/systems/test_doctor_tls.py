"""What `doctor` says of a store that speaks TLS, where something about that is wrong: a real Redis, one fault each."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.conftest import eventually
from tests.e2e.terminal import PROGRAM
from tests.systems.conftest import free_port, program, running
from tests.systems.test_store_tls import write_pair


@contextmanager
def store(folder: Path, certificate: str) -> Iterator[tuple[int, int]]:
    """A Redis with that certificate: its port for TLS, and its plain one."""
    secure, plain = free_port(), free_port()
    (folder / "data").mkdir()
    files = {"cert": f"{certificate}.pem", "key": f"{certificate}.key", "ca-cert": "ca.pem"}
    named = [word for name, file in files.items() for word in (f"--tls-{name}-file", str(folder / file))]
    words = ["--port", str(plain), "--tls-port", str(secure), *named, "--tls-auth-clients", "no", "--save", ""]
    with running([program("redis-server"), *words, "--dir", str(folder / "data")], None, folder / "redis.log"):
        eventually(lambda: "Ready to accept connections" in (folder / "redis.log").read_text(), 30)
        yield secure, plain


def findings(folder: Path, address: str, key: Path) -> list[dict[str, str]]:
    """What doctor finds there."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "AETHER_HOME": str(folder / "home"),
        "AETHER_REDIS_URL": address,
        "AETHER_SEALING_KEY_FILE": str(key),
        "AETHER_ROOTS": json.dumps([str(folder)]),
    }
    ran = subprocess.run(
        [PROGRAM, "doctor", "--no-servers", "--json"],
        cwd=folder, env=environ, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert ran.returncode in {0, 1}, ran.stderr
    found: list[dict[str, str]] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize(
    ("certificate", "where", "told"),
    [
        ("server", "rediss://127.0.0.1:{secure}/0?ssl_ca_certs={folder}/ca.pem", ""),
        ("server", "rediss://127.0.0.1:{secure}/0?ssl_ca_certs={folder}/other/ca.pem", "is not trusted here: name its"),
        ("server", "rediss://127.0.0.1:{secure}/0", "is not trusted here: name its authority"),
        ("expired", "rediss://127.0.0.1:{secure}/0?ssl_ca_certs={folder}/ca.pem", "has expired: renew it on the"),
        ("too-early", "rediss://127.0.0.1:{secure}/0?ssl_ca_certs={folder}/ca.pem", "is not valid yet: set the clocks"),
        ("another-host", "rediss://127.0.0.1:{secure}/0?ssl_ca_certs={folder}/ca.pem", "is for another name: write"),
        ("server", "rediss://127.0.0.1:{plain}/0?ssl_ca_certs={folder}/ca.pem", "not speak TLS there"),
        ("server", "redis://127.0.0.1:{secure}/0", "it may speak only TLS there (`rediss://`)"),
        ("server", "rediss://127.0.0.1:{secure}/0?ssl_ca_certs={folder}/gone.pem", "gone.pem, which cannot be read"),
    ],
)
def test_doctor_names_what_is_wrong_with_tls_and_what_it_did_not_try(
    tmp_path: Path, sealing_key: Path, certificate: str, where: str, told: str
) -> None:
    (tmp_path / "other").mkdir()
    for folder in (tmp_path, tmp_path / "other"):
        write_pair(folder, "ca", None)
    with ExitStack() as stack:
        secure, plain = stack.enter_context(store(tmp_path, certificate))
        address = where.format(secure=secure, plain=plain, folder=tmp_path)
        found = findings(tmp_path, address, sealing_key)
    faults = [f"{one['said']} {one['fix']}" for one in found if one["verdict"] == "fail" and one["what"] == "store"]
    untried = [one for one in found if one["what"] == "not tried" and "the store was not asked" in one["said"]]
    if not told:
        assert faults == []
        assert untried == []
        return
    assert len(faults) == 1
    assert told in faults[0]
    assert "aether-agent up" not in faults[0], "an embedded store is no answer to a wrong certificate"
    assert len(untried) == 1
