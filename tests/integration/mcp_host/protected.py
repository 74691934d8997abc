"""An MCP server that asks for a login, and says where; an authorisation server beside it that can lie; a browser."""

import base64
import hashlib
import hmac
import json
import re
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

METADATA = "/.well-known/oauth-protected-resource/mcp"


class Protected(NamedTuple):
    """The server, and what it saw."""

    url: str
    #: Tokens presented to it, in the order in which they came; empty for none.
    seen: list[str]
    #: Forms sent to the authorisation server beside it.
    forms: list[dict[str, str]]


class Choice(NamedTuple):
    """How the server is to be."""

    #: The authorisation server it names; the one beside it without.
    issuer: str = ""
    #: Whether a token is good.
    good: Callable[[str], bool] = lambda token: token.startswith("good")
    #: In what the one beside it lies.
    lie: str = ""
    #: What its tool answers; without it, who called.
    content: list[dict[str, Any]] | None = None


@contextmanager
def protected(choice: Choice) -> Iterator[Protected]:
    """The server in a thread."""
    seen: list[str] = []
    forms: list[dict[str, str]] = []

    class Handler(_Handler):
        asked, kept, sent = choice, seen, forms

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Protected(f"http://127.0.0.1:{server.server_address[1]}/mcp", seen, forms)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: Choice
    kept: list[str]
    sent: list[dict[str, str]]

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    @property
    def own(self) -> str:
        return f"http://{self.headers['Host']}"

    def say(self, status: int, body: object = None, **headers: str) -> None:
        content = json.dumps(body).encode() if body is not None else b""
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self) -> None:
        lie, path = self.asked.lie, urllib.parse.urlsplit(self.path)
        if path.path == METADATA:
            resource = "http://127.0.0.1:1/mcp" if lie == "resource" else f"{self.own}/mcp"
            issuer = {"private": "https://10.0.0.1", "plain": "http://login.example"}.get(
                lie, self.asked.issuer or self.own
            )
            self.say(200, {"resource": resource, "authorization_servers": [issuer], "scopes_supported": ["tools"]})
        elif path.path.startswith("/.well-known/oauth-authorization-server") and not self.asked.issuer:
            self.say(200, self.metadata())
        elif path.path == "/authorize":
            query = dict(urllib.parse.parse_qsl(path.query))
            self.sent.append(query)
            state = "another" if lie == "state" else query["state"]
            back = {"code": "c0de", "state": state, "iss": "http://127.0.0.1:1" if lie == "iss" else self.own}
            if lie == "denied":
                back = {"error": "access_denied", "state": state}
            self.say(302, Location=f"{query['redirect_uri']}?{urllib.parse.urlencode(back)}")
        else:
            self.say(404)

    def metadata(self) -> dict[str, Any]:
        lie, own = self.asked.lie, self.own
        return {
            "issuer": "http://127.0.0.1:1" if lie == "issuer" else own,
            "authorization_endpoint": "http://10.0.0.1/authorize" if lie == "browser" else f"{own}/authorize",
            "token_endpoint": "http://10.0.0.1/token" if lie == "token" else f"{own}/token",
            "registration_endpoint": f"{own}/register",
            "response_types_supported": ["code"],
            "authorization_response_iss_parameter_supported": True,
            **({} if lie == "codeless" else {"device_authorization_endpoint": self.codes}),
            **({} if lie == "pkce" else {"code_challenge_methods_supported": ["S256"]}),
        }

    @property
    def codes(self) -> str:
        return "http://10.0.0.1/codes" if self.asked.lie == "codes" else f"{self.own}/codes"

    def give_code(self) -> None:
        if self.asked.lie == "refused":
            self.say(400, {"error": "unauthorized_client"})
            return
        page = "http://10.0.0.1/device" if self.asked.lie == "page" else f"{self.own}/device"
        lasts = 0.3 if self.asked.lie == "late" else 60
        code = {"device_code": "dev1ce", "user_code": "ABCD", "verification_uri": page}
        self.say(200, {**code, "interval": 0.1, "expires_in": lasts})

    def do_DELETE(self) -> None:
        self.say(200)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/register":
            self.say(201, {**json.loads(body), "client_id": "cl1ent"})
        elif self.path == "/codes":
            self.give_code()
        elif self.path == "/token":
            self.sent.append(dict(urllib.parse.parse_qsl(body.decode())))
            if "device_code" in self.sent[-1]:
                self.say(400, {"error": "authorization_pending"})
                return
            if self.asked.lie == "redirect":
                self.say(307, Location="http://127.0.0.2:9/token")
            else:
                self.say(200, {"access_token": f"good{len(self.sent)}", "token_type": "Bearer", "expires_in": 3600,
                               "refresh_token": f"again{len(self.sent)}"})  # fmt: skip
        else:
            self.call(json.loads(body))

    def call(self, asked: dict[str, Any]) -> None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        self.kept.append(token)
        number, method = asked.get("id"), asked.get("method")
        if not self.asked.good(token):
            where = f'Bearer resource_metadata="{self.own}{METADATA}"'
            self.say(401, {"error": "invalid_token"}, WWW_Authenticate=where)
        elif number is None:
            self.say(202)
        elif method == "initialize":
            result = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}}
            self.say(200, {"jsonrpc": "2.0", "id": number,
                           "result": {**result, "serverInfo": {"name": "p", "version": "1"}}})  # fmt: skip
        elif method == "tools/list":
            self.say(200, {"jsonrpc": "2.0", "id": number, "result": {"tools": [{"name": "who", "inputSchema": {}}]}})
        else:
            text = {"type": "text", "text": f"you are {token}"}
            self.say(200, {"jsonrpc": "2.0", "id": number, "result": {"content": self.asked.content or [text]}})


def holds(token: str, secret: str, resource: str, now: float) -> bool:
    """Whether a signed token is of that authorisation server, for that resource, and not at its end."""
    head, _, rest = token.partition(".")
    body, _, signature = rest.partition(".")
    made = hmac.new(secret.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    if base64.urlsafe_b64encode(made).decode().rstrip("=") != signature:
        return False
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    return bool(claims["aud"] == resource and claims["exp"] > now)


def browse(address: str, button: str = "") -> str:
    """What a person does in a browser: follow, log in, consent, until there is nothing more to do.

    `button`: one that he presses in the place of the first that says yes.
    """
    policy = DefaultCookiePolicy(rfc2965=True, strict_ns_domain=DefaultCookiePolicy.DomainLiberal)
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar(policy)))
    target, sent = address, None
    for _ in range(6):
        try:
            with opener.open(target, sent, timeout=20) as page:
                text, place = page.read().decode(), page.geturl()
        except urllib.error.HTTPError as refusal:  # a page too, with a socket to close
            with refusal:
                text, place = refusal.read().decode(), target
        form = re.search(r'<form[^>]*action="([^"]+)"', text)
        if form is None:
            return str(text)
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text))
        if button and f'name="{button}"' in text:
            fields |= {button: "yes"}
            fields.pop("confirm", None)
        if 'name="login"' in text:
            fields |= {"login": "person", "password": "any"}
        target, sent = urllib.parse.urljoin(place, form[1]), urllib.parse.urlencode(fields).encode()
    raise AssertionError("the login does not end")
