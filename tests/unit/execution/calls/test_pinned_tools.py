"""The live tools of a process, checked against their pins."""

from pathlib import Path
from typing import Any

import pytest

from aether_agents.contracts import Specialist, ToolRow
from aether_agents.errors import ServerBarred, ServerDown, StoreUnavailable, ToolDrifted
from aether_agents.execution.calls.pinned_tools import PinnedTools
from aether_agents.execution.calls.remembered_pins import RememberedPins
from aether_agents.execution.delivery import store_retry
from aether_agents.mcp_host.registry.spec_digest import spec_digest
from aether_agents.store import CatalogueEntry
from tests.unit.execution.fakes import DEV, PIN, SPEC, FakeHost, store


def toolbox(host: FakeHost, **entries: CatalogueEntry) -> tuple[PinnedTools, object]:
    kept = store(**entries)
    return PinnedTools(host, kept, lambda: (DEV,), lambda: {SPEC.name: SPEC}), kept


def entry(status: str = "live", **accepted: str) -> CatalogueEntry:
    return CatalogueEntry(
        server="dev-echo", specialist="dev", spec_digest="d", status=status, error="changed", accepted=accepted
    )


def test_a_tool_comes_with_the_row_of_its_specialist():
    tool = toolbox(FakeHost())[0].find("dev-echo/say", PIN)
    assert (tool.ref, tool.specialist, tool.row.repeatable, tool.risk.value) == ("dev-echo/say", "dev", True, "read")


def test_a_server_is_listed_once_while_its_session_is_open():
    host = FakeHost()
    box, kept = toolbox(host)
    for _ in range(5):
        box.find("dev-echo/say")
        box.find("dev-echo/look")
    assert host.listings == 1
    assert kept.catalogue.reads == 1  # and its word on the server is believed for a while


def test_a_session_that_was_opened_anew_with_another_definition_is_listed_anew():
    host = FakeHost()
    box, _ = toolbox(host)
    box.find("dev-echo/say", PIN)
    host.pins["say"] = "sha256:2"
    with pytest.raises(ToolDrifted):
        box.find("dev-echo/say", PIN)
    assert host.listings == 2


def test_a_server_that_may_not_be_started_any_more_is_barred_and_says_why():
    kept = store(one=entry(say=PIN))
    servers: dict[str, Any] = {SPEC.name: SPEC}
    lost = "its file is changed since"
    box = PinnedTools(
        FakeHost(), kept, lambda: (DEV,), lambda: servers, barred=lambda one: lost if one.server == SPEC.name else None
    )
    assert box.find("dev-echo/say", PIN).ref == "dev-echo/say"
    servers.clear()
    with pytest.raises(ServerBarred, match=lost):
        box.find("dev-echo/say", PIN)
    with pytest.raises(ServerDown, match="knows no server `ghost`"):
        box.find("ghost/say")


def test_drift_quarantines_the_server():
    host = FakeHost()
    host.pins["say"] = "sha256:2"
    box, kept = toolbox(host, one=entry(say=PIN))
    with pytest.raises(ToolDrifted, match="servers lock dev-echo"):
        box.find("dev-echo/say", PIN)
    assert [server for server, _ in kept.catalogue.quarantined] == ["dev-echo"]


@pytest.mark.parametrize("outdated", [False, True])
def test_what_another_version_planned_is_called_before_this_one_has_listed_its_own(outdated: bool):
    """A worker may get a message before it has listed: the catalogue knows what the version before brought."""
    host = FakeHost()
    host.pins["say"] = "sha256:2"
    planned = entry(say=PIN).model_copy(update={"outdated": outdated})
    own = SPEC.model_copy(update={"bundled": True})
    kept = store(one=planned)
    assert PinnedTools(host, kept, lambda: (DEV,), lambda: {SPEC.name: own}).find("dev-echo/say", PIN).pin == "sha256:2"
    stranger = PinnedTools(host, kept, lambda: (DEV,), lambda: {SPEC.name: SPEC})
    assert kept.catalogue.quarantined == []
    with pytest.raises(ToolDrifted):
        stranger.find("dev-echo/say", PIN)
    with pytest.raises(ToolDrifted):  # nobody has ever accepted that one
        PinnedTools(host, kept, lambda: (DEV,), lambda: {SPEC.name: own}).find("dev-echo/say", "sha256:3")


