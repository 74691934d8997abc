"""The one Celery object: queues, names, serializer, limits. Delivery only: the result of a subtask is in the store.

A message carries ids and nothing else:

    planner.open_task(task_id)
    <queue>.run_subtask(task_id, subtask_id)
    <queue>.seam()

A Celery name belongs to its queue, and is registered only in a worker that serves it.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from celery import Celery, Task
from celery.exceptions import Ignore

from aether_agents.celery_app.producers import SPARE, SendingCelery
from aether_agents.contracts import Specialist
from aether_agents.errors import StoreUnavailable
from aether_agents.process.sentinel_address import leading
from aether_agents.settings.model import Settings
from aether_agents.store import PLANNER
from aether_agents.telemetry.logs import hide_address

#: Seconds after which Redis delivers an unacknowledged message again: more than the longest subtask may take (a day).
#: What is lost is taken back by the reaper long before, so nothing waits for this.
VISIBILITY_TIMEOUT = 90_000

#: Seconds the bookkeeping of a chord outlives its last header: members that ignore their result leave it behind.
CHORD_EXPIRES = 3_600

#: Seams a process remembers, to end the branch of one that is delivered twice. The claim does that for subtasks.
SEAMS_REMEMBERED = 1_024

#: Runs one message: the Celery task, its queue, and the ids it carries.
Handler = Callable[[Task, str, tuple[str, ...]], str | None]


def create_app(
    settings: Settings,
    specialists: Iterable[Specialist],
    serve: Sequence[str] = (),
    *,
    handler: Handler | None = None,
) -> Celery:
    """The Celery object of a process. With `serve`, the Celery tasks of those queues are registered and run `handler`.

    Raises:
        StoreUnavailable: the settings name no broker.
        ValueError: a queue to serve is nobody's, or there is no handler for it.
    """
    queues = [PLANNER, *(specialist.queue for specialist in specialists)]
    if unknown := [queue for queue in serve if queue not in queues]:
        raise ValueError(f"no specialist has the queue `{unknown[0]}`; there are: {', '.join(queues)}")
    app = SendingCelery(
        "aether",
        set_as_current=False,
        amqp="aether_agents.celery_app.transport:LastingAMQP",
        config_source={**_configuration(settings, queues), "broker_pool_limit": settings.delivery.concurrency + SPARE},
    )
    for queue in serve:
        if handler is None:
            raise ValueError(f"the queue `{queue}` is served without a handler")
        _register(app, queue, handler)
    if serve:
        app.amqp.queues.select(list(serve))  # else Celery also consumes from queues that it only sends to
    return app


def name_of(queue: str, subtask_id: str) -> str:
    """Celery name of the message that delivers a subtask, or (without one) a task to its planner."""
    return f"{queue}.run_subtask" if subtask_id else f"{queue}.open_task"


def seam_of(queue: str) -> str:
    """Celery name of the no-op that stands where Celery mis-handles nesting."""
    return f"{queue}.seam"


def broker_priority(priority: int) -> int:
    """Ours (9 is the highest) in the broker's order (0 is the highest)."""
    return 9 - priority


def priority_of(task: Any) -> int:
    """The priority with which the message of a running Celery task was sent; -1 where it does not say."""
    said = (getattr(getattr(task, "request", None), "delivery_info", None) or {}).get("priority")
    return 9 - said if isinstance(said, int) else -1


def broker_url(url: str | None) -> str:
    """An address as redis-py writes it, as kombu and Celery write it.

    Raises:
        StoreUnavailable: there is none.
    """
    if not url:
        raise StoreUnavailable("no broker is set: start one with `aether-agent up`, or set AETHER_REDIS_URL")
    hide_address(url)
    parts = urlsplit(str(leading(url)))
    query = dict(parse_qsl(parts.query))
    database = query.pop("db", "")
    scheme, path = parts.scheme, parts.path
    if scheme == "unix":
        scheme, query["virtual_host"] = "redis+socket", database or "0"
    elif database:
        path = f"/{database}"
    if scheme == "rediss":
        query.setdefault("ssl_cert_reqs", "required")
    # urlunsplit drops an empty host before a path, which kombu needs
    rest = urlunsplit(("", "", path, urlencode(query, safe="/"), ""))
    return f"{scheme}://{parts.netloc}{rest}"


def _register(app: Celery, queue: str, handler: Handler) -> None:
    def run(celery_task: Task, *ids: str) -> str | None:
        return handler(celery_task, queue, ids)

    seen: OrderedDict[str, None] = OrderedDict()
    lock = Lock()

    def seam(celery_task: Task) -> None:
        """Nothing: it only stands between two parallel parts. One that came twice must not send what follows twice."""
        with lock:
            again = celery_task.request.id in seen
            seen[celery_task.request.id] = None
            if len(seen) > SEAMS_REMEMBERED:
                seen.popitem(last=False)
        if again:
            raise Ignore

    options = {
        "queue": queue,
        "acks_late": True,
        "ignore_result": True,
        "shared": False,
        "Request": "aether_agents.celery_app.request:ToldRequest",  # loaded by workers alone
    }
    name = f"{queue}.open_task" if queue == PLANNER else f"{queue}.run_subtask"
    app.task(run, bind=True, name=name, **options)
    app.task(seam, bind=True, name=seam_of(queue), **options)


def _configuration(settings: Settings, queues: Sequence[str]) -> dict[str, Any]:
    url = broker_url(settings.broker.url)
    prefix = {"global_keyprefix": f"{settings.broker.prefix}:celery:"}
    backend = url.removeprefix("redis+")
    return {
        "broker_url": url,
        "broker_transport_options": {
            **prefix,
            "visibility_timeout": VISIBILITY_TIMEOUT,
            "unacked_restore_interval": 5,  # the defaults (10 x 10) look for lost messages every 100 s
            "unacked_restore_throttle": 1,
            "socket_timeout": 30,
            "socket_connect_timeout": 5,
            "health_check_interval": 25,
            "max_retries": 3,  # a sender without a broker finds out within about two seconds
            "interval_start": 0,
            "interval_step": 0.2,
            "interval_max": 0.5,
        },
        "broker_connection_timeout": 5,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "result_backend": f"aether_agents.celery_app.backend:QuietBackend+{backend}",
        "result_backend_transport_options": prefix,
        "result_expires": CHORD_EXPIRES,
        "result_chord_expires": CHORD_EXPIRES,
        "result_extended": False,
        "redis_socket_timeout": 30,
        "redis_socket_connect_timeout": 5,
        "redis_retry_on_timeout": True,
        "task_queues": {
            # as Celery itself would declare it: a sender need not have every specialist installed
            queue: {"exchange": queue, "exchange_type": "direct", "routing_key": queue}
            for queue in queues
        },
        "task_default_queue": PLANNER,
        "task_routes": {f"{queue}.*": {"queue": queue} for queue in queues},
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,  # the claim ends the loop that a killer of its own process would make
        "task_ignore_result": True,
        "task_default_priority": broker_priority(5),
        "task_publish_retry_policy": {"max_retries": 3, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5},
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],
        "worker_prefetch_multiplier": 1,  # more would take priorities away from each other
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_send_task_events": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,  # leases decide, not connections
        "enable_utc": True,
        "timezone": "UTC",
    }
