"""A store that cannot be reached: what is said names the cause and its own fix, not the same advice for all."""

import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from aether_agents.errors import StoreUnavailable
from aether_agents.local.valkey import ValkeyServer
from aether_agents.settings.model import Settings
from aether_agents.store import open_store


def said(settings: Settings, url: str) -> str:
    """What is said of an address that leads to nothing."""
    broker = settings.broker.model_copy(update={"url": url})
    own = settings.model_copy(update={"broker": broker})
    with pytest.raises(StoreUnavailable) as caught, open_store(own) as store:
        store.connection.command("PING")
    return str(caught.value)


def free_port() -> int:
    """A port of loopback that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


@pytest.fixture
def tls(tmp_path: Path) -> Iterator[int]:
    """The port of somebody who speaks TLS alone, with a certificate that nobody knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "own.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "own.pem")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def serve() -> None:
            with suppress(OSError):
                while True:
                    taken, _ = listening.accept()
                    with suppress(OSError), taken:
                        context.wrap_socket(taken, server_side=True).close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield port
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def test_a_certificate_that_nobody_knows(settings: Settings, tls: int) -> None:
    assert "name its authority in the address (`?ssl_ca_certs=" in said(settings, f"rediss://127.0.0.1:{tls}/0")


def test_a_server_that_speaks_only_tls(settings: Settings, tls: int) -> None:
    assert "it may speak only TLS there (`rediss://`)" in said(settings, f"redis://127.0.0.1:{tls}/0")


def test_a_server_that_speaks_no_tls(settings: Settings, tmp_path: Path) -> None:
    with ValkeyServer(tmp_path / "plain") as server:
        broker = settings.broker.model_copy(update={"url": server.url})
        with open_store(settings.model_copy(update={"broker": broker})) as store:
            port = free_port()
            store.connection.command("CONFIG", "SET", "port", port)
        text = said(settings, f"rediss://127.0.0.1:{port}/0")
    assert "TLS there" in text
    assert "`redis://` is without TLS" in text


def test_nobody_listens_and_no_such_host(settings: Settings) -> None:
    address = f"redis://127.0.0.1:{free_port()}/0"
    assert "start it, or fix the address in AETHER_REDIS_URL" in said(settings, address)
    assert "no host is called `nowhere.invalid` here" in said(settings, "redis://nowhere.invalid:6379/0")
