"""Several addresses of one name: the first that answers counts, and no dead one costs the whole time."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from workers.infra.servers.endpoints.racing import Place, Unreachable, first_to_connect, interleaved


@pytest.fixture
def deaf() -> Iterator[Place]:
    """A place where a connection is neither taken nor refused: its queue is full."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield socket.AF_INET, listener.getsockname()


@pytest.fixture
def heard() -> Iterator[Place]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield socket.AF_INET, listener.getsockname()


def closed() -> Place:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return socket.AF_INET, listener.getsockname()


def test_a_deaf_address_costs_a_head_start_and_not_the_deadline(deaf: Place, heard: Place) -> None:
    started = time.monotonic()
    sock, place, _ = first_to_connect([deaf, deaf, heard], started + 20)
    sock.close()
    assert place == heard[1]
    assert time.monotonic() - started < 10


def test_a_closed_port_costs_nothing(heard: Place) -> None:
    sock, place, _ = first_to_connect([closed(), heard], time.monotonic() + 20)
    sock.close()
    assert place == heard[1]


def test_all_of_them_have_one_deadline(deaf: Place) -> None:
    started = time.monotonic()
    with pytest.raises(Unreachable, match="no answer in time"):
        first_to_connect([deaf, deaf, deaf], started + 0.5)
    assert time.monotonic() - started < 5


def test_the_last_refusal_is_the_reason() -> None:
    with pytest.raises(Unreachable, match="the connection was refused"):
        first_to_connect([closed(), closed()], time.monotonic() + 20)


def test_families_take_turns() -> None:
    six: list[Place] = [(socket.AF_INET6, (f"2001:db8::{n}", 1, 0, 0)) for n in range(3)]
    four: list[Place] = [(socket.AF_INET, ("192.0.2.1", 1))]
    assert interleaved([*six, *four]) == [six[0], four[0], six[1], six[2]]
