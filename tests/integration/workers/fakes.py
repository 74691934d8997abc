"""What cannot be had on a machine without a network: an advisory service, and endpoints with bad certificates."""

import datetime
import ipaddress
import json
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

#: What the fake advisory service knows: one advisory, in OSV's schema.
ADVISORY = {
    "id": "GHSA-test-0000-0001",
    "schema_version": "1.6.0",
    "aliases": ["CVE-2018-99999"],
    "summary": "SQL injection in the planted package",
    "affected": [
        {
            "package": {"name": "planted", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2.3"}]}],
        }
    ],
}


class FakeAdvisories:
    """A fake of OSV: it answers `/v1/query` in OSV's shape, and knows one vulnerable version of one package."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                asked = (query["package"]["name"], query["version"])
                fake.asked.append(asked)
                known = {"vulns": [ADVISORY]} if asked == ("planted", "1.0") else {}
                if asked[0] == "breaks":
                    self.send_error(503)
                    return
                body = json.dumps(known).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1/query"


@contextmanager
def advisories() -> Iterator[FakeAdvisories]:
    """The fake advisory service, as long as it is wanted."""
    fake = FakeAdvisories()
    thread = threading.Thread(target=fake.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        fake.server.shutdown()
        fake.server.server_close()
        thread.join(10)


def certificate(folder: Path, *, begins: int = -1, ends: int = 300, name: str = "127.0.0.1", bits: int = 2048) -> Path:
    """A self-signed certificate with its key in one PEM file; begin and end in days from now."""
    key = rsa.generate_private_key(65537, bits)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    general = x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=begins))
        .not_valid_after(now + datetime.timedelta(days=ends))
        .add_extension(x509.SubjectAlternativeName([general]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + made.public_bytes(serialization.Encoding.PEM)
    file = folder / f"{name}{begins}{ends}{bits}.pem"
    file.write_bytes(pem)
    return file


@contextmanager
def endpoint(pem: Path, *, newest: ssl.TLSVersion | None = None, oldest: ssl.TLSVersion | None = None) -> Iterator[str]:
    """A TLS server that shakes hands and nothing else; where it listens."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(pem)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # an old version is just what some of them speak
        context.minimum_version = oldest or ssl.TLSVersion.TLSv1_2
    context.maximum_version = newest or ssl.TLSVersion.MAXIMUM_SUPPORTED
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            plain.settimeout(5)
            try:
                context.wrap_socket(plain, server_side=True).close()
            except OSError:  # who only looks often leaves in the middle
                plain.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)
