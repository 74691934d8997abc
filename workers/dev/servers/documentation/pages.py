"""pdoc's own documentation objects, filled from syntax trees: pdoc then looks at nothing itself, and only renders.

Left to itself pdoc imports modules, evaluates annotations, runs what is there for type checkers only, and reads the
files that a docstring includes. Every attribute it would work out that way is set here beforehand.
"""

import ast
import copy
import inspect
import types
from collections.abc import Iterator, Mapping
from typing import Any

from pdoc import doc

from .look import docstring_of, format_of
from .surface import Surface, Thing, last_name

#: Longest value that is shown, in characters.
MAX_WORDS = 300
_MORE = "…"  #: what stands for the rest, or for what cannot be written
_DEEP = 8
_TYPE_VARIABLES = ("TypeVar", "ParamSpec", "TypeVarTuple")


class _Words:
    """An expression, shown as it is written."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def documented(
    surfaces: Mapping[str, Surface], packages: frozenset[str], public: list[str], sources: Mapping[str, str]
) -> dict[str, doc.Module]:
    """pdoc's module of each public name. With `sources`, their text is shown beside them."""
    made = {name: _Builder(surfaces, sources).module(surfaces[name], name in packages) for name in public}
    for name, module in made.items():
        inner = [made[other] for other in public if other.rpartition(".")[0] == name]
        vars(module).update(submodules=inner)
    return made


