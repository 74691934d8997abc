"""The service: one process that fires the schedules until it is told to end."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence

from celery import Celery, signals
from celery.beat import Service
from redis.exceptions import ConnectionError, TimeoutError

from aether_agents.celery_app.app import create_app
from aether_agents.celery_app.due_times import DueTimes
from aether_agents.contracts import AddedSchedule, Specialist
from aether_agents.errors import InvalidSettings, StoreUnavailable
from aether_agents.execution.delivery.outage import Outage
from aether_agents.orchestrator.orchestrator import connect
from aether_agents.process.sentinel_address import leading, led
from aether_agents.process.shutdown import leave_when_told
from aether_agents.settings.model import Settings
from aether_agents.store import Keys, Store, open_store
from aether_agents.store.client.connection import PrimaryConnection
from aether_agents.store.client.refusals import refusal
from aether_agents.telemetry import logs, tracing
from beat.added import SchedulesChanged, only_added, with_added
from beat.alerts import AlertSender
from beat.channels import channels_of
from beat.firing import Firing
from beat.life import Life
from beat.scheduler import SlotScheduler
from beat.watcher import Watcher

log = logging.getLogger(__name__)

#: How a store that cannot be reached shows itself to redbeat and to us.
_AWAY = (StoreUnavailable, ConnectionError, TimeoutError, OSError)

#: Seconds between two looks at what is due.
LOOK = 2

#: Seconds after which another beat takes over from one that was killed: six looks, so that a slow one keeps its lock.
LOCK = 12


def slots_of(settings: Settings) -> dict[str, DueTimes]:
    """The moments of every schedule that is enabled.

    Raises:
        InvalidSettings: a crontab is none; all are named.
    """
    found, wrong = {}, []
    for name, one in settings.schedules.items():
        try:
            if one.enabled:
                found[name] = DueTimes(name, one)
        except InvalidSettings as error:
            wrong.append(str(error))
    if wrong:
        raise InvalidSettings("\n".join(wrong))
    return found


def beat_app(
    settings: Settings, specialists: Sequence[Specialist], added: Mapping[str, AddedSchedule] | None = None
) -> Celery:
    """A Celery object whose beat fires the schedules of the settings: `celery -A beat.celery beat` finds one.

    `added` are those of them that people added.

    Raises:
        StoreUnavailable: the settings name no broker.
        InvalidSettings: a crontab is none.
    """
    app = create_app(settings, specialists)
    app.slots = slots_of(settings)
    app.firing = Firing(settings, connect, added)
    app.fire = app.firing.fire
    signals.setup_logging.connect(_logging_as(settings), weak=False)
    app.conf.update(
        beat_scheduler=SlotScheduler,
        beat_max_loop_interval=LOOK,
        beat_schedule={name: {"task": name, "schedule": slots.for_celery} for name, slots in app.slots.items()},
        redbeat_redis_url=leading(settings.broker.url),
        redbeat_redis_options={
            "socket_timeout": 10,
            "socket_connect_timeout": 5,
            "retry_period": 60,
            **({"connection_class": PrimaryConnection} if led(settings.broker.url) else {}),
        },
        redbeat_key_prefix=Keys(settings.broker.prefix).beat,
        redbeat_lock_timeout=LOCK,
    )
    return app


def serve(settings: Settings, specialists: Sequence[Specialist], ready: Callable[[], None] = lambda: None) -> None:
    """Fire the schedules until this process is told to end (SIGTERM, SIGINT). `ready` is called when that begins.

    Raises:
        StoreUnavailable: there is no store to begin with.
        InvalidSettings: a crontab is none.
        CannotOpen: this process has no sealing key.
    """
    slots_of(settings)  # a wrong crontab of the settings is said before anything else
    told = settings.agent_system.cli_interface
    logs.begin("beat", told.logging_level, told.logging_format)
    tracing.begin("beat")
    store = open_store(settings)  # a wrong address or key is found now, not at the first slot
    store.catalogue.entries()
    outage = Outage()
    life = Life(store, settings.delivery.alive_file)
    _await_writes(store, outage)
    store.schedules.forget({**settings.schedules, **store.schedules.added()})
    channels = channels_of(settings.alerts, store)
    watched = settings.alerts.to or settings.alerts.routes
    alarm = AlertSender(settings.alerts, store, channels, settings.agentserver.public_url) if watched else None
    watch = Watcher(settings, store, alarm, life)
    watch.start()
    channels.start()
    leave_when_told()
    ready()
    try:
        while _fired(settings, specialists, store, outage, life):
            pass
    except SystemExit:
        log.info("told to end before it was its turn")
    finally:
        watch.stop()
        channels.stop()
        life.leave()
        store.close()


def _fired(settings: Settings, specialists: Sequence[Specialist], store: Store, outage: Outage, life: Life) -> bool:
    """Fire the schedules there are now, until the process is told to end; whether to begin again with others."""
    _await_writes(store, outage)
    seen = store.schedules.added_digest()
    app = beat_app(with_added(settings, store.schedules), specialists, only_added(settings, store.schedules))
    app.changed = lambda: store.schedules.added_digest() != seen
    app.life = life
    try:
        life.waits()  # for redbeat's lock
        while _interrupted(app, outage):
            life.waits()
            _await_writes(store, outage)
    except SchedulesChanged:
        log.info("schedules were added or removed: beginning again with those there are now")
        return True
    finally:
        app.firing.close()
        app.close()
    return False


def _interrupted(app: Celery, outage: Outage) -> bool:
    """Fire the schedules until this process is told to end; whether a store that refuses or is away interrupted that.

    Raises:
        StoreUnavailable: another beat has taken the lock over.
    """
    try:
        Service(app, scheduler_cls=SlotScheduler).start()
    except SchedulesChanged:
        raise
    except Exception as error:
        met = refusal(error) or (error if isinstance(error, _AWAY) else None)
        if met is None:
            raise StoreUnavailable(f"beat lost its lock ({type(error).__name__}: {error}): start it again") from error
        outage.trouble(met)
        return True
    return False


def _await_writes(store: Store, outage: Outage) -> None:
    """Return when the store takes writes: a schedule that is late is better than a beat that is given up."""
    while True:
        try:
            store.try_to_write()
        except StoreUnavailable as error:  # it refuses, or is away: the next primary may be on its way
            outage.trouble(error)
            time.sleep(LOOK)
        else:
            outage.over()
            return


def _logging_as(settings: Settings) -> Callable[..., None]:
    """What stands in for Celery's own set-up of logging in `celery -A beat.celery beat`."""

    def begin(loglevel: int, logfile: str | None = None, **_: object) -> None:
        logs.begin("beat", loglevel, settings.agent_system.cli_interface.logging_format, file=logfile)

    return begin
