"""A worker that can be made deaf: `python -m tests.chaos.deaf NAME COUNT_LOG NAMES QUEUES`.

`AETHER_TEST_DEAF` is `how:path`: once that file is there, the consumer of this process loses what kombu's has lost in
the field, and says nothing of it. `channel`: its place in the poller, so that no further BRPOP is sent. `prefetch`:
every place for messages that are not acknowledged, as acknowledgements that were refused would leave it. `loop`: its
loop hangs in a callback.
"""

import os
import sys
import threading
from pathlib import Path
from typing import Any

from celery import signals

from aether_agents.execution.worker import watchdog
from tests.conftest import eventually
from tests.integration.execution.entry import main


def _deafen(consumer: Any) -> None:
    how, _, path = os.environ["AETHER_TEST_DEAF"].partition(":")
    eventually(Path(path).exists, within=100, what="it is to be deaf")
    channel = consumer.task_consumer.channel
    if how == "channel":
        consumer.hub.call_soon(consumer.connection.transport.cycle._channels.clear)
    elif how == "prefetch":
        consumer.hub.call_soon(lambda: channel.qos._delivered.update({f"lost{at}": None for at in range(100)}))
    else:
        consumer.hub.call_soon(threading.Event().wait)


def _prepare(sender: Any, **_: object) -> None:
    threading.Thread(target=_deafen, args=(sender,), daemon=True).start()


if __name__ == "__main__":
    watchdog.MARGIN = 0.5
    signals.worker_ready.connect(_prepare, weak=False)
    sys.exit(main())
