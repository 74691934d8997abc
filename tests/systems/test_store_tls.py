"""A store that takes nobody without a certificate: Redis with `--tls-auth-clients yes`, under a worker and a beat."""

import datetime
import ipaddress
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from aether_agents.errors import StoreUnavailable
from aether_agents.process.broker_address import checked
from aether_agents.settings.model import (
    BrokerSettings,
    DeliverySettings,
    EncryptionSettings,
    ScheduleSettings,
    Settings,
)
from aether_agents.store import open_store
from tests.conftest import eventually
from tests.integration.beat.test_beat import beating
from tests.integration.execution.conftest import laboratory
from tests.integration.execution.lab import Lab, step
from tests.systems.conftest import free_port, program, running


def write_pair(
    folder: Path,
    name: str,
    issuer: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None,
    *,
    host: str = "127.0.0.1",
    days: tuple[float, float] = (-1, 1),
) -> None:
    """A certificate and its key as `NAME.pem` and `NAME.key`; without an issuer, its own authority.

    It is for that host, from the first of the days to the last, counted from now.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    by, signer = issuer or (own, key)
    made = (
        x509.CertificateBuilder(by, own, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    (folder / f"{name}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    if issuer is None:
        for one in ("server", "client"):
            write_pair(folder, one, (own, key))
        write_pair(folder, "another-host", (own, key), host="192.0.2.7")
        write_pair(folder, "expired", (own, key), days=(-9, -2))
        write_pair(folder, "too-early", (own, key), days=(3, 9))


@pytest.fixture
def store_port(tmp_path: Path) -> Iterator[int]:
    """A Redis that speaks TLS alone, and only with those who have a certificate of its authority."""
    server, port = program("redis-server"), free_port()
    write_pair(tmp_path, "ca", None)
    files = {"cert": "server.pem", "key": "server.key", "ca-cert": "ca.pem"}
    named = [word for name, file in files.items() for word in (f"--tls-{name}-file", str(tmp_path / file))]
    words = ["--port", "0", "--tls-port", str(port), *named, "--tls-auth-clients", "yes", "--save", "", "--dir"]
    with running([server, *words, str(tmp_path)], None, tmp_path / "redis.log"):
        eventually(lambda: "Ready to accept connections" in (tmp_path / "redis.log").read_text(), 30)
        yield port


@pytest.fixture
def settings(store_port: int, tmp_path: Path, sealing_key: Path) -> Settings:
    """Settings that reach it, in Celery's own spelling."""
    return Settings(
        broker=BrokerSettings(url=address(store_port, tmp_path), prefix=f"t{uuid4().hex[:10]}"),
        encryption=EncryptionSettings(key_file=sealing_key),
        delivery=DeliverySettings(lease=4, stale=1, pump=0.1, concurrency=4, grace=2),
        schedules={"often": ScheduleSettings(every=1, task="look")},
        home=tmp_path / "home",
        project=tmp_path,
    )


def address(port: int, folder: Path, **other: str) -> str:
    """The store's address; `other` names other files."""
    files = {"ssl_ca_certs": "ca.pem", "ssl_certfile": "client.pem", "ssl_keyfile": "client.key", **other}
    named = "&".join(f"{option}={folder / file}" for option, file in files.items() if file)
    return checked(f"rediss://127.0.0.1:{port}/0?ssl_cert_reqs=CERT_REQUIRED&{named}")


@pytest.fixture
def lab(settings: Settings, tmp_path: Path) -> Iterator[Lab]:
    """A laboratory on that store."""
    yield from laboratory(settings, tmp_path, names=("dev",))


def test_a_plan_and_a_schedule_go_their_way(lab: Lab, tmp_path: Path) -> None:
    lab.worker(["dev"])
    with beating(lab.settings, tmp_path / "beat.log"):
        lab.launch([step("tls", "a"), step("tls", "b", ["a"])], "tls")
        assert lab.ended("tls") == "completed"
        eventually(lambda: lab.store.schedules.notes().get("often"), what="beat fires")


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"ssl_certfile": "", "ssl_keyfile": ""}, "it wants a certificate of ours: name it and its key"),
        ({"ssl_keyfile": "server.key"}, "do not belong together"),
        ({"ssl_ca_certs": "gone.pem"}, "gone.pem, which cannot be read (No such file or directory)"),
        ({"ssl_ca_certs": "client.pem"}, "its certificate is not trusted here: name its authority"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_told(
    settings: Settings, store_port: int, tmp_path: Path, other: dict[str, str], told: str
) -> None:
    broker = settings.broker.model_copy(update={"url": address(store_port, tmp_path, **other)})
    with pytest.raises(StoreUnavailable) as caught:
        open_store(settings.model_copy(update={"broker": broker}))
    assert told in str(caught.value)
