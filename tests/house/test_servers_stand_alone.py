"""First-party servers are programs of their own: they import nothing of ours but what they share."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

WORKERS = Path(__file__).parents[2] / "workers"

#: What the servers of each may import beside the standard library, their own modules and what they share.
EVERYWHERE = {"mcp", "mcp_types", "pydantic", "anyio", "cryptography"}
ALLOWED = {
    "inspection": EVERYWHERE | {"idna"},
    "infra/servers": EVERYWHERE | {"psutil", "ansible"},
    "dev/servers": EVERYWHERE | {"git", "mcp_server_git", "jinja2", "markdown2", "lizard", "pdoc", "radon", "vulture"},
    "security/servers": EVERYWHERE | {"detect_secrets", "packaging", "re2", "requests", "yaml"},
    "data/servers": EVERYWHERE | {"duckdb", "python_calamine"},
}


def imported(program: Path) -> Iterator[str]:
    """Every module a file imports, by its whole name."""
    for node in ast.walk(ast.parse(program.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


@pytest.mark.parametrize("folder", ALLOWED)
def test_a_server_imports_nothing_of_ours(folder: str) -> None:
    programs = sorted((WORKERS / folder).rglob("*.py"))
    assert len(programs) > 5
    allowed = ALLOWED[folder] | sys.stdlib_module_names
    strange = {
        f"{program.relative_to(WORKERS)}: {name}"
        for program in programs
        for name in imported(program)
        if not name.startswith(("workers.inspection", "aether_sandbox")) and name.split(".")[0] not in allowed
    }
    assert strange == set()


def test_the_sandbox_that_both_sides_use_imports_the_standard_library_only() -> None:
    """The host and the servers share it; what it would import, every start of a server would wait for."""
    programs = sorted((WORKERS.parent / "aether_sandbox").glob("*.py"))
    assert len(programs) > 5
    allowed = sys.stdlib_module_names | {"aether_sandbox"}
    found = {f"{path.name}: {one}" for path in programs for one in imported(path) if one.split(".")[0] not in allowed}
    assert found == set()
    for path in programs:
        if path.stem in {"namespaces", "landlock"}:  # run as files, with -I and -S
            assert not any(one.startswith("aether_sandbox") for one in imported(path))