class _Builder:
    def __init__(self, surfaces: Mapping[str, Surface], sources: Mapping[str, str]) -> None:
        self._surfaces = surfaces
        self._sources = sources

    def module(self, surface: Surface, package: bool) -> doc.Module:
        """A module and all that is in it."""
        shell = types.ModuleType(surface.name)
        vars(shell).update(__all__=surface.exported, __docformat__=format_of(surface))
        made = doc.Module(shell)
        members = dict(self._top(surface))
        vars(made).update(
            docstring=docstring_of(surface),
            source=self._sources.get(surface.name, ""),
            source_file=None,
            source_lines=None,
            is_package=package,
            members=members,
            own_members=list(members.values()),
            inherited_members={},
        )
        return made

    def _top(self, surface: Surface) -> Iterator[tuple[str, doc.Doc[Any]]]:
        names = surface.exported if surface.exported is not None else list(surface.members)
        for name in names:
            home, thing = self._meant(surface, name)
            if thing is not None and surface.is_public(name):
                yield name, self._one(home, surface.name, name, thing)

    def _meant(self, surface: Surface, name: str) -> tuple[Surface, Thing | None]:
        """A name that a module offers, where it is defined."""
        for _ in range(_DEEP):
            if name in surface.members or name not in surface.imports:
                break
            place, _, name = surface.imports[name].rpartition(".")
            if place not in self._surfaces:
                break
            surface = self._surfaces[place]
        return surface, surface.members.get(name)

    def _one(self, home: Surface, module: str, name: str, thing: Thing) -> doc.Doc[Any]:
        """One thing of a module; `name` is its name there, `home` where it is defined."""
        taken = (home.name, name if "." in name else thing.name)
        known: dict[str, Any] = {
            "docstring": docstring_of(thing),
            "source_file": None,
            "source": self._source(home, thing),
            "source_lines": _lines(thing),
            "decorators": [f"@{_written(one)}" for one in thing.decorators],
        }
        made: doc.Doc[Any]
        if thing.kind == "variable":
            made = doc.Variable(module, name, taken_from=taken, docstring="")
            known |= self._value(home, thing)
        elif thing.kind == "function":
            made = doc.Function(module, name, object(), taken)  # type: ignore[arg-type]
            known |= self._call(home, thing)
        else:
            made = doc.Class(module, name, object(), taken)  # type: ignore[arg-type]
            members = {
                inner: self._one(home, module, f"{name}.{inner}", member)
                for inner, member in thing.members.items()
                if not inner.startswith("_") or inner == "__init__"
            }
            bases = list(self._bases(home, thing))
            known |= {"members": members, "own_members": list(members.values()), "inherited_members": {}}
            known |= {"bases": bases}
        vars(made).update(known)
        return made

    def _value(self, home: Surface, thing: Thing) -> dict[str, Any]:
        type_variable = isinstance(thing.value, ast.Call) and last_name(thing.value) in _TYPE_VARIABLES
        return {
            "annotation_str": f": {self._typed(home, thing.annotation)!r}" if thing.annotation else "",
            "default_value_str": _written(thing.value) if thing.value else "",
            "is_typevar": type_variable,
            "is_type_alias_type": False,
        }

    def _call(self, home: Surface, thing: Thing) -> dict[str, Any]:
        node = thing.node
        assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)  # noqa: S101 - a function is one of these
        try:
            signature = inspect.Signature(
                list(self._parameters(home, node.args)),
                return_annotation=self._typed(home, node.returns) if node.returns else inspect.Signature.empty,
            )
        except ValueError:  # the same name twice: Python itself would refuse it when it is compiled
            signature = inspect.Signature([inspect.Parameter("unknown", inspect.Parameter.POSITIONAL_OR_KEYWORD)])
        marks = [last_name(one) for one in node.decorator_list]
        return {
            "signature": signature,
            "funcdef": "async def" if isinstance(node, ast.AsyncFunctionDef) else "def",
            "is_classmethod": "classmethod" in marks,
            "is_staticmethod": "staticmethod" in marks,
        }

    def _parameters(self, home: Surface, args: ast.arguments) -> Iterator[inspect.Parameter]:
        plain = [*args.posonlyargs, *args.args]
        given: list[ast.expr | None] = [None] * (len(plain) - len(args.defaults)) + list(args.defaults)
        kind = inspect.Parameter
        for at, (arg, value) in enumerate(zip(plain, given, strict=True)):
            only = at < len(args.posonlyargs)
            yield self._parameter(home, arg, kind.POSITIONAL_ONLY if only else kind.POSITIONAL_OR_KEYWORD, value)
        if args.vararg:
            yield self._parameter(home, args.vararg, kind.VAR_POSITIONAL, None)
        for arg, value in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            yield self._parameter(home, arg, kind.KEYWORD_ONLY, value)
        if args.kwarg:
            yield self._parameter(home, args.kwarg, kind.VAR_KEYWORD, None)

    def _parameter(self, home: Surface, arg: ast.arg, kind: Any, value: ast.expr | None) -> inspect.Parameter:
        empty = inspect.Parameter.empty
        annotation = self._typed(home, arg.annotation) if arg.annotation else empty
        return inspect.Parameter(
            arg.arg, kind, default=_Words(_written(value)) if value else empty, annotation=annotation
        )

    def _typed(self, home: Surface, node: ast.expr) -> _Words:
        """An annotation, with the whole names of what is documented here, so that it is linked."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return _Words(_cut(node.value))
        try:
            return _Words(_written(_Whole(home, self._surfaces).visit(copy.deepcopy(node))))
        except RecursionError:
            return _Words(_MORE)

    def _bases(self, home: Surface, thing: Thing) -> Iterator[tuple[str, str, str]]:
        node = thing.node
        for base in node.bases if isinstance(node, ast.ClassDef) else ():
            text = _written(base)
            whole = repr(self._typed(home, base))
            module, _, name = whole.rpartition(".")
            known = module in self._surfaces and name.isidentifier()  # pdoc escapes what it does not link
            own = text in home.members
            yield (home.name, text, text) if own else (module, name, text) if known else ("", "", text)

    def _source(self, home: Surface, thing: Thing) -> str:
        span = _lines(thing)
        if span is None or home.name not in self._sources:
            return ""
        return "\n".join(self._sources[home.name].splitlines()[span[0] - 1 : span[1]])


class _Whole(ast.NodeTransformer):
    """Puts the whole name in the place of an imported one, where what is imported is documented here."""

    def __init__(self, home: Surface, surfaces: Mapping[str, Surface]) -> None:
        self._imports = home.imports
        self._surfaces = surfaces

    def visit_Name(self, node: ast.Name) -> ast.AST:
        whole = self._imports.get(node.id, "")
        return ast.Name(whole) if whole in self._surfaces or whole.rpartition(".")[0] in self._surfaces else node


def _lines(thing: Thing) -> tuple[int, int] | None:
    end = getattr(thing.node, "end_lineno", None)
    return (thing.line, end) if end else None


def _written(node: ast.AST, limit: int = MAX_WORDS) -> str:
    try:
        return _cut(" ".join(ast.unparse(node).split()), limit)
    except (RecursionError, ValueError):  # a sum of hundreds of terms, a number of thousands of digits
        return _MORE


def _cut(text: str, limit: int = MAX_WORDS) -> str:
    return text if len(text) <= limit else text[: limit - 1] + _MORE
