"""While something is loaded no garbage is collected, and what was loaded is left alone ever after."""

import gc

import pytest

from aether_agents.process.startup import loading


@pytest.mark.parametrize("collects", [True, False])
def test_nothing_is_collected_meanwhile_and_the_collector_is_as_it_was_afterwards(collects: bool) -> None:
    before, frozen = gc.isenabled(), gc.get_freeze_count()
    (gc.enable if collects else gc.disable)()
    try:
        with loading():
            assert not gc.isenabled()
            stays = [[] for _ in range(100)]
        assert gc.isenabled() == collects
        assert gc.get_freeze_count() - frozen >= len(stays)
    finally:
        (gc.enable if before else gc.disable)()


def test_an_import_that_fails_leaves_the_collector_on() -> None:
    before = gc.isenabled()
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.isenabled() == before
