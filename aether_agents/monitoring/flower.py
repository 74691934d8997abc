"""The monitor: Flower, Celery's own, made safe to have - loopback, a password of its own, and nothing but looking.

It shows queues, workers and messages. A message of ours carries two ids, so there is nothing secret to show.
"""

import logging
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from flower.app import Flower
from flower.options import options
from flower.urls import handlers
from flower.urls import settings as web_settings
from tornado.ioloop import PeriodicCallback

from aether_agents.celery_app.app import create_app
from aether_agents.contracts import Specialist
from aether_agents.errors import InvalidSettings
from aether_agents.process.private_folder import make_private
from aether_agents.process.shutdown import leave_when_told
from aether_agents.settings.model import Settings
from aether_agents.telemetry.logs import hide

log = logging.getLogger(__name__)

#: Who looks; the password is beside the other secrets of AETHER_HOME.
USER = "aether"

#: What Flower answers without a password, and we do not need: the numbers of `aether-agent metrics` say more.
OPEN_PATHS = ("/metrics",)

#: Milliseconds between two signs of life.
SIGN_EVERY = 10_000

#: Messages kept in memory, some 2 KB each.
MESSAGES = 10_000


def password_file(settings: Settings) -> Path:
    """Where the password is."""
    return settings.home / "flower.password"


def password(settings: Settings) -> str:
    """The password, made at the first call, readable by its owner alone.

    Raises:
        InvalidSettings: it cannot be written, or others may read it.
    """
    path = password_file(settings)
    try:
        make_private(path.parent)
        try:
            with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(24) + "\n")
        except FileExistsError:
            pass  # made before, or by another just now
        if path.stat().st_mode & 0o077:
            raise InvalidSettings(f"{path} can be read by others: `chmod 600 {path}`, or remove it for a new one")
        kept = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise InvalidSettings(f"{path}: {error.strerror}: set AETHER_HOME to a folder of your own") from None
    hide(kept)
    return kept


def serve(settings: Settings, specialists: Sequence[Specialist], ready: Callable[[str], None]) -> None:
    """Serve Flower until this process is told to end. `ready` is told its address.

    Raises:
        StoreUnavailable: the settings name no broker.
        InvalidSettings: address or port cannot be had, or the password not be kept.
    """
    app = create_app(settings, specialists)
    app.conf.task_queues = list(app.amqp.queues.values())  # Flower knows queues as objects only
    _configure(settings)
    web = Flower(capp=app, options=options, **{**web_settings, "cookie_secret": secrets.token_urlsafe(64)})
    where = settings.flower
    try:
        port = web.start_http_server()
    except OSError as error:
        raise InvalidSettings(f"flower: {where.address}:{where.port} cannot be had: {error.strerror}") from None
    if (alive := settings.delivery.alive_file) is not None:
        PeriodicCallback(alive.touch, SIGN_EVERY).start()
    leave_when_told()
    ready(f"http://{where.address}:{port}")
    try:
        web.start()
    except SystemExit:
        log.info("told to end")
    finally:
        app.control.disable_events()  # workers send them only while somebody looks; another Flower asks again
        web.stop()
        app.close()


def _configure(settings: Settings) -> None:
    chosen: dict[str, Any] = {
        "address": settings.flower.address,
        "port": settings.flower.port,
        "basic_auth": [f"{USER}:{password(settings)}"],
        "read_only": True,
        "max_tasks": MESSAGES,
        "purge_offline_workers": 60,
        "tasks_columns": "name,args,state,received,started,runtime,worker",
        "format_task": _labelled,
        "natural_time": False,
    }
    for name, value in chosen.items():
        setattr(options, name, value)
    handlers[:] = [one for one in handlers if not (isinstance(one, tuple) and one[0] in OPEN_PATHS)]


def _labelled(task: Any) -> Any:
    """A message with the task and subtask it carries, instead of Python's way of writing two texts."""
    ids = [part.strip(" '\"") for part in str(task.args or "").strip("()[]").split(",")]
    task.args = " / ".join(part for part in ids if part)
    return task
