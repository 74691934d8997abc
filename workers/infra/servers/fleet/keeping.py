"""Keeping: what a change will touch on each host is kept there before, marked after, and put back on request."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .differences import PACKAGES, SERVICES, names, place
from .runner import Event, Runner

#: Names and paths on one host, by what they are: packages, services, users, groups, paths.
Touched = dict[str, list[str]]
#: The module that keeps and puts back, on each host.
KEEPER = "aether_keep"


def touched(events: Sequence[Event]) -> dict[str, Touched]:
    """What the tasks of a preview would touch, by host."""
    found: dict[str, dict[str, set[str]]] = {}
    for event in events:
        of = found.setdefault(event.host, {})
        named = names(event.args.get("name") or event.args.get("pkg"))
        if event.module in PACKAGES:
            of.setdefault("packages", set()).update(one.partition("=")[0] for one in named)
        elif event.module in SERVICES:
            of.setdefault("services", set()).update(named)
        elif event.module in ("user", "group"):
            of.setdefault(f"{event.module}s", set()).update(named)
        elif path := place(event):
            of.setdefault("paths", set()).add(path)
    return {host: {kind: sorted(all_) for kind, all_ in of.items()} for host, of in found.items()}


class Keeper:
    """What is kept of one change."""

    def __init__(self, runner: Runner, change: str, become: bool) -> None:
        self._runner, self._change, self._become = runner, change, become

    def around(self) -> tuple[list[Path], list[Path]]:
        """What runs before a playbook, keeping what is there or stopping that host, and what notes how it is after."""
        before, after = (self._runner.written(one, [self._task_of(one)]) for one in ("save", "seal"))
        return [before], [after]

    def seal(self, hosts: Sequence[str]) -> None:
        """Note how it is now, so that an undo sees what others change later."""
        self._each("seal", hosts)

    def look(self, hosts: Sequence[str]) -> list[Event]:
        """What others have changed since, by host."""
        return self._each("conflicts", hosts)

    def restore(self, hosts: Sequence[str]) -> list[Event]:
        """Files put back; packages, services and accounts by an inverse play."""
        found = self._each("restore", hosts)
        inverse = {event.host: event.aether["inverse"] for event in found if event.aether.get("inverse")}
        wanted = {host: told for host, told in inverse.items() if any(told.values())}
        if wanted:
            found += self._runner.own([self._of(_inverse())], {"inverse": wanted}, list(wanted))
        return found

    def _each(self, action: str, hosts: Sequence[str]) -> list[Event]:
        if not hosts:
            return []
        return self._runner.own([self._task_of(action)], limit=() if list(hosts) == ["all"] else hosts)

    def _task_of(self, action: str) -> dict[str, Any]:
        told = {"action": action, "change": self._change}
        if action == "save":
            told |= {
                "wanted": "{{ aether_wanted[inventory_hostname] | default({}) }}",
                "trees": "{{ aether_trees[inventory_hostname] | default([]) }}",
            }
        return self._of([{"name": action, KEEPER: told}])

    def _of(self, tasks: list[dict[str, Any]]) -> dict[str, Any]:
        return {"hosts": "all", "gather_facts": False, "become": self._become, "tasks": tasks}


def _inverse() -> list[dict[str, Any]]:
    told = "inverse[inventory_hostname]"
    builtin = "ansible.builtin"
    return (
        [
            {
                "name": f"{verb} what was {'not ' if state == 'absent' else ''}there",
                f"{builtin}.package": {"name": f"{{{{ {told}.{key} }}}}", "state": state},
                "when": f"{told}.{key} | length > 0",
            }
            for verb, key, state in (
                ("remove", "remove_packages", "absent"),
                ("install", "install_packages", "present"),
            )
        ]
        + [
            {
                "name": f"remove the {kind} that was made",
                f"{builtin}.{kind}": {"name": "{{ item }}", "state": "absent"},
                "loop": f"{{{{ {told}.remove_{kind}s }}}}",
            }
            for kind in ("user", "group")
        ]
        + [
            {
                "name": "services as they ran",
                f"{builtin}.service": {
                    "name": "{{ item.name }}",
                    "state": "{{ 'started' if item.active else 'stopped' }}",
                    "enabled": "{{ item.enabled if item.enabled is not none else omit }}",
                },
                "loop": f"{{{{ {told}.services }}}}",
            }
        ]
    )
