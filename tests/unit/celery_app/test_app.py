"""The one Celery object: what is registered where, and how addresses and priorities are written for the broker."""

import pytest
from celery import current_app
from celery.exceptions import Ignore

from aether_agents.celery_app.app import broker_priority, broker_url, create_app
from aether_agents.contracts import Specialist
from aether_agents.errors import StoreUnavailable
from aether_agents.settings.model import BrokerSettings, Settings

DEV = Specialist(name="dev", description="Development.")
SECURITY = Specialist(name="security", description="Security.")
SETTINGS = Settings(broker=BrokerSettings(url="redis://localhost:6399/0", prefix="mine"))


def ours(app) -> set[str]:
    return {name for name in app.tasks if not name.startswith("celery.")}


def test_a_client_registers_nothing():
    assert ours(create_app(SETTINGS, [DEV, SECURITY])) == set()


def test_a_worker_registers_only_the_names_of_the_queues_it_serves():
    app = create_app(SETTINGS, [DEV, SECURITY], serve=["planner", "dev"], handler=lambda task, queue, ids: None)
    assert ours(app) == {"planner.open_task", "planner.seam", "dev.run_subtask", "dev.seam"}


def test_a_worker_consumes_only_from_the_queues_it_serves():
    app = create_app(SETTINGS, [DEV, SECURITY], serve=["dev"], handler=lambda task, queue, ids: None)
    app.amqp.queues["somewhere"]  # as sending to a queue of another specialist does
    assert set(app.amqp.queues.consume_from) == {"dev"}


def test_a_message_runs_the_handler_with_its_queue_and_its_ids():
    seen = []
    app = create_app(SETTINGS, [DEV], serve=["dev"], handler=lambda task, queue, ids: seen.append((queue, ids)))
    app.tasks["dev.run_subtask"]("t1", "scan")
    assert seen == [("dev", ("t1", "scan"))]


def test_a_seam_that_is_delivered_twice_ends_its_branch():
    app = create_app(SETTINGS, [DEV], serve=["dev"], handler=lambda task, queue, ids: None)
    seam = app.tasks["dev.seam"]
    for delivery in ("one", "two", "one"):
        seam.push_request(id=delivery)
        try:
            seam.run()
        except Ignore:
            assert delivery == "one"
            break
        finally:
            seam.pop_request()
    else:
        pytest.fail("the second delivery of the seam went on")


def test_a_queue_that_is_nobodys_is_not_served():
    with pytest.raises(ValueError, match="no specialist has the queue `infra`; there are: planner, dev"):
        create_app(SETTINGS, [DEV], serve=["infra"], handler=lambda task, queue, ids: None)


def test_a_queue_is_not_served_without_a_handler():
    with pytest.raises(ValueError, match="without a handler"):
        create_app(SETTINGS, [DEV], serve=["dev"])


def test_it_is_nobodys_current_app():
    create_app(SETTINGS, [DEV], serve=["dev"], handler=lambda task, queue, ids: None)
    assert current_app.main != "aether"
    assert "dev.run_subtask" not in current_app.tasks


def test_only_json_is_read_and_nothing_waits_for_results():
    conf = create_app(SETTINGS, [DEV]).conf
    assert conf.accept_content == ["json"]
    assert conf.task_serializer == conf.result_serializer == "json"
    assert conf.task_ignore_result
    assert conf.task_acks_late
    assert conf.worker_prefetch_multiplier == 1
    assert not conf.result_extended
    assert conf.timezone == "UTC"


def test_a_message_is_not_delivered_again_while_the_longest_subtask_may_still_run():
    assert create_app(SETTINGS, [DEV]).conf.broker_transport_options["visibility_timeout"] > 86_400


def test_every_key_of_celery_stands_under_the_prefix():
    conf = create_app(SETTINGS, [DEV]).conf
    assert conf.broker_transport_options["global_keyprefix"] == "mine:celery:"
    assert conf.result_backend_transport_options["global_keyprefix"] == "mine:celery:"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("redis://localhost:6379/0", "redis://localhost:6379/0"),
        ("redis://localhost:6379", "redis://localhost:6379"),
        ("redis://user:s%40crt@host:6379?db=3", "redis://user:s%40crt@host:6379/3"),
        ("unix:///run/a b/valkey.sock?db=2", "redis+socket:///run/a b/valkey.sock?virtual_host=2"),
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock?virtual_host=0"),
        ("rediss://host:6380/1", "rediss://host:6380/1?ssl_cert_reqs=required"),
        ("rediss://host:6380/1?ssl_cert_reqs=none", "rediss://host:6380/1?ssl_cert_reqs=none"),
    ],
)
def test_an_address_is_written_as_celery_reads_it(given: str, wanted: str):
    assert broker_url(given) == wanted


def test_without_a_broker_the_error_names_the_fix():
    with pytest.raises(StoreUnavailable, match="aether-agent up"):
        create_app(Settings(), [DEV])


def test_our_highest_priority_is_the_brokers_first():
    assert [broker_priority(ours) for ours in (9, 5, 0)] == [0, 4, 9]
