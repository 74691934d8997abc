"""The rules of the house that no linter knows."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import aether_agents.contracts
from aether_agents.contracts import Contract

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted(
    path for folder in ("aether_agents", "aether_sandbox", "workers", "beat") for path in (ROOT / folder).rglob("*.py")
)
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))

#: Files and functions that are too long today, with their length: numbers here go down, never up.
TOO_LONG = {"aether_agents/celery_app/app.py:_configuration": 53}  # a table of Celery's settings, each said once
FILE_LINES = 250
FUNCTION_LINES = 40  # without what documents it


def texts() -> Iterator[tuple[str, str]]:
    """Every text of the checkout that is ours."""
    tops = ["aether_agents", "aether_sandbox", "workers", "beat", "deploy", "tests", "requirements", ".ci"]
    paths = [path for top in tops for path in (ROOT / top).rglob("*")]
    paths += [ROOT / "Makefile", ROOT / "pyproject.toml", *ROOT.glob("*.md"), *ROOT.glob("*.yaml")]
    for path in paths:
        if path.is_file() and "__pycache__" not in path.parts:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8", errors="replace")


def lengths() -> Iterator[tuple[str, int, int]]:
    """Name, length and limit of every file and function."""
    for path in CODE:
        name, text = str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
        yield name, len(text.splitlines()), FILE_LINES
        for node in functions(ast.parse(text)):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            start = body[0].lineno if body else node.lineno
            yield f"{name}:{node.name}", (node.end_lineno or 0) - start + 2, FUNCTION_LINES


def functions(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function in a piece of code; expressions, which hold none, are not looked into."""
    for child in getattr(node, "body", ()) if not isinstance(node, ast.expr) else ():
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
        yield from functions(child)


def test_files_and_functions_are_small() -> None:
    too_long = {name: length for name, length, limit in lengths() if length > limit}
    worse = {name: length for name, length in too_long.items() if length > TOO_LONG.get(name, 0)}
    assert worse == {}, f"at most {FILE_LINES} lines a file and {FUNCTION_LINES} a function"
    assert set(TOO_LONG) <= set(too_long), "these are short enough now: take them off the list"


def test_every_field_of_every_contract_is_described() -> None:
    for module in walk_packages(aether_agents.contracts.__path__, "aether_agents.contracts."):
        import_module(module.name)
    import_module("aether_agents.settings.model")
    models = list(Contract.__subclasses__())
    for model in models:
        models += model.__subclasses__()
    fields = [(model, name, field) for model in models for name, field in model.model_fields.items()]
    assert len(fields) > 100
    assert [f"{model.__name__}.{name}" for model, name, field in fields if not field.description] == []
    assert [model.__name__ for model in models if not model.__doc__] == []


def test_nothing_names_a_registry_or_a_machine() -> None:
    hosts = ["pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "deb.debian" + ".org"]
    places = [
        "/work" + "/main",
        "/work" + "/shared",
        "/work" + "/.library",
        "/tmp" + "/team",
        "/opt" + "/pypi",
        "/root" + "/",
    ]
    found = [(name, word) for name, text in texts() for word in hosts + places if word in text]
    assert found == []


def test_no_back_doors_between_layers() -> None:
    word = "TYPE" + "_CHECKING"
    assert [str(path) for path in CODE if word in path.read_text(encoding="utf-8")] == []


def test_tests_wait_for_events_and_never_sleep() -> None:
    """`eventually` in conftest is the one place; misbehaving servers are programs, not tests."""
    sleeping = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if "sleep(" in path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"sleep", "time.sleep", "asyncio.sleep"}
    ]
    assert sleeping == []


def test_make_targets_say_what_they_do() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.+)$", text, re.MULTILINE)
    documented = re.findall(r"^([a-z-]+):.*  ## \S", text, re.MULTILINE)
    assert sorted(documented) == sorted(phony.split())


def test_every_dependency_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    groups = [*table["project"]["optional-dependencies"].values(), *table["dependency-groups"].values()]
    named = [line for group in [table["project"]["dependencies"], *groups] for line in group if isinstance(line, str)]
    silent = [
        line
        for line in named
        if not line.startswith("aether-agents[") and not re.search(rf'"{re.escape(line)}", +#', text)
    ]
    assert len(named) > 20
    assert silent == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_locks_are_exact_have_hashes_and_name_no_index(lock: Path) -> None:
    blocks = re.split(
        r"^(?=[A-Za-z])",
        re.sub(r"^#.*\n", "", lock.read_text(encoding="utf-8"), flags=re.MULTILINE),
        flags=re.MULTILINE,
    )
    requirements = [block for block in blocks if block.strip()]
    assert len(requirements) > 30
    for requirement in requirements:
        assert re.match(r"[a-z0-9-]+==\S+", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement
        assert not re.search(r"--(index|extra-index|find-links|trusted)|://", requirement), requirement


def test_the_demo_runs_what_the_tests_test() -> None:
    """The small lock and the large one name the same versions."""
    small, large = (
        set(
            re.findall(
                r"^([a-z0-9-]+==\S+)", (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8"), re.MULTILINE
            )
        )
        for name in ("run", "dev")
    )
    assert small < large


def test_whoever_opens_servers_confines_them() -> None:
    """A host confines nothing unless it is told to: every one of the product's is."""
    calls = [
        (path, node)
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Host"
    ]
    assert len(calls) > 1
    assert [str(path) for path, call in calls if "confinement" not in {word.arg for word in call.keywords}] == []


def test_the_last_line_of_the_demo_works_as_typed(tmp_path: Path) -> None:
    """`make demo` ends with a line for the shell, and after it the command is found, wherever the checkout lies."""
    (said,) = re.findall(r"'To go on, put the command on your path:  (.+?)'$", (ROOT / "Makefile").read_text(), re.M)
    checkout = tmp_path / "a folder"
    program = checkout / ".venv/bin/aether-agent"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    typed = said.replace("$(CURDIR)", str(checkout)).replace("$(BIN)", ".venv/bin").replace("$$", "$")
    shell = ["/bin/sh", "-c", f"{typed}; command -v aether-agent"]
    found = subprocess.run(shell, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True, timeout=30)
    assert found.stdout.strip() == str(program)
