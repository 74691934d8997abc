"""The audit record on the command line: listed, checked, exported."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from rich.text import Text

from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.exit_codes import COMPLETED, TASK_FAILED
from aether_agents.cli.terminal.glyphs import BAD, GOOD, QUIET, WARN
from aether_agents.cli.terminal.tables import Column, table
from aether_agents.cli.views.task_report import Entry, Proof, page
from aether_agents.contracts import Json
from aether_agents.errors import AetherError, InvalidSettings, NothingYet
from aether_agents.process.regular_file import LARGEST, read_text, why_not
from aether_agents.store import load_keyring, open_store
from aether_agents.store.audit import exported
from aether_agents.store.audit.audit_log import AuditLog
from aether_agents.store.audit.chain import Line
from aether_agents.store.audit.checkpoint import Signer
from aether_agents.store.audit.ocsf import ocsf
from aether_agents.store.audit.verification import Fault, Known, Verdict, verify
from aether_agents.store.client.audit_writer import signature

#: Fields of an entry that have a column of their own, or say nothing to people.
_PLACED = frozenset({"at", "kind", "task", "subtask", "by", "w", "i", "run"})
_SHOWN_MAX = 70
#: Bytes of an exported record that are read, and of one line of it.
_LARGEST_RECORD, _LARGEST_LINE = 1 << 30, 1 << 20


def list_entries(session: Session, *, task: str, kind: str, limit: int) -> None:
    """Show the last entries, with those that are not linked yet."""

    def wanted(line: Line) -> bool:
        said = line.entry
        return str(said.get("task", "")).startswith(task) and str(said.get("kind", "")).startswith(kind)

    with _record(session) as audit:
        linked = [one for one in audit.lines() if wanted(one)]
        tail = [one for one in audit.tail().lines if wanted(one)]
    rows = [*linked, *tail][-limit:]
    if session.output.json_wanted:
        session.output.json([{**one.shown, "linked": bool(one.link)} for one in rows])
        return
    columns = [
        Column("n", keep=True),
        Column("when", keep=True),
        Column("what", keep=True),
        Column("about"),
        Column("who"),
        Column(""),
    ]
    session.output.show(table(columns, [_row(one) for one in rows]))
    if any(not one.link for one in rows):
        session.output.hint("entries without a number are not linked yet; a worker does that within a second")


def check(session: Session, file: Path | None, heads: Sequence[Path], key: str) -> int:
    """Check the record of the store, or one that was exported, and say what is wrong."""
    given = tuple(exported.read_head(_text(path, LARGEST), str(path)) for path in heads)
    keys = frozenset({key} - {""})
    if file is not None:
        verdict, tail = _of_file(session, file, given, keys), 0
    else:
        with _record(session) as audit:
            verdict, tail = audit.verify(given, keys), len(audit.tail().lines)
    _tell(session, verdict, tail)
    return COMPLETED if not verdict.faults else TASK_FAILED


def write_out(session: Session, *, form: str, after: int, output: Path | None) -> int:
    """Write the record as JSON Lines, or as events of OCSF."""
    with _record(session) as audit:
        lines = audit.lines(after)
        if form == "ocsf":
            _write((_json(ocsf(one)) for one in lines), output)
        else:
            _write(exported.written(lines, audit.anchor(), audit.head(_now())), output)
    return COMPLETED


def show_head(session: Session) -> int:
    """Print where the chain ends, signed: kept elsewhere, it shows later whether the store came back older."""
    with _record(session) as audit:
        session.output.json(audit.head(_now()))
    return COMPLETED


@contextmanager
def _record(session: Session) -> Iterator[AuditLog]:
    """The record of the store that the settings lead to.

    Raises:
        NothingYet: no stack ever ran here, and no broker is configured.
    """
    if session.stack is not None and not session.stack.used():
        raise NothingYet
    with session.reaching() as settings, open_store(settings) as store:
        yield store.audit


def proof_of(session: Session, task_id: str) -> Proof:
    """What the record says of one task, and of itself."""
    with _record(session) as audit:
        verdict = audit.verify()
        lines = [one for one in (*audit.lines(), *audit.tail().lines) if one.entry.get("task") == task_id]
    entries = [Entry(one.number, one.link, one.entry) for one in lines]
    faults = [f"{fault.what}: {fault.text}" for fault in verdict.faults]
    return Proof(entries, verdict.entries, verdict.end.link, faults)


def write_report(session: Session, task_id: str, output: Path | None) -> int:
    """Write the page of a task."""
    with session.past() as orchestrator:
        view, plan, events = (
            orchestrator.view(task_id, outputs=True),
            orchestrator.plan_of(task_id),
            orchestrator.events(task_id),
        )
        text = page(view, plan, events, proof_of(session, task_id))
    file = output or session.folder / f"report-{task_id}.html"
    file.touch(0o600)  # it holds what the store keeps sealed
    file.write_text(text, encoding="utf-8")
    session.output.good(f"the task as a page: {file}")
    return COMPLETED


def _of_file(session: Session, file: Path, heads: tuple[dict[str, Json], ...], keys: frozenset[str]) -> Verdict:
    text = _lines_of(sys.stdin) if str(file) == "-" else _text(file, _LARGEST_RECORD).split("\n")
    found = exported.read(text, str(file))
    genuine, known = _keys_of(session)
    known = keys or known
    own = (found.head,) if found.head else ()
    begins, signed = exported.beginning(found.anchor, known)
    verdict = verify(found.lines, Known(None if keys else genuine, known, begins, (*own, *heads)))
    more = [] if signed else [Fault("anchor", 0, "where it begins is not signed with a known key")]
    if why := exported.unsigned_end(found):
        more.append(Fault("removed", verdict.end.number, why))
    return verdict._replace(faults=(*more, *verdict.faults))


def _text(path: Path, largest: int) -> str:
    try:
        return read_text(path, largest)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"{path}: cannot be read: {why_not(error)}") from None


def _lines_of(stream: TextIO) -> Iterator[str]:
    """Its lines, each cut at what no entry is: a stream without an end of line would fill the memory."""
    return iter(lambda: stream.readline(_LARGEST_LINE), "")


def _keys_of(session: Session) -> tuple[Callable[[Line], bool | None] | None, frozenset[str]]:
    """What this machine can check: writers' signatures, and which keys sign here; nothing without the sealing key."""
    try:
        settings = session.stack.settings() if session.stack else session.settings
        ring = load_keyring(settings)
    except AetherError:
        return None, frozenset()

    def genuine(line: Line) -> bool | None:
        name, _, mark = line.signed.partition(":")
        key = ring.of_audit(name)
        return None if key is None else signature(line.text, key) == mark

    return genuine, Signer(settings, ring).known


