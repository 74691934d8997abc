"""Rankings for a scorer: requests from a file against tools of a file, or against templates. No broker is asked."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from aether_agents.cli.session.lookup import templates_here
from aether_agents.cli.session.session import Session
from aether_agents.contracts import Template
from aether_agents.documents.document import read_document
from aether_agents.documents.model_check import read_as
from aether_agents.errors import InvalidSettings
from aether_agents.process.regular_file import read_text, why_not

#: How many of an order are printed.
SHOWN = 10
#: Bytes of a file of tools or requests.
_LARGEST = 256 << 20


def rank_tools(session: Session, catalogue: Path, queries: Path) -> None:
    """Print one row per query: the tools of the file, the nearest first."""
    # Imported when first needed: a second that no other command has to wait for.
    from aether_agents.planning.routing.tool_ranking import text_of_tool  # noqa: PLC0415

    tools = list(_rows(catalogue))
    names = [str(_field(tool, "id", catalogue)) for tool in tools]
    _print(session, names, [text_of_tool(tool) for tool in tools], queries)


def rank_templates(session: Session, queries: Path, files: Sequence[Path]) -> None:
    """Print one row per query: the templates that hold here, or those of the files, the nearest first."""
    from aether_agents.planning.routing.tool_ranking import text_of_template  # noqa: PLC0415 - as above

    templates = list(_read(files)) if files else list(templates_here(session))
    _print(session, [one.name for one in templates], [text_of_template(one) for one in templates], queries)


def _print(session: Session, names: Sequence[str], texts: Sequence[Any], queries: Path) -> None:
    from aether_agents.planning.routing.fused_ranking import FusedRanking  # noqa: PLC0415 - as above

    if not names:
        raise InvalidSettings("there is nothing to rank: the file is empty, or no template holds here")
    ranking = FusedRanking(texts)
    for row in _rows(queries):
        found = ranking.rank(str(_field(row, "query", queries)))
        session.output.json_line(
            {
                "id": _field(row, "id", queries),
                "ranked": [names[at] for at in found.order[:SHOWN]],
                "accepted": found.accepted,
                "score": found.confidence,
            }
        )


def _read(files: Iterable[Path]) -> Iterator[Template]:
    """The templates of files, as they are written: nothing of them runs here."""
    for path in files:
        for one in sorted(path.glob("*.y*ml")) if path.is_dir() else [path]:
            yield read_as(Template, read_document(one))


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file with one JSON object a line."""
    try:
        lines = read_text(path, _LARGEST).splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"{path}: cannot be read: {why_not(error)}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise InvalidSettings(f"{path}:{number}: one JSON object a line is wanted: {error}") from None
        if not isinstance(row, dict):
            raise InvalidSettings(f"{path}:{number}: one JSON object a line is wanted, not {type(row).__name__}")
        yield row


def _field(row: dict[str, Any], name: str, path: Path) -> Any:
    if name not in row:
        raise InvalidSettings(f"{path}: a row has no `{name}`: each needs it")
    return row[name]
