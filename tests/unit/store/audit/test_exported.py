"""The audit record as a file: what its end says, and what entries may hold."""

from pathlib import Path

import pytest

from aether_agents.settings.model import Settings
from aether_agents.store.audit import exported
from aether_agents.store.audit.chain import End, Line, linked
from aether_agents.store.audit.checkpoint import Signer
from aether_agents.store.client.audit_writer import canonical
from aether_agents.store.client.sealing import Keyring

SIGNER = Signer(Settings(home=Path("/nowhere")), Keyring({"k": b"0" * 32}), {})


def chain(count: int) -> list[Line]:
    entries = [canonical({"kind": "call", "task": "a\u2028b\x85c", "i": at}) for at in range(1, count + 1)]
    return list(linked(End(), [Line(0, 1, "k:00", text) for text in entries]))


def file_of(lines: list[Line], signed: End) -> list[str]:
    return list(exported.written(iter(lines), {}, SIGNER.sign("reached", signed, 1)))


def test_a_file_ends_where_its_head_says() -> None:
    lines = chain(4)
    texts = file_of(lines, End(3, lines[2].link))  # an entry came while it was written
    found = exported.read("\n".join(texts).split("\n"), "f")
    assert ([one.number for one in found.lines], exported.unsigned_end(found)) == ([1, 2, 3], "")
    assert found.lines[0].entry["task"] == "a\u2028b\x85c"
    assert exported.unsigned_end(exported.read(file_of([], End()), "f")) == ""


@pytest.mark.parametrize("taken", [1, 2, 3])
def test_a_file_whose_end_was_cut_off_says_so(taken: int) -> None:
    lines = chain(4)
    texts = file_of(lines, End(4, lines[3].link))
    cut = exported.unsigned_end(exported.read(texts[:-taken], "f"))
    assert "the file has no head" in cut
    kept = exported.unsigned_end(exported.read([*texts[: -taken - 1], texts[-1]], "f"))
    assert kept.startswith(f"the file ends at entry {4 - taken}, and its head says 4")
