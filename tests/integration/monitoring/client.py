"""A client in a process of its own: hands in one task with a plan, and says how long that took.

`python -m tests.integration.monitoring.client TASK_ID MESSAGE`
"""

import os
import sys
import time

from aether_agents.contracts import HighLevelTask, Subtask, Template
from aether_agents.orchestrator.orchestrator import connect
from aether_agents.settings.model import Settings

if __name__ == "__main__":
    task_id, message = sys.argv[1:]
    steps = (
        Subtask(id="a", tool="dev-echo/echo", args={"message": message}),
        Subtask(id="b", tool="dev-echo/fail", args={"message": message}, needs=("a",), on_failure="continue"),
    )
    plan = Template(name="two", description="two calls", subtasks=steps)
    with connect(Settings.model_validate_json(os.environ["AETHER_TEST_SETTINGS"])) as orchestrator:
        began = time.monotonic()
        orchestrator.submit(HighLevelTask(task_id=task_id, description="trace me", document=plan))
        sys.stdout.write(f"{time.monotonic() - began:.3f}\n")
    # redis 8 loads the metrics of OpenTelemetry's SDK where they are installed; these only we could have loaded
    ours = ("opentelemetry.exporter", "opentelemetry.instrumentation", "aether_agents.telemetry.tracing.otel")
    sys.stdout.write(f"{sum(name.startswith(ours) for name in sys.modules)}\n")
