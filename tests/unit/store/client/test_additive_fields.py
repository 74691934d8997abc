"""Additive fields: kept apart in what is stored, so that a version that does not know them reads the rest."""

from typing import Any

import pytest

from aether_agents.contracts import Outcome, Tool, ToolRow, Verb
from aether_agents.contracts.server import CatalogueEntry
from aether_agents.errors import Newer
from aether_agents.store.client import migrations
from aether_agents.store.client.store_client import dump


def entry() -> CatalogueEntry:
    row = ToolRow(
        tool="x/y", verb=Verb(argument="do", risks={"look": "read"}, absent="read"), items={"create": "write"}
    )
    tool = Tool(server="x", name="y", specialist="dev", pin="p", description="", input_schema={}, row=row)
    return CatalogueEntry(
        server="x",
        specialist="dev",
        spec_digest="d",
        status="live",
        tools=(tool,),
        number=3,
        host="h",
        earlier={"y": "q"},
    )


def stored(document: Any) -> dict[str, Any]:
    written = migrations.mark(document, dump(document))
    assert isinstance(written, dict)
    return written


def test_what_is_additive_stands_apart_at_any_depth_and_comes_back() -> None:
    written = stored(entry())
    assert written["form"] == 1, "0.1.0 reads it"
    assert not {"number", "host", "earlier"} & written.keys()
    assert "items" not in written["tools"][0]["row"]
    assert "absent" not in written["tools"][0]["row"]["verb"]
    assert migrations.read(CatalogueEntry, "server/x", written) == entry()


def test_an_addition_of_a_later_version_is_left_out_and_any_other_field_is_not() -> None:
    written = stored(entry())
    written["by"]["version"] = "9.9.9"
    written["by"]["added"] += [[["weather"], "fine"], [["tools", 0, "row", "colour"], "red"]]
    assert migrations.read(CatalogueEntry, "server/x", written) == entry()
    with pytest.raises(Newer, match=r"version 9\.9\.9 .*`limits`"):
        migrations.read(CatalogueEntry, "server/x", {**written, "limits": 3})


def test_an_outcome_is_read_by_the_version_before_but_for_kinds_it_does_not_know() -> None:
    assert stored(Outcome(status="completed"))["form"] == 1
    assert stored(Outcome(status="failed", error_kind="lost"))["form"] == migrations.FORM
