"""A request as Celery's monitors see it end: what Celery itself says nothing about is told here, in its words.

A message that is refused, or whose subtask waits for a person, ends with `Ignore`. Celery sends no event for that, so
that it would stand as STARTED for ever. Events are sent only while somebody looks. With processes, the request is the
parent's: it knows of the end from its child, and it alone holds what sends events.
"""

from typing import Any

from billiard.einfo import ExceptionWithTraceback
from celery.exceptions import Ignore
from celery.worker.request import Request

#: How the reason of a claim that was refused begins.
REFUSED = "refused"


class ToldRequest(Request):  # type: ignore[misc]  # celery has no types
    """A request that tells monitors how it ended, also without an outcome."""

    def on_failure(self, exc_info: Any, send_failed_event: bool = True, return_ok: bool = False) -> Any:
        """Take what a message ended with: refused is REVOKED, any other end without an outcome goes on as RETRY."""
        ended = exc_info.exception
        if isinstance(ended, ExceptionWithTraceback):  # as the pool's children and threads hand it over
            ended = ended.exc
        if isinstance(ended, Ignore):
            why = str(ended) or "goes on elsewhere"
            told = {"terminated": False, "signum": None, "expired": False} if why.startswith(REFUSED) else {}
            self.send_event("task-revoked" if told else "task-retried", exception=why, traceback="", **told)
        return super().on_failure(exc_info, send_failed_event, return_ok)
