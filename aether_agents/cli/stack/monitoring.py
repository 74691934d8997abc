"""Monitoring: Flower in this terminal, and the numbers for Prometheus."""

from aether_agents.cli.session.session import Session
from aether_agents.cli.stack.flower_address import access
from aether_agents.cli.terminal.exit_codes import COMPLETED
from aether_agents.errors import NoWorker
from aether_agents.monitoring.metrics import metrics_text
from aether_agents.settings.model import Settings
from aether_agents.store import open_store
from aether_agents.telemetry import logs


def serve_flower(session: Session, *, address: str | None, port: int | None) -> int:
    """Serve Flower until told to end.

    Raises:
        NoWorker: no stack runs; none is started to be looked at.
    """
    from aether_agents.monitoring.flower import serve  # noqa: PLC0415 - an extra of its own, which `metrics` does without

    settings = _settings(session)
    chosen = {key: value for key, value in (("address", address), ("port", port)) if value is not None}
    told = settings.agent_system.cli_interface
    logs.begin("flower", told.logging_level, told.logging_format)
    settings = settings.model_copy(update={"flower": settings.flower.model_copy(update=chosen)})
    serve(settings, session.specialists, lambda where: session.output.hint(access(settings, where)))
    return COMPLETED


def print_metrics(session: Session) -> int:
    """Print the metrics of the running stack, or of the configured broker.

    Raises:
        NoWorker: no stack runs; none is started to be measured.
    """
    settings = _settings(session)
    with open_store(settings) as store:
        session.output.text(metrics_text(store, settings.alerts.budgeted()).decode().rstrip("\n"))
    return COMPLETED


def _settings(session: Session) -> Settings:
    """The settings that lead to what runs."""
    if session.stack is None:
        return session.settings
    if not session.stack.running():
        raise NoWorker("no embedded stack runs here, so there is nothing to show; start one with `aether-agent up`")
    return session.stack.settings()
