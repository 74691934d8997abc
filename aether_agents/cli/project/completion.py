"""Completion of what people would have to look up: task ids, templates, servers. Never starts anything."""

import click
from click.shell_completion import CompletionItem

from aether_agents.cli.session.lookup import server_names, template_names
from aether_agents.cli.session.session import Session
from aether_agents.errors import AetherError
from aether_agents.mcp_host.install import offers as offering

LATEST = 30


def task_ids(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The latest tasks, if the store is there to be asked."""
    try:
        with Session().running_orchestrator() as orchestrator:
            views = orchestrator.tasks(LATEST) if orchestrator is not None else []
    except AetherError:  # a completion has nowhere to say it
        return []
    return [
        CompletionItem(view.task_id, help=f"{view.status}: {view.description[:50]}")
        for view in views
        if view.task_id.startswith(incomplete)
    ]


def templates(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of the templates that hold here."""
    try:
        names = template_names(Session())
    except AetherError:
        return []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def servers(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of the servers that are known here."""
    try:
        names = server_names(Session())
    except AetherError:
        return []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def offers(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of the verified servers."""
    found = offering.offers().values()
    return [CompletionItem(offer.name, help=offer.summary) for offer in found if offer.name.startswith(incomplete)]
