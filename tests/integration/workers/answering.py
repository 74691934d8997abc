"""Servers of the tests' own that answer well, badly or not at all, and certificates with planted faults."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """A certificate authority of the tests' own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.sent = b""  #: what is sent beside its certificates, since nobody knows it
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Test Authority")
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        made = (
            _builder(self._name, self._name, self._key, -1, 365)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
        )
        self.file = folder / "authority.pem"
        self.file.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def below(self, *, ends: int, begins: int = -90) -> "Authority":
        """An authority that this one vouches for; what it issues comes with its certificate."""
        made = Authority.__new__(Authority)
        made._folder, made._key, made._name = self._folder, ec.generate_private_key(ec.SECP256R1()), _name("Issuing CA")
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        public = self._key.public_key()
        signed = (
            _builder(made._name, self._name, made._key, begins, ends)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        made.sent = signed.public_bytes(serialization.Encoding.PEM)
        made.file = self.file
        return made

    def issue(self, *names: str, begins: int = -90, ends: int = 60) -> Path:
        """A certificate and its key in one file; it begins and ends so many days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        public = self._key.public_key()
        made = (
            _builder(_name(names[0]), self._name, key, begins, ends)
            .add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        path = self._folder / f"{names[0]}.{begins}.{ends}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM) + self.sent)
        return path


class _Page(BaseHTTPRequestHandler):
    """Pages: one that is well, one that fails, redirects, one too large, one that never ends."""

    def do_GET(self) -> None:
        page = self.path.partition("?")[0]
        if page == "/here":
            return self._redirect("/well?token=planted-token")
        if page == "/away":
            return self._redirect("http://other.invalid/well")
        if page == "/metadata":
            return self._redirect("http://169.254.169.254/latest/meta-data/")
        if page == "/round":
            return self._redirect("/round")
        if page == "/drip":
            return self._drip()
        body = b"all is well, \xe5\x85\xa8\xe3\x81\xa6\xe8\x89\xaf\xe3\x81\x97" if page != "/big" else b"x" * (3 << 20)
        self.send_response(500 if page == "/broken" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def _redirect(self, place: str) -> None:
        self.send_response(302)
        self.send_header("Location", place)
        self.end_headers()

    def _drip(self) -> None:
        """A header that goes on, a byte at a time, until the other side has had enough."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not self.server.ended.wait(0.1):  # type: ignore[attr-defined]
            self.wfile.write(b"x")
            self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


class _Web(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that breaks off is what some tests are about."""


@contextmanager
def web(certificate: Path | None = None) -> Iterator[int]:
    """A web server on this machine, over TLS with a certificate; its port."""
    server = _Web(("127.0.0.1", 0), _Page)
    server.ended = threading.Event()  # type: ignore[attr-defined]
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.ended.set()  # type: ignore[attr-defined]
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def saying(*answers: bytes) -> Iterator[int]:
    """A port that says these bytes to whoever asks for something, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65_536)
                    connection.sendall(b"".join(answers))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(10)


@contextmanager
def silent() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


def closed() -> int:
    """A port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, begins: int, ends: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=begins))
        .not_valid_after(now + timedelta(days=ends, hours=1))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
