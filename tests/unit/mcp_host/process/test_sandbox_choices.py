"""What a server that is not ours is given of the machine: by its entry, by a person, and by calls."""

import json
from pathlib import Path

import pytest

from aether_agents.access.policy import needs
from aether_agents.contracts import ServerSpec, Specialist, Tool, ToolRow
from aether_agents.mcp_host.install.offers import offers
from aether_agents.mcp_host.process.sandbox_grants import Grants, Needs
from aether_agents.mcp_host.process.sandbox_view import Confinement, view_of
from aether_agents.mcp_host.registry.registry import load_servers
from aether_agents.mcp_host.trust.trust import Trust
from aether_agents.settings.model import Settings
from aether_sandbox.layout import View, layout

SPEC = ServerSpec(name="x", command="/bin/true", trusted=True)


def project(folder: Path, **entry: object) -> Settings:
    (folder / "project").mkdir()
    server = {"command": "true", "queue": "dev", **entry}
    (folder / "project" / ".mcp.json").write_text(json.dumps({"mcpServers": {"x": server}}))
    return Settings(home=folder / "home", project=folder / "project")


def network_of(settings: Settings) -> bool | None:
    return load_servers(settings, (Specialist(name="dev", description="code"),)).known["x"].network


@pytest.mark.parametrize(
    ("says", "given", "network"),
    [(None, (), False), (None, ("x",), True), (None, ("y",), False), (True, (), True), (False, ("x",), False)],
)
def test_the_network_is_what_the_entry_says_else_what_a_person_chose(
    tmp_path: Path, says: bool | None, given: tuple[str, ...], network: bool
) -> None:
    settings = project(tmp_path, **({} if says is None else {"network": says}))
    trust = Trust(settings.home)
    trust.accept(trust.review(settings.project), network=given)
    assert network_of(settings) is network


def test_what_was_trusted_before_it_was_asked_keeps_the_network(tmp_path: Path) -> None:
    settings = project(tmp_path)
    trust = Trust(settings.home)
    trust.accept(trust.review(settings.project))
    record = json.loads(trust.file.read_text())
    del record["files"][str(settings.project / ".mcp.json")]["network"]
    trust.file.write_text(json.dumps(record))
    assert network_of(settings) is None, "it keeps it, and doctor says so"


def test_a_choice_is_kept_when_a_file_is_trusted_again(tmp_path: Path) -> None:
    settings = project(tmp_path)
    trust = Trust(settings.home)
    trust.accept(trust.review(settings.project), network=("x",))
    path = settings.project / ".mcp.json"
    path.write_bytes(path.read_bytes() + b"\n")
    trust.accept(trust.review(settings.project))
    assert network_of(settings) is True


@pytest.mark.parametrize("name", list(offers()))
def test_every_server_of_the_catalogue_says_whether_it_needs_the_network(name: str) -> None:
    assert isinstance(offers()[name].server["network"], bool)


def test_a_server_never_sees_the_home_of_the_product(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "reports").mkdir(parents=True)
    key = home / "sealing.key"
    key.touch()
    spec = SPEC.model_copy(
        update={"reads": (str(key), str(home / "reports")), "writes": (str(home),), "args": (str(key),)}
    )
    view = view_of(spec, home, "/bin/true", home, "", Confinement())
    assert key not in (*view.reads, *view.writes)
    assert home not in (*view.reads, *view.writes)
    assert home / "reports" in view.reads
    assert home in view.hidden


def test_what_is_named_inside_a_mask_is_seen_after_it(tmp_path: Path) -> None:
    state, own = tmp_path / "state", tmp_path / "state" / "servers" / "x" / "home"
    own.mkdir(parents=True)
    kinds = [
        (mount.kind, mount.path)
        for mount in layout(View(tmp_path, own, reads=(tmp_path,), hidden=(state,)), ["/bin/true"])
        if mount.path.startswith(str(tmp_path))
    ]
    assert kinds == [("read", str(tmp_path)), ("hide", str(state)), ("write", str(own))]


def test_calls_grant_what_they_name_and_once(tmp_path: Path) -> None:
    home, repositories = tmp_path / "home", [tmp_path / "w" / name for name in ("a", "b", "c")]
    for folder in repositories:
        (folder / ".git").mkdir(parents=True)
        (folder / "src").mkdir()
    a, b, c = map(str, repositories)
    grants = Grants(home, Confinement())
    assert grants.widened(SPEC, Needs()) is SPEC
    assert grants.widened(SPEC, Needs(reads=(f"{a}/src",))).reads == (a,), "the repository it lies in"
    both = grants.widened(SPEC, Needs(writes=(b,)))
    assert (both.reads, both.writes) == ((a,), (b,))
    assert grants.widened(SPEC, Needs(reads=(b,))) == both, "what may be written may be read"
    assert grants.widened(SPEC, Needs(reads=(str(home),))) == both
    assert grants.widened(SPEC, Needs(reads=("relative", "/no/such/place", "/a\0b"))) == both
    grants.widened(SPEC, Needs(reads=(str(tmp_path / "w"),)))
    grants.forget("x")
    for one in (a, b, c):
        widened = grants.widened(SPEC, Needs(reads=(one,)))
    assert widened.reads == (str(tmp_path / "w"),), "of three beside each other, the folder around them"


def test_with_roots_a_call_grants_the_root_and_nothing_beside_it(tmp_path: Path) -> None:
    for name in ("root/a", "other"):
        (tmp_path / name).mkdir(parents=True)
    grants = Grants(tmp_path / "home", Confinement(roots=(tmp_path / "root",)))
    needed = Needs(reads=(str(tmp_path / "root" / "a"), str(tmp_path / "other")))
    assert grants.widened(SPEC, needed).reads == (str(tmp_path / "root"),)


def test_what_a_call_needs_is_told_by_the_row_of_its_tool(tmp_path: Path) -> None:
    here, to_be = str(tmp_path), str(tmp_path / "new")

    def of(**row: object) -> Needs:
        made = ToolRow.model_validate({"tool": "x/t", **row})
        args = {"from": here, "to": [to_be], "text": "/of course not", "more": "/no/where/x", "sql": here}
        return needs(Tool(server="x", name="t", specialist="dev", pin="sha256:0", row=made), args)

    assert of() == Needs(writes=(here, to_be, here)), "whoever said yes to it saw them"
    assert of(risk="read") == Needs(reads=(here, to_be, here))
    assert of(code_args=["sql"]) == Needs(writes=(here, to_be))
    assert of(risk="read", path_args=["from", "to"]) == Needs(reads=(here, to_be))
    assert of(risk="write", path_args=["from", "to"], reads=["from"]) == Needs((here,), (to_be,))
