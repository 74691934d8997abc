"""Suggestions: what can be asked for in this folder, for who typed the name of the program and nothing else."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path

from rich.text import Text

from aether_agents.cli.session.lookup import templates_here
from aether_agents.cli.session.session import Session
from aether_agents.cli.terminal.glyphs import QUIET
from aether_agents.contracts import Template

#: Entries of the folder that are looked at, at most: this is said before anything is asked.
LOOKED_AT = 2_000

_DATA = {
    ".csv": "CSV",
    ".tsv": "TSV",
    ".xlsx": "Excel",
    ".json": "JSON",
    ".jsonl": "JSON",
    ".parquet": "Parquet",
    ".db": "database",
    ".sqlite": "database",
    ".sqlite3": "database",
    ".duckdb": "database",
}


def show_suggestions() -> None:
    """What lies here, a sentence for each template, and how to go on."""
    session = Session()
    output = session.output
    folder = session.settings.project
    output.show(Text(f"In {folder}", style="bold").append(f"  {', '.join(_seen(folder)) or 'an empty folder'}", QUIET))
    found = templates_here(session)
    asked = sorted((one for one in found if not one.is_stub), key=lambda one: one.specialist or "")
    for specialist, templates in groupby(asked, lambda one: one.specialist):
        output.show(Text(f"\n{specialist}", style="bold"))
        for template in templates:
            output.show(Text(f"  {_sentence(template)}"))
    output.show(Text())
    for path in found.inert:
        output.warn(f"{path}: not trusted, so not used")
    if found.inert:
        output.hint("look at it, and decide: aether-agent trust")
    output.hint('ask for one of these, in your own words: aether-agent execute "…"')
    output.hint('see its plan first: aether-agent plan "…"; all commands: aether-agent --help')


def _sentence(template: Template) -> str:
    """What one says to have it done: its first example, else what it is for."""
    said = template.examples[0] if template.examples else template.description.partition(" - ")[0]
    return said[:1].upper() + said[1:]


def _seen(folder: Path) -> Iterator[str]:
    """What kinds of things lie in a folder, of its first entries."""
    try:
        names = [entry.name for entry in islice(folder.iterdir(), LOOKED_AT)]
    except OSError:
        yield "cannot be read"
        return
    if ".git" in names:
        yield "a git repository"
    counts = Counter(kind for name in names if (kind := _DATA.get(Path(name).suffix.lower())))
    yield from (f"{count} {kind} file{'s' * (count != 1)}" for kind, count in sorted(counts.items()))
    if names and not counts and ".git" not in names:
        yield f"{len(names)} entries"
