"""What another program may import: exactly these names, the same to a type checker as at run time."""

import ast
from pathlib import Path

import pytest

import aether_agents
from aether_agents import agentserver, contracts, errors, settings, specialists, store, testing

PUBLIC = {"Orchestrator", "connect", "HighLevelTask", "AgentProcess", "load_settings", "Event", "Answer"}
ERRORS = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, Exception)}


def stubbed(package: str) -> set[str]:
    """The names in a package's stub, which is what a type checker sees."""
    tree = ast.parse((Path(aether_agents.__file__).parent / package / "__init__.pyi").read_text(encoding="utf-8"))
    return {one.asname or one.name for node in tree.body if isinstance(node, ast.ImportFrom) for one in node.names}


def test_the_package_offers_exactly_these() -> None:
    assert set(aether_agents._HOMES) == PUBLIC
    assert stubbed("") == PUBLIC | {"*"}
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = aether_agents.Nothing
    with pytest.raises(ImportError):
        exec("from aether_agents import nothing")


@pytest.mark.parametrize("name", sorted(PUBLIC | ERRORS))
def test_each_is_there(name: str) -> None:
    assert getattr(aether_agents, name).__module__.startswith("aether_agents.")


@pytest.mark.parametrize("package", ["settings", "orchestrator", "local"])
def test_a_face_that_loads_late_offers_what_its_stub_says(package: str) -> None:
    face = __import__(f"aether_agents.{package}", fromlist=["_HOMES"])
    assert set(face._HOMES) == stubbed(package)
    assert all(getattr(face, name) for name in face._HOMES)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = face.nothing


def test_the_further_faces_offer_exactly_these() -> None:
    assert set(testing.__all__) == {"OneProcessStack", "one_process_stack"}
    assert set(agentserver.__all__) == {
        *("AgentCommand", "AgentProcess", "AgentShell", "AuditFile", "CommandResult", "ControlServer", "Handle"),
        *("HistoryTerminal", "Person", "Terminal", "register"),
    }
    assert set(settings._HOMES) == stubbed("settings")
    assert all(hasattr(face, name) for face in (testing, agentserver, store) for name in face.__all__)


def test_the_faces_that_packages_of_others_use_are_where_they_were() -> None:
    assert {"register", "AgentProcess"} <= set(agentserver.__all__)
    assert {"open_store", "make_key_file"} <= set(store.__all__)
    assert callable(specialists.read_specialist)
    assert callable(specialists.load_specialists)
    assert settings.Settings.__name__ == "Settings"


def test_the_manual_names_every_face() -> None:
    page = (Path(aether_agents.__file__).parents[1] / "docs/reference/python.md").read_text(encoding="utf-8")
    for face in (agentserver, errors, settings, specialists, store, contracts, testing):
        assert f"`{face.__name__}`" in page
