"""Template and plan files, checked: by themselves, against the tool tables, and against the live tools of a stack."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from aether_agents.cli.session.lookup import servers_here
from aether_agents.cli.session.protocols import Entry
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.exit_codes import COMPLETED, USAGE
from aether_agents.contracts import Subtask, Template, Tool
from aether_agents.documents.document import Location, read_document
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import AetherError, InvalidSettings
from aether_agents.planning.files.templates import read_template

#: How like another a name must be to be taken for a slip of the keyboard.
ALIKE = 0.6


class Known(NamedTuple):
    """What is known of tools here."""

    #: By server: what the tool tables have, and whether the package that brings the server brings the table too.
    tables: Mapping[str, tuple[frozenset[str], bool]]
    #: By server: its tools as a worker listed them.
    live: Mapping[str, Mapping[str, Tool]]


class Found(NamedTuple):
    """What is said of one place of a file."""

    at: Location
    message: str
    wrong: bool


def check_files(session: Session, paths: Iterable[Path]) -> int:
    """Say of each template or plan file whether it is right; 2 if one is not."""
    output, worst, known = session.output, COMPLETED, _known(session)
    for path in paths:
        try:
            template = read_template(path)
        except InvalidSettings as error:
            for line in str(error).splitlines():
                output.bad(line)
            worst = error.exit_code
            continue
        document, found = read_document(path), list(_looked(template, known))
        for one in found:
            (output.bad if one.wrong else output.warn)(document.fault(one.at, one.message))
        if any(one.wrong for one in found):
            worst = USAGE
            continue
        size = "a stub" if template.is_stub else f"{len(template.subtasks)} subtasks"
        output.good(f"{path}: {template.name}, {size}")
    return worst


def _known(session: Session) -> Known:
    """The tables of what is installed here; and the live tools, if a stack runs. None where that cannot be known."""
    try:
        tables = dict(_tables(session))
        with session.running_orchestrator() as orchestrator:
            entries: Mapping[str, Entry] = orchestrator.catalogue() if orchestrator is not None else {}
    except AetherError as error:
        session.output.warn(f"tools were not looked at: {error}")
        return Known({}, {})
    live = {name: {tool.name: tool for tool in entry.tools} for name, entry in entries.items() if _counts(entry)}
    return Known(tables, live)


def _counts(entry: Entry) -> bool:
    return entry.status == "live" and not entry.outdated


def _tables(session: Session) -> Iterator[tuple[str, tuple[frozenset[str], bool]]]:
    rows = {specialist.name: specialist.tools for specialist in session.specialists}
    for name, spec in servers_here(session).known.items():
        own = [row.tool for row in (*rows.get(spec.queue, ()), *spec.table) if row.tool.startswith(f"{name}/")]
        yield name, (frozenset(ref.partition("/")[2] for ref in own), spec.bundled)


def _looked(template: Template, known: Known) -> Iterator[Found]:
    for index, subtask in enumerate(template.subtasks):
        for at, ref in _tools(subtask):
            yield from _tool(("subtasks", index, *at), ref, known)
    yield from _results(template, known)


def _tools(subtask: Subtask) -> Iterator[tuple[Location, str]]:
    if subtask.tool is not None:
        yield ("tool",), subtask.tool
    for field, call in (("verify", subtask.verify), ("compensate", subtask.compensate)):
        if call is not None:
            yield (field, "tool"), call.tool


def _tool(at: Location, ref: str, known: Known) -> Iterator[Found]:
    server, _, name = ref.partition("/")
    if server in known.live:
        if name not in known.live[server]:
            yield Found(at, f"there is no tool `{ref}`{_nearest(ref, server, known.live[server])}", wrong=True)
        return
    if server not in known.tables:
        if known.tables:
            hint = nearest(server, known.tables)
            yield Found(at, f"no server here is called `{server}`{hint}", wrong=False)
        return
    names, bundled = known.tables[server]
    if names and name not in names:
        unlisted = "; a tool without a row is destructive and unrepeatable"
        slip = bool(difflib.get_close_matches(name, names, n=1, cutoff=ALIKE))
        message = f"no tool table has `{ref}`{_nearest(ref, server, names)}{'' if slip else unlisted}"
        yield Found(at, message, wrong=bundled and slip)


def _nearest(ref: str, server: str, names: Iterable[str]) -> str:
    known = [f"{server}/{name}" for name in names]
    close = difflib.get_close_matches(ref, known, n=3, cutoff=0.4) or known[:3]
    return f"; nearest: {', '.join(f'`{one}`' for one in close)}" if close else ""


def _results(template: Template, known: Known) -> Iterator[Found]:
    """What is taken from results, as far as live tools say what they give."""
    # Loaded when it is needed: the checks of schemas take a third of a second.
    from aether_agents.planning.validation.arguments import Producer  # noqa: PLC0415
    from aether_agents.planning.validation.declared_outputs import output_warnings, undo_faults  # noqa: PLC0415

    tools = {
        one.id: known.live.get(_server(one), {}).get((one.tool or "").partition("/")[2]) for one in template.subtasks
    }
    producers = {
        one.id: Producer(tool, one.for_each is not None)
        for one in template.subtasks
        if (tool := tools[one.id]) is not None
    }
    for index, subtask in enumerate(template.subtasks):
        if (producer := producers.get(subtask.id)) is not None:
            own = {**producers, subtask.id: producer._replace(fans_out=False)}
            yield from (
                Found(("subtasks", index, "compensate"), f"`{subtask.id}`: {fault}", wrong=True)
                for fault in undo_faults(subtask, own)
            )
    yield from (Found((), one, wrong=False) for one in output_warnings(template.subtasks, template.outputs, producers))


def _server(subtask: Subtask) -> str:
    return (subtask.tool or "").partition("/")[0]


def rows_without_a_tool(rows: Sequence[str], server: str, tools: Sequence[str]) -> Iterator[str]:
    """The rows of a tool table that no tool of the server is called by, each with the nearest tool."""
    for ref in rows:
        if ref.startswith(f"{server}/") and ref.partition("/")[2] not in tools:
            yield f"the tool table has a row `{ref}`, and the server has no such tool{_nearest(ref, server, tools)}"
