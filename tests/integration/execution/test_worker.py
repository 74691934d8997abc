"""The worker's own name."""

import socket

import pytest

from aether_agents.execution.worker.celery_worker import node_of

HOST = socket.gethostname()


@pytest.mark.parametrize(
    ("name", "node"),
    [("dev", f"dev@{HOST}"), ("dev@%h", f"dev@{HOST}"), ("dev@box", "dev@box"), ("planner-dev", f"planner-dev@{HOST}")],
)
def test_the_host_is_resolved(name: str, node: str) -> None:
    assert node_of(name) == node
