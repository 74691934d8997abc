"""How a process that serves is told to end."""

import signal
from collections.abc import Iterator

import pytest

from aether_agents.process.shutdown import leave_when_told


@pytest.fixture
def restored() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_once_it_ends_in_order_and_told_again_at_once(number: signal.Signals) -> None:
    leave_when_told()
    with pytest.raises(SystemExit) as leaving:
        signal.raise_signal(number)
    assert leaving.value.code == 0
    for again in (signal.SIGTERM, signal.SIGINT):
        assert signal.getsignal(again) is signal.SIG_DFL  # no handler of Python's: no traceback while it ends
