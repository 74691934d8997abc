"""A worker with a planted fault of ours: what it raises has the secrets in it that its process knows.

`python -m tests.integration.monitoring.entry NAME COUNT_LOG NAMES QUEUES`, as the laboratory's own worker.
"""

import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aether_agents.execution.calls.tool_call import Caller, Run
from tests.integration.execution import entry

_made = Caller._made


def _faulty(self: Caller, tool: Any, args: dict[str, Any], run: Run, *rest: Any) -> Any:
    """A call that is asked to, fails with all the secrets there are in its words."""
    if str(args.get("message", "")).startswith("boom"):
        settings = self._settings
        key = Path(str(settings.encryption.key_file)).read_text(encoding="utf-8")
        password = urlsplit(str(settings.broker.url)).password
        forged = "\n2026-01-01T00:00:00.000Z CRITICAL worker root: forged"
        raise RuntimeError(f"planted: {args['message']} {key} {password}{forged}")
    return _made(self, tool, args, run, *rest)


if __name__ == "__main__":
    Caller._made = _faulty  # type: ignore[method-assign]
    sys.exit(entry.main())
