"""The end of a message as Celery's monitors see it: what Celery itself says nothing about is told here, in its words.

A message that is refused, or whose subtask waits for a person, ends with `Ignore`. Celery sends no event for that, so
that it would stand as STARTED for ever. Events are sent only while somebody looks.
"""

import logging

from celery import Task

log = logging.getLogger(__name__)

#: How the reason of a claim that was refused begins.
REFUSED = "refused"


def tell_end(celery_task: Task, why: str) -> None:
    """Tell monitors that a message ended without an outcome: refused is REVOKED, anything else goes on as RETRY."""
    dispatcher = getattr(getattr(celery_task.app, "consuming", None), "event_dispatcher", None)
    if dispatcher is None or not dispatcher.enabled:
        return
    said = why or "goes on elsewhere"
    told = {"terminated": False, "signum": None, "expired": False} if why.startswith(REFUSED) else {}
    kind = "task-revoked" if told else "task-retried"
    try:
        dispatcher.send(kind, uuid=celery_task.request.id, exception=said, traceback="", **told)
    except (OSError, *celery_task.app.connection_for_write().connection_errors) as error:
        log.debug("nobody was told of the end of a message: %s", error)
