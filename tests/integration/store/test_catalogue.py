"""The catalogue: what workers listed, and what a person must look at again."""

import pytest

from aether_agents.contracts import Tool, ToolRow
from aether_agents.errors import InvalidSettings, ToolDrifted
from aether_agents.store import Store


def tools(**pins: str) -> list[Tool]:
    return [
        Tool(server="git", name=name, specialist="dev", pin=f"sha256:{pin}", row=ToolRow(tool=f"git/{name}"))
        for name, pin in pins.items()
    ]


def test_a_new_server_is_live_with_its_first_pins(store: Store) -> None:
    store.catalogue.publish("d1", "git", "dev", tools(log="1", show="2"))
    entry = store.catalogue.entries()["git"]
    assert (entry.status, entry.specialist, [tool.ref for tool in entry.tools]) == (
        "live",
        "dev",
        ["git/log", "git/show"],
    )
    assert entry.listed_at > 1_700_000_000


def test_what_is_listed_first_waits_for_a_look_unless_somebody_accepted_it_ahead(store: Store) -> None:
    first = store.catalogue.publish("d1", "git", "dev", tools(log="1"), by=None)
    assert (first.status, first.unseen, first.accepted_by) == ("live", True, "")
    again = store.catalogue.publish("d1", "git", "dev", tools(log="1"), by="ann")
    assert again.unseen, "it was listed before she said so"
    store.catalogue.failed("git", "dev", "d1", "it ended")
    assert store.catalogue.publish("d1", "git", "dev", tools(log="1"), by=None).unseen
    seen = store.catalogue.accept("git", first.digest, "bob")
    assert (seen.unseen, seen.accepted_by, seen.number) == (False, "bob", first.number + 1)
    assert not store.catalogue.publish("d1", "git", "dev", tools(log="1"), by=None).unseen
    assert store.catalogue.publish("d2", "git", "dev", tools(log="1"), by=None).unseen, "another specification"
    ahead = store.catalogue.publish("d1", "other", "dev", tools(log="1"), by="ann")
    assert (ahead.unseen, ahead.accepted_by) == (False, "ann")


@pytest.mark.parametrize("listed", [{"log": "changed"}, {"log": "1", "push": "3"}])
def test_drift_quarantines_until_a_person_accepts(store: Store, listed: dict[str, str]) -> None:
    store.catalogue.publish("d1", "git", "dev", tools(log="1"))
    entry = store.catalogue.publish("d1", "git", "dev", tools(**listed))
    assert entry.status == "quarantined"
    assert "servers lock git" in str(entry.error)
    assert store.catalogue.publish("d1", "git", "dev", tools(log="1")).status == "quarantined"
    store.catalogue.publish("d1", "git", "dev", tools(**listed))
    entry = store.catalogue.entries()["git"]
    assert [tool.pin for tool in entry.former] == (["sha256:1"] if listed["log"] == "changed" else [])
    assert store.catalogue.accept("git", entry.digest).status == "live"
    assert store.catalogue.entries()["git"].former == ()
    assert store.catalogue.publish("d1", "git", "dev", tools(**listed)).status == "live"


def test_only_what_was_shown_is_accepted(store: Store) -> None:
    store.catalogue.publish("d1", "git", "dev", tools(log="1"))
    shown = store.catalogue.publish("d1", "git", "dev", tools(log="2"))
    store.catalogue.publish("d1", "git", "dev", tools(log="3"))
    with pytest.raises(ToolDrifted, match="not those that were shown any more"):
        store.catalogue.accept("git", shown.digest)
    entry = store.catalogue.entries()["git"]
    assert (entry.status, entry.accepted) == ("quarantined", {"log": "sha256:1"})
    assert [tool.pin for tool in entry.former] == ["sha256:1"]  # what was accepted last is kept over several listings
    store.catalogue.failed("git", "dev", "d1", "it ended")
    assert [tool.pin for tool in store.catalogue.entries()["git"].former] == ["sha256:1"]
    assert store.catalogue.accept("git", entry.digest).accepted == {"log": "sha256:3"}


def test_fewer_tools_are_no_drift_and_a_new_specification_starts_afresh(store: Store) -> None:
    store.catalogue.publish("d1", "git", "dev", tools(log="1", show="2"))
    assert store.catalogue.publish("d1", "git", "dev", tools(log="1")).status == "live"
    assert store.catalogue.publish("d2", "git", "dev", tools(log="9")).status == "live"


