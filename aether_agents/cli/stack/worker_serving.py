"""Serving: a worker in this terminal, on queues of one's choice."""

from collections.abc import Sequence

from aether_agents.cli.session.session import Session
from aether_agents.documents.suggestion import nearest
from aether_agents.errors import InvalidSettings
from aether_agents.process.startup import loading
from aether_agents.store import PLANNER


def serve_queues(session: Session, queues: Sequence[str], *, everything: bool, name: str) -> int:
    """Serve queues until the worker is ended. Gives its exit code: 0 when it was told to end.

    Raises:
        InvalidSettings: no queue is named, or one that nobody serves.
    """
    known = [PLANNER, *(specialist.queue for specialist in session.specialists)]
    chosen = list(dict.fromkeys(known if everything else queues))
    if not chosen:
        raise InvalidSettings(f"name the queues to serve, or --all; there are: {', '.join(known)}")
    if unknown := [queue for queue in chosen if queue not in known]:
        raise InvalidSettings(
            f"no specialist has the queue `{unknown[0]}`{nearest(unknown[0], known)}; there are: {', '.join(known)}"
        )
    with loading():
        from aether_agents.execution.worker.celery_worker import serve  # noqa: PLC0415 - seconds of imports: the queues are right by now

    settings = session.settings if session.stack is None else session.stack.settings()
    return serve(settings, session.specialists, chosen, name=name or "-".join(chosen))
