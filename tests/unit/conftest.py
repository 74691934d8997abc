"""What was logged during a test (`make unit` goes without pytest's own way, which visits every logger six times a
test), and no waiting for disks."""

import logging
import os
from collections.abc import Iterator

import pytest


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def said() -> Iterator[list[logging.LogRecord]]:
    """Every record from INFO up, as it comes."""
    root, kept = logging.getLogger(), _Kept()
    before = root.level
    root.addHandler(kept)
    root.setLevel(logging.INFO)
    try:
        yield kept.records
    finally:
        root.setLevel(before)
        root.removeHandler(kept)


@pytest.fixture(scope="package", autouse=True)
def no_disk_is_waited_for() -> Iterator[None]:
    """What a unit test writes need not outlive a power cut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(scope="package", autouse=True)
def no_mechanism_is_tried() -> Iterator[None]:
    """Which sandbox a machine has is seen by starting a program in it: here, it has one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aether_agents.mcp_host.process.sandbox_view.mechanism", lambda: "bubblewrap")
        patch.setattr("aether_agents.cli.project.sandbox_report.works", lambda one: one == "bubblewrap")
        yield
