"""Messages out of chunks, whatever the chunks are."""

import pytest

from aether_agents.mcp_host.transport.framing import Framing, Overlong, answered_id


def fed(data: bytes, sizes: list[int], limit: int = 1_000) -> list[bytes | Overlong]:
    framing, out, at = Framing(limit), list[bytes | Overlong](), 0
    for size in sizes:
        out += framing.feed(data[at : at + size])
        at += size
    return [*out, *framing.feed(data[at:])]


def test_a_message_without_its_end_is_waited_for() -> None:
    framing = Framing(100)

    assert list(framing.feed(b"half")) == []
    assert framing.size == 4
    assert list(framing.feed(b" whole\nnext")) == [b"half whole"]


@pytest.mark.parametrize(
    "answer",
    [
        b'{"jsonrpc":"2.0","id":7,"result":{"x":"%s"}}',
        b'{"id": 7, "jsonrpc": "2.0", "result": {"x": "%s"}}',
        b'{"result":{"x":"%s"},"jsonrpc":"2.0","id":7}',
        b'{"result":{"id":9,"x":"%s"},"id":7,"jsonrpc":"2.0"}',
    ],
)
def test_a_message_over_the_limit_is_dropped_with_its_id_and_the_next_is_read(answer: bytes) -> None:
    data = answer % (b"y" * 5_000) + b'\n{"id":8}\n'

    got = fed(data, [600] * 20)

    assert got == [Overlong(7, len(data) - 10), b'{"id":8}']


def test_an_id_that_only_stands_inside_the_result_is_not_the_answers() -> None:
    assert answered_id(b'{"method":"x","params":{"id":7,"y":1}}') is None
    assert answered_id(b'{"jsonrpc":"2.0","id":"a-7","result":') == "a-7"
    assert answered_id(b"Listening on port 8080") is None


def test_a_dropped_message_costs_no_memory() -> None:
    framing = Framing(1_000)

    for _ in range(10_000):
        assert list(framing.feed(b"x" * 1_000)) == []

    assert framing.size == 10_000_000
    assert sum(len(value) for value in vars(framing).values() if isinstance(value, bytes | list)) < 5_000
