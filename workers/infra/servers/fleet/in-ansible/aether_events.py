"""An ansible callback: what happens to each host is written as one line of JSON.

It runs inside ansible. In a preview (`AETHER_PREVIEW`) tasks that say `check_mode: false`, which ansible would carry
out even in check mode, are previewed as all others are; and look-ups that run a program or ask the network do not run
here, however they are spelled and wherever they stand, unless the playbook is trusted (`AETHER_TRUSTED`).
"""

import json
import os

from ansible.errors import AnsibleError
from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import lookup_loader

_ARGS = ("path", "dest", "name", "state", "src", "enabled", "pkg", "recurse")
_MOST = 64 << 10
#: Look-ups that read files and names, and nothing else.
_SAFE = frozenset(
    [
        "config",
        "csvfile",
        "dict",
        "env",
        "file",
        "fileglob",
        "first_found",
        "indexed_items",
        "ini",
        "inventory_hostnames",
        "items",
        "list",
        "nested",
        "random_choice",
        "sequence",
        "subelements",
        "template",
        "together",
        "unvault",
        "varnames",
        "vars",
    ]
)


class CallbackModule(CallbackBase):
    """One line an event."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "aether_events"

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if os.environ.get("AETHER_PREVIEW") and not os.environ.get("AETHER_TRUSTED"):
            lookup_loader.get = _looking_only(lookup_loader.get)

    def v2_playbook_on_task_start(self, task, is_conditional):  # noqa: ARG002 - ansible's # noqa: ARG002
        self._previewed(task)

    def v2_playbook_on_handler_task_start(self, task):
        self._previewed(task)

    def v2_runner_on_ok(self, result):
        self._tell("ok", result)

    def v2_runner_on_skipped(self, result):
        self._tell("skipped", result)

    def v2_runner_on_unreachable(self, result):
        self._tell("unreachable", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._tell("ignored" if ignore_errors else "failed", result)

    def _previewed(self, task):
        if os.environ.get("AETHER_PREVIEW"):
            task.check_mode = True

    def _tell(self, event, result):
        host, task, told = result._host.get_name(), result._task, result._result
        for one in told.get("results") or [told]:
            if isinstance(one, dict):
                self._line(event, host, task, one)

    def _line(self, event, host, task, told):
        hidden = bool(told.get("_ansible_no_log") or task.no_log is True)
        args = (told.get("invocation") or {}).get("module_args") or {}
        line = {
            "event": event,
            "host": host,
            "task": task.get_name(),
            "module": task.action.rsplit(".", 1)[-1],
            "changed": bool(told.get("changed")),
            "become": bool(task.become),
            "hidden": hidden,
            "reason": str(told.get("skip_reason") or told.get("skipped_reason") or told.get("false_condition") or ""),
        }
        if not hidden:
            diff = told.get("diff") or []
            line["diff"] = [_cut(one) for one in (diff if isinstance(diff, list) else [diff]) if isinstance(one, dict)]
            line["args"] = {name: args[name] for name in _ARGS if args.get(name) is not None}
            line["msg"] = str(told.get("msg") or told.get("stderr") or told.get("module_stderr") or "")[:2000]
            line["command"] = str(told.get("cmd") or "")[:300]
            if "aether" in told:
                line["aether"] = told["aether"]
        print(json.dumps(line, default=str), flush=True)


def _looking_only(get):
    def found(name, *args, **options):
        if str(name).removeprefix("ansible.builtin.").removeprefix("ansible.legacy.") not in _SAFE:
            raise AnsibleError(
                f"the look-up `{name}` runs on this machine even in a preview: if it is to be trusted, say "
                "`allow_code=true`"
            )
        return get(name, *args, **options)

    return found


def _cut(diff):
    found = {}
    for name in ("before", "after", "before_header", "after_header", "prepared"):
        if name in diff:
            value = diff[name]
            found[name] = value[:_MOST] if isinstance(value, str) else value
    return found
