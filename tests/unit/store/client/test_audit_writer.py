"""What a thread says is carried once: by its own next call, or by a flush that comes first."""

import threading

from aether_agents.store.client.audit_writer import AuditWriter
from aether_agents.store.client.sealing import Keyring


def writer() -> AuditWriter:
    return AuditWriter(Keyring({"k1": b"n" * 32}))


def saying(made: AuditWriter, before: threading.Event, after: threading.Event) -> threading.Thread:
    """A thread that says something, and carries it itself when it is told to."""
    said = threading.Event()

    def run() -> None:
        made.note("call")
        said.set()
        before.wait(10)
        made.carry(lambda text: (text, 1))
        after.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert said.wait(10)
    return thread


def test_a_flush_says_nothing_for_a_thread_that_has_carried_it_meanwhile() -> None:
    made, before, after, heard = writer(), threading.Event(), threading.Event(), list[bytes]()
    made.note("first")  # this thread's own comes first
    saying(made, before, after)

    def call(text: bytes) -> tuple[None, int]:
        heard.append(text)
        before.set()
        assert after.wait(10)
        return None, 1

    made.flush(call)
    assert len(heard) == 1
    assert b"first" in heard[0]


def test_a_call_says_nothing_that_a_flush_has_carried_between_the_look_and_the_lock() -> None:
    made, heard = writer(), list[bytes]()
    made.note("call")
    made.flush(lambda text: (heard.append(text), 1))
    own = made._mine()
    made._carried(own, lambda text: (heard.append(text), 0), None)
    assert [text.count(b"\n") for text in heard[:1]] == [1]
    assert heard[1:] == [b""]
