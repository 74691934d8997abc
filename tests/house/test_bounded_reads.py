"""Files are read by what bounds it: a path from outside may be a pipe, a device, gigabytes.

`process/regular_file` reads them in the core, `inspection/text` in the servers; documents, repositories and tables
have readers of their own. What else opens a file to read it stands here, with what makes the path ours.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.test_house import CODE, ROOT

#: Files with an opener of their own, by whose file they open.
OURS = {
    "aether_agents/agentserver/web/web_app.py": "a page of the package",
    "aether_agents/cli/templates/specialist_new.py": "texts of the package",
    "aether_agents/cli/views/task_report.py": "a template of the package",
    "aether_agents/mcp_host/install/offers.py": "recipes of the package",
    "aether_agents/planning/sentence/parts.py": "words of the package",
    "aether_agents/planning/sentence/vocabulary.py": "words of the package",
    "aether_agents/store/client/lua_library.py": "functions of the package",
    "aether_agents/process/build.py": "the commit of the package, or of the checkout it runs from",
    "aether_agents/planning/routing/encoder.py": "the model that whoever runs the worker has put there",
    "aether_agents/local/backup_archive.py": "AETHER_HOME, or a member of an archive, read in pieces",
    "aether_agents/local/log_file.py": "logs of the stack",
    "aether_agents/local/supervision/process_identity.py": "the kernel",
    "aether_agents/local/supervision/state_file.py": "the stack's own folder",
    "aether_agents/local/valkey.py": "the stack's own folder",
    "aether_agents/monitoring/flower.py": "the stack's own folder",
    "aether_agents/process/installation.py": "the note of who installed this",
    "aether_agents/process/local_journal.py": "AETHER_HOME",
    "aether_agents/process/running_process.py": "the kernel",
    "aether_agents/store/client/head_memory.py": "AETHER_HOME",
    "aether_agents/store/system/local_disk.py": "the embedded store's own files",
    "aether_agents/mcp_host/registry/spec_digest.py": "what a server can run, if it is a regular file; read in pieces",
    "aether_agents/cli/terminal/system_errors.py": "a descriptor",
    "aether_sandbox/landlock.py": "a descriptor, and the kernel",
    "aether_sandbox/namespaces.py": "a descriptor",
    "aether_sandbox/layout.py": "the first bytes of a program that is started",
    "workers/data/servers/tables/backups/restoring.py": "a copy of its own",
    "workers/dev/servers/quality/measure.py": "a copy of its own, in the sandbox",
    "workers/dev/servers/quality/measure_tokens.py": "a copy of its own, in the sandbox",
    "workers/dev/servers/quality/unused.py": "a copy of its own, in the sandbox",
    "workers/infra/servers/fleet/on-hosts/aether_keep.py": "on a host, what a playbook changes there",
    "workers/infra/servers/host/container.py": "the kernel",
    "workers/infra/servers/host/disks.py": "the kernel",
    "workers/infra/servers/terraform/saved_plans.py": "its own folder",
    "workers/security/servers/dependencies/answered.py": "what pip-audit was answered, in a folder of its own",
    "workers/security/servers/infracode/scan.py": "a copy of its own",
}
#: What opens an archive, a connection, a sealed document or a listed file of a repository, and no path.
OTHERS = (
    *("repository", "_repository", "archive", "tarfile", "sealer", "_seal", "_access", "counts", "self", "os"),
    *("_service", "_planner_step", "planner_step", "opener", "_opener"),
)


def reads(tree: ast.AST) -> Iterator[int]:
    """Lines that open a file to read it."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        on = node.func.value if isinstance(node.func, ast.Attribute) else None
        whole = name == "read_bytes" or (name == "read_text" and on is not None)
        opens = name == "open" and not (on is not None and _last(on) in OTHERS) and not _writes(node, on is None)
        if whole or opens:
            yield node.lineno


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _writes(call: ast.Call, plain: bool) -> bool:
    """Whether it is opened to be written; a name of a mode that is not said here counts as reading."""
    said = [one.value for one in call.keywords if one.arg == "mode"] + call.args[1 if plain else 0 :][:1]
    modes = [one.value for one in said if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return bool(modes) and modes[0].strip("b+t") in ("w", "a", "x")


def test_a_file_is_opened_by_what_bounds_it() -> None:
    found: dict[str, list[int]] = {}
    for path in CODE:
        if lines := list(reads(ast.parse(path.read_text(encoding="utf-8")))):
            found[str(path.relative_to(ROOT))] = lines
    new = {name: lines for name, lines in found.items() if name not in OURS}
    assert new == {}, "read it by `process.regular_file` or `inspection.text`, or say here whose file it is"
    assert set(OURS) - set(found) == set(), "these open none any more"


def test_it_knows_an_unbounded_read() -> None:
    wrong = (
        "path.read_text()",
        "Path(p).read_bytes()",
        "open(p)",
        "p.open('rb')",
        "p.open()",
        "(a / b).open(mode='r')",
    )
    right = ("p.open('w')", "p.open('ab')", "open(p, 'x')", "read_text(p)", "tarfile.open(p)", "repository.open(p)")
    assert all(list(reads(ast.parse(one))) for one in wrong)
    assert not any(list(reads(ast.parse(one))) for one in right)


def test_the_reasons_are_of_files_that_are_there() -> None:
    assert [name for name in OURS if not (ROOT / Path(name)).is_file()] == []