def test_a_change_that_a_person_accepted_does_not_quarantine():
    host = FakeHost()
    host.pins["say"] = "sha256:2"
    box, kept = toolbox(host, one=entry(say="sha256:2"))
    with pytest.raises(ToolDrifted, match="run the task again"):
        box.find("dev-echo/say", PIN)
    assert kept.catalogue.quarantined == []


def test_nothing_of_a_quarantined_server_is_used():
    host = FakeHost()
    box, _ = toolbox(host, one=entry("quarantined", say=PIN))
    with pytest.raises(ToolDrifted, match="is quarantined"):
        box.find("dev-echo/say", PIN)
    assert host.listings == 0


def test_what_is_not_known_is_named():
    box, _ = toolbox(FakeHost())
    with pytest.raises(ServerDown, match="this worker knows no server `ghost`"):
        box.find("ghost/say")
    with pytest.raises(ServerDown, match="has no tool `none` any more; it has: drop, look, say"):
        box.find("dev-echo/none")


def test_a_server_that_is_down_says_so():
    host = FakeHost()
    host.down = "it ended at once: boom"
    with pytest.raises(ServerDown, match="boom"):
        toolbox(host)[0].find("dev-echo/say")


def test_where_no_file_named_a_queue_the_tools_say_whose_server_it_is():
    host = FakeHost()
    host.pins = {"run_query": PIN, "list_tables": PIN}
    box = PinnedTools(
        host,
        store(),
        lambda: (DEV, Specialist(name="data", description="Data.")),
        lambda: {},
    )
    guessed = SPEC.model_copy(update={"inferred": True})
    assert {tool.specialist for tool in box.list(guessed)} == {"data"}
    assert {tool.specialist for tool in box.list(SPEC)} == {"dev"}  # a queue that was named stays


def test_what_was_accepted_a_moment_ago_is_learned_before_it_counts_as_changed(tmp_path: Path):
    host, digest = FakeHost(), spec_digest(SPEC)
    before = entry(say=PIN).model_copy(update={"spec_digest": digest, "number": 1})
    kept = store(one=before)
    box = PinnedTools(host, kept, lambda: (DEV,), lambda: {SPEC.name: SPEC}, RememberedPins(tmp_path))
    box.memory.keep(before)
    box.find("dev-echo/say", PIN)  # what the catalogue said is believed for a while
    host.pins["say"] = "sha256:2"
    kept.catalogue.all = {"one": before.model_copy(update={"number": 2, "accepted": {"say": "sha256:2"}})}
    assert box.find("dev-echo/say", "sha256:2").pin == "sha256:2"
    assert kept.catalogue.quarantined == []
    host.pins["say"] = "sha256:3"
    with pytest.raises(ToolDrifted):
        box.find("dev-echo/say", "sha256:3")


def test_a_store_that_is_away_for_a_moment_is_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(store_retry, "FIRST_WAIT", 0.001)
    box, kept = toolbox(FakeHost(), one=entry())
    answers = [StoreUnavailable("reset"), StoreUnavailable("reset"), kept.catalogue.entries()]

    def entries() -> object:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(kept.catalogue, "entries", entries)
    assert box.find("dev-echo/say", PIN).ref == "dev-echo/say"
    assert answers == []


def test_a_row_that_was_edited_governs_the_next_call_of_an_open_session():
    own = [DEV]
    box = PinnedTools(FakeHost(), store(), lambda: tuple(own), lambda: {SPEC.name: SPEC})
    before = box.find("dev-echo/say")
    own[0] = DEV.model_copy(update={"tools": (ToolRow(tool="dev-echo/say", risk="destructive"),)})
    assert before.row.risk == "read"
    assert box.find("dev-echo/say").row.risk == "destructive"
