"""The laboratory's worker, with servers that trace: they are told where to, as no server is unless its file says so."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from aether_agents.contracts import ServerSpec, Specialist
from tests.integration.execution import entry
from tests.integration.execution.lab import ROOT, specialists

TRACED = ROOT / "tests" / "servers" / "traced.py"


def _traced(server: ServerSpec) -> ServerSpec:
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"], "OTEL_SERVICE_NAME": "echo"}
    return server.model_copy(update={"args": (str(TRACED),), "env": {**server.env, **told}})


def traced_specialists(count_log: Path, names: Sequence[str]) -> tuple[Specialist, ...]:
    """Those of the laboratory."""
    return tuple(
        one.model_copy(update={"servers": tuple(map(_traced, one.servers))}) for one in specialists(count_log, names)
    )


if __name__ == "__main__":
    entry.specialists = traced_specialists  # type: ignore[assignment]
    sys.exit(entry.main())
