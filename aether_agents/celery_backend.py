"""Celery's bookkeeping of chords in Redis, without the part that waits for results.

Nobody of ours asks Celery for a result: outcomes are in the store. Celery's own backend subscribes the *sender* of a
canvas to one channel per member of it and, when results are ignored, never lets go of them.
"""

from typing import Any

from celery.backends.redis import RedisBackend


class QuietBackend(RedisBackend):  # type: ignore[misc]  # celery has no types
    """A Redis backend that subscribes to nothing."""

    def add_pending_result(self, result: Any, weak: bool = False, start_drainer: bool = True) -> Any:  # noqa: ARG002
        """Leave the result alone: nobody will ever wait for it."""
        return result

    def on_task_call(self, producer: Any, task_id: str) -> None:
        """Subscribe to nothing when a message is sent."""
