"""What another program may import: exactly these names, each typed and documented, the same to a type checker."""

import ast
import importlib
import inspect
import typing
from pathlib import Path

import pytest

import aether_agents
from aether_agents import errors

ROOT = Path(aether_agents.__file__).parents[1]

FACES = {
    "aether_agents": "AgentProcess Answer Event HighLevelTask Orchestrator connect load_settings",
    "aether_agents.agentserver": """
        AgentCommand AgentProcess AgentShell AuditFile CommandResult ControlServer Handle HistoryTerminal Line Person
        Ran Server SessionTasks Terminal register""",
    "aether_agents.contracts": """
        Again Annotations Answer Call CatalogueEntry Change Condition Contract DryCall Elicited ErrorKind
        Estimate Event EventType Expect FailOn Form GitIdentity HighLevelTask InputSpec Install Intervention
        Irreversible Isolation Item ItemKind Json Kept KeptItem KeptItems ModelWork Plan PlanView
        PlannedSubtask Profile ProfiledStep Refined Rerun RerunOf Retry Review Risk Role ServerSpec Shown Specialist
        Spread Subject Subtask
        SubtaskStatus SubtaskView TERMINAL_EVENTS TERMINAL_SUBTASK TERMINAL_TASK TaskStatus TaskView
        Template Tool ToolRow Understood Undoing Verb Verdict Verify new_task_id""",
    "aether_agents.errors": """
        AetherError Barred CannotOpen CannotUndo CouldNotPlan InvalidPlan InvalidSettings InvalidTask LimitReached
        LoginFailed Newer NoWorker NotAllowed NotTrusted NothingYet ReferenceMissing SecretMissing ServerBarred
        ServerDown ServerQuarantined ServerSilent StackError StoreRefuses StoreUnavailable Tampered TaskNotFound
        TooManyTasks ToolDrifted ToolTimeout WrongStatus""",
    "aether_agents.settings": "Settings load_settings",
    "aether_agents.specialists": "load_specialists read_specialist",
    "aether_agents.store": "Brake Schedules Store WorkerInfo make_key_file open_store",
    "aether_agents.testing": "OneProcessStack one_process_stack",
}
#: What a program is given by one of these and gives to another, and never makes.
HANDED_ON = {"Service"}
NAMES = [(face, name) for face, names in FACES.items() for name in names.split()]


def public(face: str, name: str) -> typing.Any:
    """What a program gets that imports this."""
    return getattr(importlib.import_module(face), name)


def stubbed(package: str) -> set[str]:
    """The names in a package's stub, which is what a type checker sees."""
    tree = ast.parse((Path(aether_agents.__file__).parent / package / "__init__.pyi").read_text(encoding="utf-8"))
    return {one.asname or one.name for node in tree.body if isinstance(node, ast.ImportFrom) for one in node.names}


def callables(face: str, name: str) -> list[typing.Any]:
    """A public function; the public methods of a public class, and the values of its properties."""
    one = public(face, name)
    if inspect.isfunction(one):
        return [one]
    if not inspect.isclass(one):
        return []
    own = [
        (key, value)
        for base in one.__mro__
        if base.__module__.startswith("aether_")
        for key, value in vars(base).items()
    ]
    found = [value.fget if isinstance(value, property) else value for key, value in own if not key.startswith("_")]
    return [one for one in found if inspect.isfunction(one)]


def named(hint: typing.Any) -> set[type]:
    """Every class of ours in an annotation."""
    inner = {one for arg in typing.get_args(hint) for one in named(arg)}
    base = typing.get_origin(hint) or hint
    return inner | ({base} if isinstance(base, type) and base.__module__.startswith("aether_") else set())


@pytest.mark.parametrize("face", FACES)
def test_a_face_offers_exactly_these(face: str) -> None:
    assert sorted(importlib.import_module(face).__all__) == sorted(FACES[face].split())


@pytest.mark.parametrize(("face", "name"), NAMES)
def test_each_is_there_documented_and_typed(face: str, name: str) -> None:
    one = public(face, name)
    if inspect.isclass(one) or inspect.isfunction(one):
        assert one.__module__.startswith("aether_agents.")
        assert one.__doc__, "says what it is"
    for part in callables(face, name):
        assert part.__doc__ or getattr(one, "_is_protocol", False), f"{part.__qualname__} says what it does"
        given = [key for key in inspect.signature(part).parameters if key not in ("self", "cls")]
        missing = {*given, "return"} - set(part.__annotations__)
        assert not missing, f"{part.__qualname__} says the types of {sorted(missing)}"


def test_what_a_public_signature_names_is_public_too() -> None:
    offered = {id(public(face, name)) for face, name in NAMES}
    missing = {
        f"{part.__qualname__}: {one.__module__}.{one.__name__}"
        for face, name in NAMES
        if face != "aether_agents.store"  # what is stored and how is ours to change
        for part in callables(face, name)
        for hint in typing.get_type_hints(part).values()
        for one in named(hint)
        if id(one) not in offered and one.__name__ not in HANDED_ON
    }
    assert missing == set()


@pytest.mark.parametrize(
    "name", sorted(set(FACES["aether_agents"].split()) | set(FACES["aether_agents.errors"].split()))
)
def test_the_package_itself_has_its_names_and_every_error(name: str) -> None:
    assert getattr(aether_agents, name).__module__.startswith("aether_agents.")


def test_every_error_is_in_the_list() -> None:
    made = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, Exception)}
    assert made == set(errors.__all__)


def test_nothing_else_is_there() -> None:
    assert stubbed("") == {*FACES["aether_agents"].split(), "*"}
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = aether_agents.Nothing
    with pytest.raises(ImportError):
        exec("from aether_agents import nothing")


@pytest.mark.parametrize("package", ["settings", "orchestrator", "local"])
def test_a_face_that_loads_late_offers_what_its_stub_says(package: str) -> None:
    face = __import__(f"aether_agents.{package}", fromlist=["_HOMES"])
    assert set(face._HOMES) == stubbed(package)
    assert all(getattr(face, name) for name in face._HOMES)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = face.nothing


@pytest.mark.parametrize("face", FACES)
def test_the_manual_lists_every_face(face: str) -> None:
    page = (ROOT / "docs/reference/python.md").read_text(encoding="utf-8")
    assert f"<!-- made: names of {face} -->" in page  # the table is made from `__all__` when the manual is built
