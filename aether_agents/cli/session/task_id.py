"""Task ids as people type them: whole, the beginning of one that only one task has, or `@last`."""

import re

import click

from aether_agents.cli.session.session import Session

#: The latest task.
LAST = "@last"
#: Latest tasks among which a beginning is looked for, and characters that one has at least.
AMONG, LEAST = 1_000, 3
#: Characters of a whole id that we make.
WHOLE = 12
_NAMED = 5
_BEGINNING = re.compile(r"[0-9a-f]+")


class TaskId(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions only
    """The id of a task. The store is asked only for a short form of one."""

    name = "task_id"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The whole id; what may be one is left as it is."""
        short = len(value) < WHOLE and _BEGINNING.fullmatch(value)
        if value != LAST and not short:
            return value
        with Session().past() as orchestrator:
            known = [view.task_id for view in orchestrator.tasks(1 if value == LAST else AMONG)]
        if value == LAST:
            return known[0] if known else self.fail("there is no task yet", param, ctx)
        found = [task_id for task_id in known if task_id.startswith(value)]
        if value in found or not found:
            return value  # its own name, or nobody's: the command says so
        if len(value) < LEAST:
            self.fail(f"`{value}` is too short: give {LEAST} characters of an id at least, or `{LAST}`", param, ctx)
        if len(found) > 1:
            more = ", …" if len(found) > _NAMED else ""
            self.fail(f"`{value}` begins several: {', '.join(found[:_NAMED])}{more}", param, ctx)
        return found[0]


TASK_ID = TaskId()