def _tell(session: Session, verdict: Verdict, tail: int) -> None:
    output = session.output
    if output.json_wanted:
        output.json(
            {
                "entries": verdict.entries,
                "end": verdict.end._asdict(),
                "checkpoints": verdict.checkpoints,
                "not_linked": tail,
                "unchecked_signatures": verdict.unchecked,
                "faults": [fault._asdict() for fault in verdict.faults],
            }
        )
        return
    for fault in verdict.faults:
        output.show(Text(f"{fault.what}: {fault.text}", BAD))
    word = f"{len(verdict.faults)} faults" if verdict.faults else "nothing was edited, removed, inserted or reordered"
    about = f"{verdict.entries} entries, {verdict.checkpoints} checkpoints: {word}"
    output.show(Text(about, BAD if verdict.faults else GOOD))
    output.show(Text(f"it ends at entry {verdict.end.number}, {verdict.end.link[:16]}", QUIET))
    if tail:
        output.show(Text(f"{tail} entries are not linked yet", WARN))
    if verdict.unchecked:
        output.show(Text(f"{verdict.unchecked} entries: the signatures of their writers were not checked", WARN))


def _row(line: Line) -> list[Text]:
    entry = line.entry
    when = datetime.fromtimestamp(line.came / 1000, UTC).strftime("%m-%d %H:%M:%S")
    about = "/".join(str(entry[name]) for name in ("task", "subtask") if entry.get(name))
    rest = "  ".join(f"{name} {_short(value)}" for name, value in sorted(entry.items()) if name not in _PLACED)
    cells = (str(line.number) if line.link else "", when, str(entry.get("kind")), about, str(entry.get("by", "")), rest)
    return [Text(cell, "" if line.link else WARN) for cell in cells]


def _short(value: Json) -> str:
    text = value if isinstance(value, str) else _json(value)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}…"


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _write(lines: Iterable[str], output: Path | None) -> None:
    if output is None:
        for line in lines:
            sys.stdout.write(line + "\n")
        return
    with output.open("w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)


def _now() -> int:
    return time.time_ns() // 1_000_000
