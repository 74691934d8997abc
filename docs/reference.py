"""What the manual says of the program, made from the program itself whenever the manual is built.

A hook of MkDocs. Where a page has `<!-- made: NAME -->`, the function of that name in `MADE` gives the Markdown.
"""

import ast
import importlib
import inspect
import itertools
import json
import re
import textwrap
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, get_args

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from typing_extensions import TypeAliasType

from aether_agents import contracts, errors
from aether_agents.agentserver.sockets import handlers
from aether_agents.agentserver.web import api
from aether_agents.cli.command_index import COMMANDS
from aether_agents.cli.program import NAME, program
from aether_agents.cli.terminal import exit_codes as failure
from aether_agents.mcp_host.files.products import PRODUCTS
from aether_agents.monitoring import metrics, upkeep
from aether_agents.settings.model import Settings

ROOT = Path(__file__).parents[1]

#: Columns of a help text.
WIDTH = 100

#: The packages that another program may import from.
FACES = (
    "aether_agents",
    *(
        f"aether_agents.{name}"
        for name in ("agentserver", "contracts", "errors", "settings", "specialists", "store", "testing")
    ),
)

#: Pages that stand elsewhere in the checkout, where people look for them: page, file, title.
ELSEWHERE = (
    ("how-to/deploy.md", "deploy/README.md", "Deploy it"),
    ("security.md", "SECURITY.md", "Security"),
    ("changes.md", "CHANGELOG.md", "Changes"),
    ("contributing.md", "CONTRIBUTING.md", "Contributing"),
)


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages that stand elsewhere."""
    for page, name, title in ELSEWHERE:
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=re.sub(r"\A# .+", f"# {title}", text)))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Put what is made into a page; the file that a block shows becomes its title."""
    titled = re.sub(r"^```(yaml|json) (\S+)$", r'```\1 title="\2"', markdown, flags=re.MULTILINE)
    return re.sub(r"<!-- made: (.+) -->", lambda found: "\n".join(MADE[found[1]]()), titled)


def commands() -> Iterator[str]:
    """Every command with the help that the terminal shows."""
    top = click.Context(program, info_name=NAME, **program.context_settings)
    for section, entries in itertools.groupby(COMMANDS.values(), lambda entry: entry.section):
        yield from (f"## {section}", "")
        for entry in entries:
            command = program.get_command(top, entry.name)
            if command is None:
                raise LookupError(entry.name)
            yield from _command(command, click.Context(command, info_name=entry.name, parent=top), 3)


def _command(command: click.Command, context: click.Context, level: int) -> Iterator[str]:
    context.terminal_width = context.max_content_width = WIDTH
    yield from (f"{'#' * level} `{context.command_path}`", "", "```text", command.get_help(context), "```", "")
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from _command(child, click.Context(child, info_name=name, parent=context), level + 1)


def settings() -> Iterator[str]:
    """Every key of `aether_agent.yaml`, with its type, default and meaning."""
    return _sections(Settings, "")


def _sections(model: type[BaseModel], path: str) -> Iterator[str]:
    """The table of a model's own keys, then a section for each that has keys of its own."""
    inner = {name: _model_in(field.annotation) for name, field in model.model_fields.items()}
    plain = {name: field for name, field in model.model_fields.items() if inner[name] is None}
    if plain:
        yield from (*_table(plain), "")
    for name, field in model.model_fields.items():
        if found := inner[name]:
            place = f"{path}{name}.NAME" if "dict" in str(field.annotation) else f"{path}{name}"
            yield from (f"## `{place}`", "", field.description or "", "")
            yield from _sections(found, f"{place}.")


def plan_language() -> Iterator[str]:
    """The models of the plan language, field by field."""
    for model in _models(contracts.Template, []):
        yield from (f"## {model.__name__}", "", inspect.getdoc(model) or "", "", *_table(model.model_fields), "")


def tool_row() -> Iterator[str]:
    """The fields of a row of a tool table."""
    return _table(contracts.ToolRow.model_fields)


def events() -> Iterator[str]:
    """The closed list of events."""
    notes = dict(re.findall(r'= "([a-z._]+)"  #: (.+)', inspect.getsource(contracts.EventType)))
    yield from ("| type | note |", "|---|---|")
    yield from (f"| `{one.value}` | {notes.get(one.value, '')} |" for one in contracts.EventType)


def routes() -> Iterator[str]:
    """The requests that are answered, with what their handlers say of themselves."""
    yield from ("| request | does |", "|---|---|")
    for method, path, name in _routes():
        yield f"| `{method} {path}` | {_words(getattr(api.Api, name))} |"


def _routes() -> Iterator[tuple[str, str, str]]:
    """Method, path and handler of each route, read from the calls of `Route` and the table beside them."""
    source = textwrap.dedent(inspect.getsource(api.Api.routes))
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Route"):
            continue
        (method,) = (ast.literal_eval(one.value)[0] for one in node.keywords if one.arg == "methods")
        if isinstance(node.args[0], ast.Constant):
            handler = ast.unparse(node.args[1]).removeprefix("self._known(self.").removesuffix(")")
            yield method, f"/api{node.args[0].value}", handler
    for name, act in re.findall(r'"(\w+)": self\.(\w+)', source):
        yield "POST", f"/api/tasks/{{task_id}}/{name}", act
    yield "GET", "/metrics", "metrics"


