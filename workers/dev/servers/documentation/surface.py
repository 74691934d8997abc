"""What a module offers to others, read from its syntax tree: names, docstrings, signatures. Nothing is evaluated."""

import ast
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Literal

Kind = Literal["module", "class", "function", "variable"]
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
#: Decorators of definitions that are parts of another one of the same name.
_FURTHER = ("setter", "deleter", "getter", "overload")
_PROPERTIES = ("property", "cached_property", "abstractproperty")


@dataclass
class Thing:
    """A module, a class, a function or a variable."""

    kind: Kind
    name: str
    line: int
    docstring: str = ""
    node: ast.AST | None = None
    value: ast.expr | None = None  #: of a variable
    annotation: ast.expr | None = None  #: of a variable, or what a property gives
    members: dict[str, "Thing"] = field(default_factory=dict)
    wanted: bool = True  #: whether it should have a docstring

    @property
    def decorators(self) -> list[ast.expr]:
        """Its decorators."""
        return self.node.decorator_list if isinstance(self.node, _DEFINITIONS) else []


@dataclass
class Surface(Thing):
    """A module as a whole."""

    exported: list[str] | None = None  #: `__all__`, where it is written out
    imports: dict[str, str] = field(default_factory=dict)  #: dotted name by local name

    def is_public(self, name: str) -> bool:
        """Whether a name of its top is for others."""
        return name in self.exported if self.exported is not None else not name.startswith("_")


def read_surface(source: str, name: str, package: bool) -> Surface:
    """Read a module.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: it cannot be parsed.
    """
    tree = ast.parse(source)
    found = Surface("module", name, 1, ast.get_docstring(tree) or "", tree, wanted=bool(tree.body))
    statements = list(_flat(tree.body))
    found.exported = _exported(statements)
    found.imports = dict(_imports(statements, name if package else name.rpartition(".")[0]))
    found.members = _members(statements)
    return found


def things(surface: Surface) -> Iterator[tuple[str, Thing]]:
    """What of a module should have a docstring, with its name in the module: itself, public classes and functions."""
    if surface.wanted:
        yield "", surface
    for name, thing in surface.members.items():
        if surface.is_public(name):
            yield from _nested(name, thing)


def _nested(name: str, thing: Thing) -> Iterator[tuple[str, Thing]]:
    if thing.wanted:
        yield name, thing
    for inner, member in thing.members.items():
        if not inner.startswith("_"):
            yield from _nested(f"{name}.{inner}", member)


def _flat(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements, with those that a condition or a `try` holds."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If | ast.Try | ast.With):
            for part in ("body", "orelse", "finalbody"):
                yield from _flat(getattr(statement, part, []))


def _members(statements: Sequence[ast.stmt]) -> dict[str, Thing]:
    found: dict[str, Thing] = {}
    for statement, after in zip_longest(statements, statements[1:]):
        thing = _defined(statement) if isinstance(statement, _DEFINITIONS) else _variable(statement, after)
        if thing is not None and not (thing.name in found and found[thing.name].kind != "variable"):
            found[thing.name] = thing
    return found


def _defined(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Thing | None:
    marks = [last_name(decorator) for decorator in node.decorator_list]
    if any(mark in _FURTHER for mark in marks):
        return None
    docstring = ast.get_docstring(node) or ""
    line = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    if isinstance(node, ast.ClassDef):
        statements = list(_flat(node.body))
        thing = Thing("class", node.name, line, docstring, node)
        thing.members = {**_assigned_in_init(statements), **_members(statements)}
        return thing
    special = node.name.startswith("__") and node.name.endswith("__")
    if any(mark in _PROPERTIES for mark in marks):
        return Thing("variable", node.name, line, docstring, node, annotation=node.returns)
    return Thing("function", node.name, line, docstring, node, wanted=not special and "override" not in marks)


def _variable(statement: ast.stmt, after: ast.stmt | None) -> Thing | None:
    """A variable that is given a value or a type."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            annotation = None
        case ast.AnnAssign(target=ast.Name(id=name), value=value, annotation=annotation):
            pass
        case _:
            return None
    return Thing("variable", name, statement.lineno, _text(after), None, value, annotation, wanted=False)


def _text(statement: ast.stmt | None) -> str:
    """A text that stands alone, as the docstring of the variable before it."""
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return inspect.cleandoc(text)
    return ""


def _assigned_in_init(statements: Sequence[ast.stmt]) -> dict[str, Thing]:
    """Attributes that the constructor declares with a type."""
    found: dict[str, Thing] = {}
    for init in statements:
        if not (isinstance(init, ast.FunctionDef) and init.name == "__init__"):
            continue
        for statement, after in zip_longest(init.body, init.body[1:]):
            match statement:
                case ast.AnnAssign(
                    target=ast.Attribute(value=ast.Name(id="self"), attr=name), annotation=annotation, lineno=line
                ):
                    thing = Thing("variable", name, line, _text(after), annotation=annotation, wanted=False)
                    found[name] = thing
    return found


def _exported(statements: Sequence[ast.stmt]) -> list[str] | None:
    for statement in statements:
        match statement:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List(elts=items) | ast.Tuple(elts=items)):
                pass
            case ast.AnnAssign(target=ast.Name(id="__all__"), value=ast.List(elts=items) | ast.Tuple(elts=items)):
                pass
            case _:
                continue
        names = [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        return names if len(names) == len(items) else None
    return None


def _imports(statements: Sequence[ast.stmt], package: str) -> Iterator[tuple[str, str]]:
    for statement in statements:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
        elif isinstance(statement, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - max(0, statement.level - 1)]
            start = [*(base if statement.level else []), *filter(None, [statement.module or ""])]
            for alias in statement.names:
                if alias.name != "*":
                    yield alias.asname or alias.name, ".".join((*start, alias.name))


def last_name(node: ast.expr) -> str:
    """The last part of a dotted name, or of what is called by it."""
    if isinstance(node, ast.Call):
        return last_name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
