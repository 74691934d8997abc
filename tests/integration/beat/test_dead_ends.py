"""Receivers as they are: one hangs, one answers late, one of two refuses, one sends elsewhere, a clock is set back."""

import json
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from aether_agents.settings.upkeep import AlertSettings
from aether_agents.store import Store
from beat import channels as paces
from beat import recipients
from beat.alerts import MOST, Alert, AlertSender
from beat.channels import Channel, Channels, channels_of
from beat.finding_changes import Found
from tests.conftest import eventually

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the modules apprise imports


@contextmanager
def mailbox(answer: Callable[[BaseHTTPRequestHandler, list[str]], None]) -> Iterator[tuple[str, list[str]]]:
    """A receiver over HTTP: its address, and the titles it heard."""
    heard: list[str] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.append(said["title"])
            answer(self, heard)

        def do_GET(self) -> None:
            ok(self, heard)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Ear) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"json://127.0.0.1:{server.server_port}/", heard
        server.shutdown()
        thread.join(5)


def ok(handler: BaseHTTPRequestHandler, _: list[str]) -> None:
    handler.send_response(200)
    handler.end_headers()


def sender(store: Store, **places: str) -> tuple[AlertSender, Channels]:
    """A sender whose channels are real, and run."""
    settings = AlertSettings(to=tuple(f"env:{name}" for name in places))
    made = channels_of(settings, store, places)
    made.start()
    return AlertSender(settings, store, made), made


def told(store: Store) -> dict[str, int]:
    return {field: count for field, count in store.counts.read().items() if field.startswith("channel|")}


def test_a_receiver_that_hangs_holds_up_no_other_and_repeats_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It drips a byte now and then, so that no time-out of a socket ends it."""
    for name, value in (
        ("WAITS", 0.05),
        ("GIVEN_UP_AFTER", 0.3),
        ("PAUSE", 0.01),
        ("LOOK", 0.02),
        ("LONGEST_PAUSE", 0.02),
    ):
        monkeypatch.setattr(paces, name, value)
    released = threading.Event()

    def drips(handler: BaseHTTPRequestHandler, _: list[str]) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while not released.wait(0.05):
            handler.wfile.write(b"y")
            handler.wfile.flush()

    with mailbox(drips) as (hanging, heard), mailbox(ok) as (healthy, good), ExitStack() as stack:
        alarm, channels = sender(store, HANGS=hanging, WELL=healthy)
        stack.callback(channels.stop)
        stack.callback(released.set)
        for number in range(3):
            alarm.raise_(Alert(f"k{number}", f"it broke {number}", "", "critical"))
        eventually(lambda: len(good) == 3, what="the healthy one heard all three")
        eventually(lambda: told(store).get("channel|env:HANGS|failed", 0) == paces.MOST_HANGING, what="it is given up")
        assert len(good) == 3
        assert len(heard) == paces.MOST_HANGING, "no thread more, however long it hangs"
        assert told(store) == {"channel|env:WELL|told": 3, "channel|env:HANGS|failed": paces.MOST_HANGING}
        assert len(store.outbox.waiting(paces.channel_of("env:HANGS"))) == 3, "what it should hear is kept"


def test_one_that_answers_late_is_told_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Later than apprise waits by itself (4 s) would be: the message is there, and is not sent again."""
    monkeypatch.setattr(paces, "WAITS", 0.05)
    monkeypatch.setattr(paces, "LOOK", 0.02)
    answered = threading.Event()

    def late(handler: BaseHTTPRequestHandler, heard: list[str]) -> None:
        eventually(answered.is_set, what="the test lets it answer")
        ok(handler, heard)

    with mailbox(late) as (slow, heard), ExitStack() as stack:
        alarm, channels = sender(store, SLOW=slow)
        stack.callback(channels.stop)
        stack.callback(answered.set)
        alarm.raise_(Alert("k", "it broke", ""))
        eventually(lambda: heard, what="it was sent")
        other = Channel("env:SLOW", store, lambda *_: True)  # another beat
        assert not other.turn(), "it is somebody's turn, and he waits for the answer"
        answered.set()
        eventually(lambda: told(store) == {"channel|env:SLOW|told": 1}, what="it was told")
        assert len(heard) == 1


