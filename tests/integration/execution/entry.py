"""The worker of the tests, as a process: `python -m tests.integration.execution.entry NAME COUNT_LOG NAMES QUEUES`."""

import os
import signal
import sys
import threading
from pathlib import Path

from aether_agents.execution.worker.celery_worker import serve
from aether_agents.settings.model import Settings
from tests.integration.execution.lab import specialists


def _end_with_the_tests() -> None:
    os.read(0, 1)
    sys.stderr.write("the tests are no more: this worker ends\n")
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    """Serve until told to end, or until the tests are no more."""
    threading.Thread(target=_end_with_the_tests, daemon=True).start()
    name, count_log, names, queues = sys.argv[1:]
    settings = Settings.model_validate_json(os.environ["AETHER_TEST_SETTINGS"])
    return serve(
        settings,
        specialists(Path(count_log), names.split(",")),
        queues.split(","),
        name=name,
        pool="prefork" if os.environ.get("AETHER_TEST_POOL") == "prefork" else "threads",
        concurrency=int(os.environ.get("AETHER_TEST_CONCURRENCY", "0")) or None,
    )


if __name__ == "__main__":
    sys.exit(main())
