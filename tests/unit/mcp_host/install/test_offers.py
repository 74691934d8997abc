"""The catalogue of verified servers, and the user's file that one is added to."""

import json
import stat
from pathlib import Path

import pytest

from aether_agents.contracts import Risk, ServerSpec, Specialist, meets
from aether_agents.documents.document import Document
from aether_agents.errors import InvalidSettings
from aether_agents.mcp_host.files.server_file import Declared
from aether_agents.mcp_host.files.user_file import add_server
from aether_agents.mcp_host.install.offers import Offer, offer_of, offered, offers
from aether_agents.mcp_host.install.package_managers import packages
from aether_agents.mcp_host.registry.registry import load_servers
from aether_agents.settings.model import Settings

GIVEN = {"path": "some/thing", "url": "http://127.0.0.1:1"}


def told(offer: Offer) -> dict[str, str]:
    """Something for all that an offer must be told."""
    return {name: GIVEN[variable.format or "url"] for name, variable in offer.variables.items() if variable.required}


def spec_of(offer: Offer, folder: Path) -> ServerSpec:
    """The server an offer becomes."""
    entry = offer.entry(told(offer), folder)
    secrets = {name: "s3cret" for name, variable in offer.variables.items() if variable.secret}
    return Declared(offer.name, entry, ("mcpServers", offer.name), Document("mcp.json", entry), folder).spec(secrets)


@pytest.mark.parametrize("name", list(offers()))
def test_an_offer_becomes_a_server_at_an_exact_version_with_rows_that_fit_its_trial(name: str, tmp_path: Path) -> None:
    offer = offered(name)

    spec = spec_of(offer, tmp_path)

    assert spec.queue in ("infra", "dev", "data", "security")
    assert spec.install is not None
    assert packages(spec.install, "offer")[0] == spec.install.package
    assert offer_of(spec.install.package) is offer
    assert all(row.tool.startswith(f"{name}/") for row in spec.table)
    assert all(row.risk is not Risk.DESTRUCTIVE for row in spec.table if row.repeatable and "read" in row.tool)
    for row in spec.table:
        if row.expect is not None:
            assert not meets(row.expect, "Error: it failed"), f"{row.tool} takes a failure for a success"
    assert offer.trial is None or (offer.trial.expect is None) is not (offer.trial.refused is None)


def test_there_are_the_servers_people_have() -> None:
    wanted = {"git", "time", "fetch", "filesystem", "memory", "motherduck", "prometheus", "kubernetes", "ansible"}
    assert wanted | {"grafana", "toolbox", "sqlite", "redis"} <= set(offers())
    assert offered("sqlite").server["install"]["with"] == ["mcp<2"]


def test_what_must_be_told_is_asked_for_by_name(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="--env SQLITE_DB=…"):
        offered("sqlite").entry({}, tmp_path)
    with pytest.raises(InvalidSettings, match="did you mean `SQLITE_DB`"):
        offered("sqlite").entry({"SQLITE_BD": "x"}, tmp_path)
    with pytest.raises(InvalidSettings, match="did you mean `sqlite`"):
        offered("sqlit")


def test_a_path_is_the_callers_and_a_secret_stays_out_of_the_file(tmp_path: Path) -> None:
    assert offered("sqlite").entry({"SQLITE_DB": "x.db"}, tmp_path)["args"] == ["--db-path", str(tmp_path / "x.db")]
    grafana = offered("grafana").entry({"GRAFANA_URL": "http://g"}, tmp_path)
    assert grafana["env"]["GRAFANA_SERVICE_ACCOUNT_TOKEN"] == "${GRAFANA_SERVICE_ACCOUNT_TOKEN}"
    assert "PROMETHEUS_TOKEN" not in offered("prometheus").entry({}, tmp_path)["env"]


def test_a_server_is_added_to_what_is_there_and_read_back(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "mcp.json").write_text(json.dumps({"mcpServers": {"mine": {"command": "true"}}, "inputs": []}))

    path = add_server(home, "orders", offered("sqlite").entry({"SQLITE_DB": "o.db"}, tmp_path))

    known = load_servers(Settings(home=home, project=tmp_path), [Specialist(name="data", description="tables")]).known
    assert set(known) == {"mine", "orders"}
    assert known["orders"].install is not None
    assert known["orders"].table[0].tool == "orders/list_tables"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["inputs"] == []
    with pytest.raises(InvalidSettings, match="has a server `orders` already"):
        add_server(home, "orders", {})


@pytest.mark.parametrize("text", ["// a comment\n{}", "[]", '{"mcpServers": []}'])
def test_a_file_that_is_no_plain_json_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    (tmp_path / "mcp.json").write_text(text)
    with pytest.raises(InvalidSettings):
        add_server(tmp_path, "x", {"command": "true"})
    assert (tmp_path / "mcp.json").read_text() == text