def test_other_code_of_the_same_specification_has_the_pins_to_keep(store: Store) -> None:
    store.catalogue.publish("d1", "git", "dev", tools(log="1"), listing_digest="code-1")
    store.catalogue.failed("git", "dev", "d1", "it ended", listing_digest="code-2")
    entry = store.catalogue.publish("d1", "git", "dev", tools(log="2"), listing_digest="code-3")
    assert (entry.status, entry.listing_digest, entry.accepted) == ("quarantined", "code-3", {"log": "sha256:1"})


def test_a_server_that_first_listed_nothing_has_nothing_accepted(store: Store) -> None:
    store.catalogue.publish("d1", "git", "dev", [])
    assert store.catalogue.publish("d1", "git", "dev", tools(log="1")).status == "quarantined"


def test_a_server_that_only_ever_failed_has_its_first_tools_accepted(store: Store) -> None:
    store.catalogue.failed("git", "dev", "d1", "not installed")
    assert store.catalogue.publish("d1", "git", "dev", tools(log="1")).status == "live"


def test_a_failed_server_says_why_and_keeps_its_pins(store: Store) -> None:
    store.catalogue.publish("d1", "git", "dev", tools(log="1"))
    store.catalogue.failed("git", "dev", "d1", "it ended with code 1")
    entry = store.catalogue.entries()["git"]
    assert (entry.status, entry.error, len(entry.tools)) == ("failed", "it ended with code 1", 1)
    assert store.catalogue.publish("d1", "git", "dev", tools(log="2")).status == "quarantined"


def test_quarantine_and_forget(store: Store) -> None:
    with pytest.raises(InvalidSettings, match="servers list"):
        store.catalogue.quarantine("git", "odd")
    with pytest.raises(InvalidSettings, match="servers list"):
        store.catalogue.accept("git", "sha256:0")
    store.catalogue.publish("d1", "git", "dev", tools(log="1"))
    assert store.catalogue.quarantine("git", "it answered garbage").error == "it answered garbage"
    store.catalogue.forget("git")
    assert store.catalogue.entries() == {}


def test_what_is_withdrawn_is_listed_anew_with_its_pins_to_keep(store: Store) -> None:
    with pytest.raises(InvalidSettings, match="servers list"):
        store.catalogue.withdraw("git", "not trusted")
    store.catalogue.publish("d1", "git", "dev", tools(log="1"), home="/h")
    entry = store.catalogue.withdraw("git", "not trusted")
    assert (entry.status, entry.error, entry.outdated, entry.home) == ("failed", "not trusted", True, "/h")
    assert store.catalogue.publish("d1", "git", "dev", tools(log="1")).status == "live"
    store.catalogue.withdraw("git", "not trusted")
    assert store.catalogue.publish("d1", "git", "dev", tools(log="2")).status == "quarantined"


def test_what_is_outdated_keeps_its_pins_until_it_is_listed_anew(store: Store) -> None:
    with pytest.raises(InvalidSettings, match="servers list"):
        store.catalogue.outdate("git")
    store.catalogue.publish("d1", "git", "dev", tools(log="1"))
    assert store.catalogue.outdate("git").outdated
    assert store.catalogue.entries()["git"].accepted == {"log": "sha256:1"}
    assert not store.catalogue.publish("d1", "git", "dev", tools(log="1")).outdated
    store.catalogue.outdate("git")
    entry = store.catalogue.publish("d1", "git", "dev", tools(log="2"))
    assert (entry.status, entry.outdated) == ("quarantined", False)


def test_an_entry_written_in_between_is_read_again(store: Store) -> None:
    store.catalogue.publish("d1", "git", "dev", tools(log="1"))
    write, raced = store.catalogue._access.call, []

    def late(name: str, *args: object, **also: object) -> object:
        if not raced:
            raced.append(name)
            store.catalogue.failed("git", "dev", "d1", "lost the race")
        return write(name, *args, **also)  # type: ignore[arg-type]

    object.__setattr__(store.catalogue._access, "call", late)
    assert store.catalogue.publish("d1", "git", "dev", tools(log="2")).status == "quarantined"
    assert raced == ["put_server"]


def test_an_entry_moved_to_another_server_does_not_open_and_is_passed_by(store: Store) -> None:
    store.catalogue.publish("d1", "git", "dev", tools(log="1"))
    blob = store.connection.command("HGET", store.keys.catalogue, "git")
    store.connection.command("HSET", store.keys.catalogue, "secrets", blob)
    assert list(store.catalogue.entries()) == ["git"]
    assert list(store.catalogue.foreign()) == ["secrets"]
