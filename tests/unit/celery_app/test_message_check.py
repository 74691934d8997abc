"""What a message names, read as it lies in its queue; of what is no message of ours, nothing."""

import json
from base64 import b64encode

import pytest

from aether_agents.celery_app.message_check import ids_of

ROUTE = {"exchange": "", "routing_key": "planner"}


def message(parts: object, **changed: object) -> bytes:
    """As Celery leaves it in a queue."""
    text = b64encode(json.dumps(parts).encode()).decode()
    whole = {
        "body": text,
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {"task": "planner.open_task", "id": "1"},
        "properties": {"delivery_tag": "1", "delivery_info": ROUTE, "body_encoding": "base64"},
    }
    return json.dumps({**whole, **changed}).encode()


def test_the_ids_that_it_carries():
    assert ids_of(message([["t1"], {}, {}])) == ("t1",)
    assert ids_of(message([["t1", "scan"], {}, {}])) == ("t1", "scan")


@pytest.mark.parametrize(
    "odd",
    [
        b"\xff",
        b"nothing",
        b"[]",
        b"[" * 100_000,
        message([[1], {}, {}]),
        message([["t1"], {}]),
        message("t1"),
        message([["t1"], {}, {}], headers=None),
        message([["t1"], {}, {}], body="%"),
    ],
)
def test_what_is_none_of_ours_names_nothing(odd: bytes):
    assert ids_of(odd) == ()
