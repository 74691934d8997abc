"""How pages look, and what of a docstring reaches them: no script, no HTML of its own, nothing from elsewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import markdown2  # type: ignore[import-untyped]  # pdoc brings it, without types
from pdoc import render, render_helpers

from .surface import Thing

#: Longest docstring that is shown, in characters.
MAX_DOCSTRING = 100_000
_DIRECTIVE = re.compile(r"^([ ]*)\.\.[ ]+(note|warning|danger|include|math)::(.*)$", re.MULTILINE)
_NUMPY = re.compile(r"^[ ]*(?:Parameters|Returns|Attributes)\n[ ]*-{4,}[ ]*$", re.MULTILINE)
_EXTRAS = {
    name: value
    for name, value in render_helpers.markdown_extensions.items()
    if name not in {"alerts", "markdown-in-html", "mermaid", "pyshell", "toc"}
}


def to_html(docstring: str) -> str:
    """Markdown as HTML. HTML in it is shown, not obeyed, and a link leads nowhere but to a page."""
    return str(
        markdown2.markdown(
            docstring, extras=_EXTRAS, link_patterns=render_helpers.markdown_link_patterns, safe_mode="escape"
        )
    )


def use(*, source: bool) -> None:
    """Tell pdoc how pages look: no script, no search, nothing from elsewhere."""
    render.configure(
        template_directory=Path(__file__).with_name("templates"), search=False, show_source=source, docformat="google"
    )
    render.env.filters["to_html"] = to_html


def docstring_of(thing: Thing) -> str:
    """A docstring as pdoc takes it, without what makes pdoc read a file or write HTML of its own."""

    def plain(found: re.Match[str]) -> str:
        indent, kind, text = found.groups()
        if kind == "include":
            return f"{indent}*(another file is included here; it was not read)*"
        return f"{indent}> **{kind.capitalize()}:**{text}"

    return _DIRECTIVE.sub(plain, thing.docstring[:MAX_DOCSTRING])


def format_of(module: Thing) -> str:
    """How its docstrings are written: all of them may use Markdown, reST and Google's sections; some use numpy's."""
    texts = [module.docstring, *(thing.docstring for thing in _all(module))]
    return "numpy" if any(_NUMPY.search(text) for text in texts) else "google"


def _all(thing: Thing) -> Iterator[Thing]:
    for member in thing.members.values():
        yield member
        yield from _all(member)
