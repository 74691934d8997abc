"""Logins at remote servers: against a real authorisation server, and against those that lie."""

import asyncio
import multiprocessing
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from aether_agents.contracts import ServerSpec
from aether_agents.errors import LoginFailed
from aether_agents.mcp_host.authorization.addresses import visited
from aether_agents.mcp_host.authorization.bearer import Bearer
from aether_agents.mcp_host.authorization.device_flow import Code, log_in_by_code
from aether_agents.mcp_host.authorization.login_flow import log_in
from aether_agents.mcp_host.authorization.login_store import Login, LoginStore
from aether_agents.mcp_host.authorization.loopback import loopback
from aether_agents.mcp_host.pool.host import Host
from aether_agents.store.client.sealing import Keyring, Sealer
from tests.integration.mcp_host.protected import Choice, browse, holds, protected
from tests.servers import FOLDER

#: What is installed, from whatever registry npm is set to.
PROVIDER = "oidc-provider@9.13.3"
SECRET = "s" * 32
KEY = Sealer(Keyring({"k": b"0" * 32}))


@pytest.fixture(scope="session")
def provider() -> Path:
    """The authorisation server's folder, installed once. Where it cannot be: a failure in CI, a skip at home."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aether-agents-tests" / PROVIDER
    if not (cache / "node_modules" / "oidc-provider").is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        npm = shutil.which("npm")
        said = "npm is not there" if npm is None else subprocess.run(
            [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(cache), PROVIDER],
            capture_output=True, text=True, timeout=240, check=False).stderr  # fmt: skip
        if not (cache / "node_modules" / "oidc-provider").is_dir():
            why = f"{PROVIDER} could not be installed: {said[-400:]}"
            if os.environ.get("CI"):
                pytest.fail(why)
            pytest.skip(why)
    return cache


@contextmanager
def authorising(folder: Path, port: int, resource: str, seconds: int) -> Iterator[None]:
    script = folder / "authorisation.mjs"
    script.write_text((FOLDER / "authorisation.mjs").read_text(encoding="utf-8"), encoding="utf-8")
    words = ["node", str(script), str(port), resource, SECRET, str(seconds)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            assert any("listens" in line for line in process.stdout), "it ended"
            yield
        finally:
            process.kill()


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def logged_in(server: str, owner: str = "local", context: str = "local") -> Login:
    async def flow() -> Login:
        async with loopback() as place:

            async def show(address: str) -> None:
                browser.append(asyncio.create_task(asyncio.to_thread(browse, address)))

            browser: list[asyncio.Task[str]] = []
            try:
                return await log_in(server, place.address, show, place.answer, owner=owner, context=context)
            finally:
                await asyncio.gather(*browser, return_exceptions=True)

    return asyncio.run(flow())


def spec(url: str, **more: object) -> ServerSpec:
    return ServerSpec.model_validate(
        {"name": "far", "queue": "dev", "url": url, "trusted": True, "mode": "legacy", **more}
    )


@contextmanager
def opened(home: Path, url: str, **more: object) -> Iterator[Host]:
    host = Host({"far": spec(url, **more)}, home=home, logins=LoginStore(home, KEY))
    try:
        yield host
    finally:
        host.close()


def me() -> tuple[str, str]:
    return "local", "local"


def refresh_elsewhere(home: str, url: str, name: str, told: "multiprocessing.Queue[str]") -> None:
    told.put(Bearer(LoginStore(Path(home), KEY), name, url).token())


def test_a_real_authorisation_server_gives_a_token_that_is_renewed_by_one_process_at_a_time(
    provider: Path, tmp_path: Path
) -> None:
    port = free_port()
    resource = [""]
    choice = Choice(
        issuer=f"http://127.0.0.1:{port}",
        good=lambda token: bool(token) and holds(token, SECRET, resource[0], time.time()),
    )
    with protected(choice) as server, authorising(provider, port, server.url, 600):
        resource[0] = server.url
        login = logged_in(server.url)
        logins = LoginStore(tmp_path, KEY)
        name = logins.keep(login)
        assert (login.resource, login.scope, bool(login.refresh_token)) == (server.url, "tools", True)
        with opened(tmp_path, server.url) as host:
            assert [tool.name for tool in host.tools("far")] == ["who"]
            answer = host.call("far", "who", timeout=20, who=me)
            assert answer.ok
            assert login.access_token not in str(answer.output), "a token is redacted, wherever a server repeats it"

        logins.keep(login.model_copy(update={"expires_at": time.time() - 1}))
        context = multiprocessing.get_context("spawn")
        told: multiprocessing.Queue[str] = context.Queue()
        racing = [
            context.Process(target=refresh_elsewhere, args=(str(tmp_path), server.url, name, told)) for _ in range(3)
        ]
        for process in racing:
            process.start()
        tokens = {told.get(timeout=60) for _ in racing}
        for process in racing:
            process.join(30)
        assert len(tokens) == 1, "a refresh token that is used twice ends the login"
        assert tokens != {login.access_token}
        with opened(tmp_path, server.url) as host:
            assert host.call("far", "who", timeout=20, who=me).ok


def by_code(server: str, visit: Callable[[Code], str] = lambda code: browse(code.whole)) -> Login:
    """A login by a code; its page is visited as a person does."""

    async def flow() -> Login:
        async def show(code: Code) -> None:
            browser.append(asyncio.create_task(asyncio.to_thread(visit, code)))

        browser: list[asyncio.Task[str]] = []
        try:
            return await log_in_by_code(server, show, owner="local", context="local")
        finally:
            await asyncio.gather(*browser, return_exceptions=True)

    return asyncio.run(flow())


def test_a_code_typed_into_a_page_is_a_login_too(provider: Path, tmp_path: Path) -> None:
    port, resource = free_port(), [""]
    choice = Choice(
        issuer=f"http://127.0.0.1:{port}",
        good=lambda token: bool(token) and holds(token, SECRET, resource[0], time.time()),
    )
    with protected(choice) as server, authorising(provider, port, server.url, 600):
        resource[0] = server.url
        login = by_code(server.url)
        assert (login.resource, login.scope, bool(login.refresh_token)) == (server.url, "tools", True)
        name = LoginStore(tmp_path, KEY).keep(login.model_copy(update={"expires_at": time.time() - 1}))
        assert Bearer(LoginStore(tmp_path, KEY), name, server.url).token() != login.access_token
        with pytest.raises(LoginFailed, match="refused on that page"):
            by_code(server.url, lambda code: browse(code.whole, "abort"))


@pytest.mark.parametrize(
    ("lie", "says"),
    [
        ("codeless", "gives out no codes .* without `--device`"),
        ("codes", "is not https"),
        ("page", "is not https"),
        ("late", "nobody typed the code in time"),
        ("refused", "gives no code .unauthorized_client."),
        ("issuer", "issuer mismatch"),
    ],
)
def test_a_code_of_one_that_lies_is_shown_to_nobody(lie: str, says: str) -> None:
    with protected(Choice(lie=lie)) as server:
        visited_pages: list[Code] = []
        with pytest.raises(LoginFailed, match=says):
            by_code(server.url, lambda code: visited_pages.append(code) or "")
        assert (visited_pages == []) is (lie != "late")
        assert not any(server.seen)


@pytest.mark.parametrize(
    ("lie", "says"),
    [
        ("issuer", "issuer mismatch"),
        ("state", "State parameter mismatch"),
        ("iss", "iss mismatch"),
        ("resource", "does not match"),
        ("private", "10.0.0.1, which is no public address"),
        ("plain", "is not https"),
        ("browser", "is not https"),
        ("token", "is not https"),
        ("redirect", "307"),
        ("pkce", "does not do PKCE"),
        ("denied", "said no: access_denied"),
    ],
)
def test_one_that_lies_gets_nothing(lie: str, says: str) -> None:
    with protected(Choice(lie=lie)) as server:
        with pytest.raises(LoginFailed, match=says):
            logged_in(server.url)
        assert not any(server.seen)
        exchanged = [form for form in server.forms if "code_verifier" in form]
        assert exchanged == [] or lie == "redirect", "the code is given to nobody that lied before it came"


def test_a_login_is_bound_to_its_server_and_sealed_to_its_owner(tmp_path: Path) -> None:
    with protected(Choice()) as server, protected(Choice()) as other:
        login = logged_in(server.url, owner="ann")
        assert server.forms[0]["resource"] == server.url
        assert server.forms[0]["code_challenge_method"] == "S256"
        logins = LoginStore(tmp_path, KEY)
        name = logins.keep(login)
        assert (logins.of(server.url, "ann", "local"), logins.of(server.url, "bob", "local")) == (name, "")
        assert logins.of(other.url, "ann", "local") == logins.of(server.url, "ann", "prod") == ""
        file = next((tmp_path / "logins").glob("*.sealed"))
        assert login.access_token.encode() not in file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0
        with pytest.raises(LoginFailed, match="for another server"):
            logins.read(name, other.url)
        moved = logins.keep(login.model_copy(update={"owner": "bob"}))
        (tmp_path / "logins" / f"{moved}.sealed").write_bytes(file.read_bytes())  # ann's in the place of bob's
        with pytest.raises(LoginFailed, match="cannot be read"):
            logins.read(moved, server.url)


def test_each_owner_calls_with_his_own_login_and_nobody_else_with_any(tmp_path: Path) -> None:
    with protected(Choice()) as server, opened(tmp_path, server.url) as host:
        without = host.call("far", "who", timeout=20, who=me)
        assert (without.kind, without.sent) == ("transport", False)
        assert "log in with `aether-agent servers login far`" in str(without.error)
        logins = LoginStore(tmp_path, KEY)
        tokens = {}
        for owner in ("ann", "bob"):
            login = logged_in(server.url, owner=owner)
            tokens[owner] = login.access_token
            logins.keep(login)
        del server.seen[:]
        for owner in ("ann", "bob", "ann"):
            assert host.call("far", "who", timeout=20, who=lambda owner=owner: (owner, "local")).ok
            assert server.seen[-1] == tokens[owner]
        refused = host.call("far", "who", timeout=20, who=lambda: ("eve", "local"))
        assert (refused.ok, server.seen[-1]) == (False, "")
        logins.forget(server.url, "ann", "local")
        assert not host.call("far", "who", timeout=20, who=lambda: ("ann", "local")).ok


def test_a_token_that_the_server_refuses_is_renewed_once(tmp_path: Path) -> None:
    spoilt: set[str] = set()
    with protected(Choice(good=lambda token: token.startswith("good") and token not in spoilt)) as server:
        login = logged_in(server.url)
        LoginStore(tmp_path, KEY).keep(login)
        with opened(tmp_path, server.url) as host:
            assert host.call("far", "who", timeout=20, who=me).ok
            spoilt.add(login.access_token)
            assert host.call("far", "who", timeout=20, who=me).ok
            form = server.forms[-1]
            assert (form["grant_type"], form["refresh_token"], form["resource"]) == (
                "refresh_token", login.refresh_token, server.url,
            )  # fmt: skip


def test_a_login_that_has_ended_says_what_to_do(tmp_path: Path) -> None:
    with protected(Choice()) as server:
        ended = {"expires_at": 1.0, "refresh_token": None}
        LoginStore(tmp_path, KEY).keep(logged_in(server.url).model_copy(update=ended))
        with opened(tmp_path, server.url) as host:
            result = host.call("far", "who", timeout=20, who=me)
    assert (result.kind, result.sent) == ("transport", False)
    assert "its login has ended; log in with `aether-agent servers login far`" in str(result.error)


def test_a_token_in_the_file_goes_before_a_login(tmp_path: Path) -> None:
    with protected(Choice()) as server:
        LoginStore(tmp_path, KEY).keep(logged_in(server.url))
        with opened(tmp_path, server.url, headers={"Authorization": "Bearer goodown"}) as host:
            assert host.call("far", "who", timeout=20, who=me).ok
        assert server.seen[-1] == "goodown"


@pytest.mark.parametrize(
    "address",
    ["http://login.example/x", "https://127.0.0.1/x", "https://10.1.2.3/", "https://169.254.169.254/latest",
     "https://[::1]/", "https://[fe80::1]/", "https://[::ffff:10.0.0.1]/", "https://localhost/", "https://0.0.0.0/",
     "https://192.168.1.1.:8443/", "file:///etc/passwd", "https://user@203.0.113.9/", "https://100.64.0.1/"],
)  # fmt: skip
def test_where_a_login_does_not_go(address: str) -> None:
    with pytest.raises(LoginFailed):
        visited(address, local=False)


def test_a_browser_that_comes_from_elsewhere_is_no_answer() -> None:
    async def tried() -> tuple[bytes, bool]:
        async with loopback() as place:
            port = int(place.address.rpartition(":")[2].partition("/")[0])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /callback?code=evil&state=x HTTP/1.1\r\nHost: evil.example\r\n\r\n")
            said = await reader.read()
            writer.close()
            await writer.wait_closed()
            waiting = asyncio.create_task(place.answer())
            done, _ = await asyncio.wait([waiting], timeout=0.2)
            waiting.cancel()
            return said, bool(done)

    said, done = asyncio.run(tried())
    assert said.startswith(b"HTTP/1.1 404")
    assert not done
