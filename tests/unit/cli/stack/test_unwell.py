"""Processes of the embedded stack that are not well are said by `doctor`, with what helps."""

from aether_agents.cli.stack.processes import unwell
from aether_agents.local import ProcessInfo, Stack


class Given(Stack):
    """A stack whose processes are given."""

    def __init__(self, **statuses: str) -> None:
        self.statuses = statuses

    def ps(self) -> list[ProcessInfo]:
        return [ProcessInfo(name, name, 7, (), status) for name, status in self.statuses.items()]


def test_what_is_well_is_not_said():
    assert list(unwell(Given(supervisor="ready", valkey="ready", worker="starting"))) == []


def test_whoever_was_stopped_or_says_nothing_is_said():
    said = dict(unwell(Given(supervisor="ready", valkey="stopped", worker="deaf")))
    assert "kill -CONT" in said["valkey (process 7): stopped"]
    assert "worker (process 7): deaf" in said
    assert dict(unwell(Given(valkey="does not answer")))["valkey (process 7): does not answer"]
