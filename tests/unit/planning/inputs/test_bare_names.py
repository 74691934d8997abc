"""Names that a sentence says without quotes: what is one, what is none, and the value that a verb gives."""

import pytest

from aether_agents.contracts import InputSpec, Template
from aether_agents.planning.inputs.bare_names import bare_names, needs_more, said_by_verb, without_bare_names

STATE = InputSpec(
    enum=("started", "stopped", "restarted"),
    required=True,
    by_verb={"start": "started", "stop": "stopped", "restart": "restarted", "再起動": "restarted"},
)
SERVICES = Template(
    name="services",
    description="Start, stop or restart a service on all servers",
    deed=("start", "stop", "restart"),
    inputs={
        "service": InputSpec(
            named="thing", required=True, object_of=("start", "stop", "restart", "再起動"), prompt="Which?"
        ),
        "state": STATE,
        "limit": InputSpec(named="hosts", default="all"),
    },
)
USERS = Template(
    name="users",
    description="Create or remove a user on all servers",
    inputs={"user": InputSpec(named="thing", required=True), "limit": InputSpec(named="hosts", default="all")},
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("restart nginx on web1", {"limit": ["web1"], "service": ["nginx"]}),
        ("restart the service nginx on web1 and web2", {"limit": ["web1", "web2"], "service": ["nginx"]}),
        ("restart the nginx service on our servers", {"service": ["nginx"]}),
        ("restart nginx on web-1.example, web-2.example and db1", None),
        ("restart nginx on staging", {"limit": ["staging"], "service": ["nginx"]}),
        ("web1 で nginx を再起動して", {"limit": ["web1"], "service": ["nginx"]}),
        ("restart web1", {}),
        ("restart nginx", {}),
        ("restart everything on web1", {"limit": ["web1"]}),
        ("restart nothing on web1", {"limit": ["web1"]}),
        ("restart nginx on this server", {}),
        ("restart nginx on demand", {}),
    ],
)
def test_services_and_hosts_are_found_where_servers_are_named(text: str, found: dict[str, list[str]] | None) -> None:
    wanted = {"limit": ["web-1.example", "web-2.example", "db1"], "service": ["nginx"]} if found is None else found
    assert bare_names(SERVICES, text) == wanted


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("create the user deploy on web1", ["deploy"]),
        ("add a user called alice to web1", ["alice"]),
        ("web1にユーザーdeployを作成して", ["deploy"]),
        ("create a user account on web1", None),
        ("delete the user table on web1", None),
        ("remove bob from web1", None),
        ("remove the user guide", None),
    ],
)
def test_a_user_is_named_behind_its_word_and_never_guessed(text: str, user: list[str] | None) -> None:
    assert bare_names(USERS, text).get("user") == user


def test_that_servers_are_meant_may_be_said_in_a_part_of_the_sentence() -> None:
    assert bare_names(SERVICES, "restart nginx") == {}
    assert bare_names(SERVICES, "restart nginx", scoped=True) == {"service": ["nginx"]}


def test_a_name_that_is_a_verb_is_no_request() -> None:
    text = "create the user deploy on web1"
    assert without_bare_names(text, bare_names(USERS, text)).split() == ["create", "the", "user", "@", "on", "@"]


@pytest.mark.parametrize(
    ("text", "verbs", "others"),
    [("restart it", ["restart"], False), ("stop it and start it", ["stop", "start"], False), ("disable it", [], True)],
)
def test_the_verb_gives_the_value_and_another_verb_leaves_it_open(text: str, verbs: list[str], others: bool) -> None:
    assert said_by_verb(STATE, text) == (verbs, others)


def test_one_server_without_a_name_and_no_service_are_no_request_for_a_template_of_servers() -> None:
    assert "not for one without a name" in needs_more(SERVICES, "restart nginx on this server", ("service",), ())
    assert needs_more(SERVICES, "restart web1", (), ("restart",)) == "it names no service"
    assert needs_more(SERVICES, "restart a service on web1", ("limit",), ("service", "=service")) == ""