def socket_events() -> Iterator[str]:
    """What a client may send, with the fields it takes."""
    yield from ("| event | fields |", "|---|---|")
    acts = handlers._Acts(None, None).all()  # type: ignore[arg-type]
    for event, (_, fields) in acts.items():
        yield f"| `{event}` | {', '.join(f'`{one}`' for one in fields) if fields else 'those of a task'} |"


def exit_codes() -> Iterator[str]:
    """What a command leaves with."""
    codes = re.findall(r"^[A-Z_]+ = (\d+)  #: (.+)$", inspect.getsource(failure), re.MULTILINE)
    yield from ("| code | means |", "|---|---|")
    yield from (f"| {code} | {means} |" for code, means in codes)


def kinds_of_error() -> Iterator[str]:
    """Every error a person can meet."""
    kinds = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.AetherError)]
    yield from ("| code | exit code | means |", "|---|---|---|")
    for kind in sorted(kinds, key=lambda one: one.code):
        yield f"| `{kind.code}` | {kind.exit_code} | {_words(kind)} |"


def metric_names() -> Iterator[str]:
    """Every metric, read from the calls that make it: its name, then what it means."""
    found = []
    for node in ast.walk(ast.parse(inspect.getsource(metrics) + inspect.getsource(upkeep))):
        given = node.args if isinstance(node, ast.Call) else []
        texts = [one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        found += [(name, text) for name, text in itertools.pairwise(texts) if name.startswith("aether_")]
    yield from ("| name | means |", "|---|---|")
    yield from (f"| `{name}` | {text} |" for name, text in sorted(found))


def python_names(face: str) -> Iterator[str]:
    """What another program may import from one package: exactly its `__all__`."""
    module = importlib.import_module(face)
    yield from ("| name | what |", "|---|---|")
    for name in module.__all__:
        yield f"| `{name}` | {_said(getattr(module, name))} |"


def _said(public: Any) -> str:
    """What a public name is, in a sentence: of a class or function its own, of all else the values."""
    if values := get_args(public):
        return "one of " + ", ".join(f"`{value}`" for value in values)
    if isinstance(public, frozenset):
        return ", ".join(f"`{getattr(value, 'value', value)}`" for value in sorted(public))
    if isinstance(public, TypeAliasType):
        return "any value that JSON has"
    first = (inspect.getdoc(public) or "").partition("\n\n")[0]
    return " ".join(first.split()).replace("|", "\\|")


def _words(documented: object) -> str:
    """A docstring as one line."""
    return " ".join((inspect.getdoc(documented) or "").split())


def _table(fields: dict[str, Any]) -> Iterator[str]:
    yield from ("| key | type | default | means |", "|---|---|---|---|")
    for name, field in fields.items():
        default = _default(field)
        cells = (
            f"`{field.alias or name}`",
            _type(field.annotation),
            f"`{default}`" if default else "",
            field.description,
        )
        yield f"| {' | '.join(cell or '' for cell in cells)} |".replace("\n", " ")


def _default(field: Any) -> str:
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "*required*"
    if value is None or value in ((), {}, "", Path()):
        return ""
    plain = getattr(value, "value", value)
    return f"`{plain if isinstance(plain, str | Path) else json.dumps(plain, default=str)}`"


def _type(annotation: Any) -> str:
    text = re.sub(r"Annotated\[([^,\]]+)[^\]]*\]", r"\1", str(annotation))
    text = re.sub(r"<(?:class|enum) '(?:[\w.]*\.)?(\w+)'>", r"\1", text)
    text = re.sub(r"(?:typing|pathlib|collections\.abc|aether_agents(?:\.\w+)+)\.", "", text)
    return f"`{text}`".replace("|", "\\|")


def _leads(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every model in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for one in getattr(annotation, "__args__", ()):
        yield from _leads(one)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model whose keys stand below a setting; a template's are another page."""
    return next((one for one in _leads(annotation) if one is not contracts.Template), None)


def _models(model: type[BaseModel], seen: list[type[BaseModel]]) -> list[type[BaseModel]]:
    """A model and every model its fields lead to, in the order they are met."""
    if model not in seen:
        seen.append(model)
        for field in model.model_fields.values():
            for one in _leads(field.annotation):
                _models(one, seen)
    return seen


def server_files() -> Iterator[str]:
    """The server files of other products that are read, and where they lie."""
    yield "| product | in a project, read where it lies | in your home, for `servers import` |"
    yield "| --- | --- | --- |"
    for product in PRODUCTS:
        here = ", ".join(f"`{name}`" for name in product.project)
        home = ", ".join(f"`~/{name}`" for name in product.home[:2])
        yield f"| {product.name} | {here} | {home} |"


MADE: dict[str, Callable[[], Iterator[str]]] = {
    "commands": commands,
    "settings": settings,
    "plan language": plan_language,
    "tool row": tool_row,
    "events": events,
    "fields of an event": lambda: _table(contracts.Event.model_fields),
    "routes": routes,
    "socket events": socket_events,
    "exit codes": exit_codes,
    "errors": kinds_of_error,
    "metrics": metric_names,
    **{f"names of {face}": partial(python_names, face) for face in FACES},
    "server files": server_files,
}
