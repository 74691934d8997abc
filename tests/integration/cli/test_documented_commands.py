"""Every command and option that the manual, README or an example names is one that the program has."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from aether_agents.cli.program import NAME, program

ROOT = Path(__file__).parents[3]
TEXTS = ("README.md", "SECURITY.md", "CONTRIBUTING.md", "deploy/README.md")
PAGES = [*(ROOT / name for name in TEXTS), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
#: What says something to a person, or to a program that reads it.
SOURCES = ("aether_agents", "aether_sandbox", "beat", "workers")

Words = tuple[str, ...]


def options_of(command: click.Command) -> set[str]:
    return {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help"}


def commands(command: click.Command, context: click.Context, path: Words = ()) -> Iterator[tuple[Words, set[str]]]:
    """Every command there is, with its options."""
    yield path, options_of(command)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if child := command.get_command(context, name):
                yield from commands(child, click.Context(child, info_name=name, parent=context), (*path, name))


KNOWN = dict(commands(program, click.Context(program, info_name=NAME, **program.context_settings)))


def faults(text: str) -> Iterator[str]:
    """What a text says of the command line that is not so."""
    for said in re.findall(rf"{NAME} ([a-z][^`|#\n]*)", text):
        path: Words = ()
        for word in re.split(r'[\s";,]+', said):
            if (*path, word) not in KNOWN:
                break
            path = (*path, word)
        if not path:
            yield f"there is no command: {said}"
        wrong = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", said)) - KNOWN[path] - KNOWN[()]
        yield from (f"`{' '.join(path)}` has no {option}" for option in wrong if path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_commands_and_options_that_there_are(page: Path) -> None:
    assert list(faults(page.read_text(encoding="utf-8"))) == []


def test_messages_help_and_the_page_name_commands_and_options_that_there_are() -> None:
    """An error says what to type: that is as true as the manual."""
    endings = (".py", ".yaml", ".toml", ".lua", ".js", ".html")
    files = [path for top in SOURCES for path in sorted((ROOT / top).rglob("*")) if path.suffix in endings]
    wrong = [
        (str(path.relative_to(ROOT)), fault) for path in files for fault in faults(path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


def test_one_that_is_not_there_would_be_found() -> None:
    assert list(faults("`aether-agent frobnicate`, `aether-agent status ID --frob`, `aether-agent up --json`")) == [
        "there is no command: frobnicate",
        "`status` has no --frob",
    ]


def helps(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """The help of a command and of all below it, in a narrow terminal."""
    context.terminal_width = context.max_content_width = 60
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if child := command.get_command(context, name):
                yield from helps(child, click.Context(child, info_name=name, parent=context))


HELPS = dict(helps(program, click.Context(program, info_name=NAME, **program.context_settings)))


@pytest.mark.parametrize("path", HELPS)
def test_each_help_has_examples_and_can_be_read_in_a_narrow_terminal(path: str) -> None:
    said, _, shown = HELPS[path].partition("Examples:")
    assert f"{path} " in f"{shown} ".replace("\n", " "), "an example types the command"
    assert [line for line in said.splitlines() if len(line) > 60] == []
    assert "..." not in said.partition("Commands:")[2], "a line in a list is cut"