def test_a_redirect_is_no_receiver(store: Store) -> None:
    """A page to log in answers 200 as well, and has read no alert."""

    def elsewhere(handler: BaseHTTPRequestHandler, _: list[str]) -> None:
        handler.send_response(302)
        handler.send_header("Location", "/login")
        handler.end_headers()

    with mailbox(elsewhere) as (moved, _):
        [(_, notify)] = recipients.opened(moved, "env:X")
        assert not notify("it broke", "", "critical")
        [(_, wanted)] = recipients.opened(f"{moved}?redirect=yes", "env:X")
        assert wanted("it broke", "", "critical"), "who wants that may say so"


class Smtp(socketserver.StreamRequestHandler):
    """Refuses one recipient for good, and takes mail for others."""

    heard: list[str]

    def handle(self) -> None:
        self._say("220 here")
        recipient = ""
        while line := self.rfile.readline().decode(errors="replace").strip():
            word = line.upper()
            if word.startswith("EHLO"):
                self._say("250 here")
            elif word.startswith("RCPT"):
                recipient = line.partition("<")[2].rstrip(">")
                self._say("550 no such person" if recipient.startswith("gone") else "250 ok")
            elif word == "DATA":
                self._say("354 go on")
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                self.heard.append(recipient)
                self._say("250 ok")
            elif word.startswith("QUIT"):
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


def test_a_recipient_that_is_refused_costs_no_other_a_message_and_none_twice(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("PAUSE", 0.01), ("LOOK", 0.02), ("LONGEST_PAUSE", 0.02)):
        monkeypatch.setattr(paces, name, value)
    heard: list[str] = []
    post = type("Post", (Smtp,), {"heard": heard})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), post) as server, ExitStack() as stack:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        stack.callback(server.shutdown)
        people = "to=gone@example.org,ann@example.org,bob@example.org"
        address = f"mailto://127.0.0.1:{server.server_address[1]}?from=beat@example.org&{people}&mode=insecure"
        alarm, channels = sender(store, POST=address)
        stack.callback(channels.stop)
        for number in range(3):
            alarm.raise_(Alert(f"k{number}", f"it broke {number}", ""))
        eventually(lambda: len(heard) >= 6, what="both others heard all three")
        eventually(
            lambda: told(store).get("channel|env:POST|failed", 0) >= 2, what="the third is tried again and again"
        )
        assert sorted(heard) == ["ann@example.org"] * 3 + ["bob@example.org"] * 3
        assert {field for field in told(store) if field.endswith("told")} == {
            "channel|env:POST (2 of 3)|told",
            "channel|env:POST (3 of 3)|told",
        }


def test_a_library_that_raises_is_a_channel_that_failed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paces, "PAUSE", 1000.0)

    def raises(*_: str) -> bool:
        raise socket.gaierror("planted-password")

    channel = Channel("env:A", store, raises)
    alarm = AlertSender(AlertSettings(to=("env:A",)), store, Channels([channel]))
    alarm.raise_(Alert("k", "it broke", ""))
    assert not channel.turn()
    assert not channel.turn(), "it is not tried again at once"
    assert told(store) == {"channel|env:A|failed": 1}


def test_a_clock_that_was_set_back_keeps_nothing_silent(store: Store) -> None:
    """What was told at a time that is still to come stands for an hour, not until then."""
    alarm = AlertSender(AlertSettings(), store, Channels([]))
    alert = Alert("queue data", "nobody serves the queue data", "", "notice")
    assert alarm.raise_(alert)
    assert not alarm.raise_(alert)
    [key] = store.connection.command("KEYS", f"{store.keys.prefix}:alert:*")
    tomorrow = int((time.time() + 86_400) * 1000)
    store.connection.command("SET", key, tomorrow, "PX", 90_000_000)
    assert alarm.raise_(alert)
    for number in range(MOST["notice"]):
        alarm.raise_(Alert(f"k{number}", "typo", "", "notice"))
    count = store.keys.alerts("count:notice")
    store.connection.command("PEXPIRE", count, 90_000_000)
    assert store.outbox.held("notice", 600) == {}
    assert store.connection.command("PTTL", count) <= 600_000, "what was held back is told when the window is over"


def test_the_same_findings_in_two_places_are_two_alerts() -> None:

    one, two = (Found("high", "r", f"{place}/a.py", "bad", place) for place in ("/repo", "/other"))
    assert one.fingerprint != two.fingerprint
