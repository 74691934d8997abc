"""A model behind HTTP, in both protocols: what it answers, what it does badly, and what the planner says of it."""

import json
from collections.abc import Sequence

import pytest

from aether_agents.planning.model.prompt import prompt_of
from aether_agents.planning.model.provider import ask
from aether_agents.planning.model.reply_check import PlanReply, Replied, faults_of
from aether_agents.settings.planner_model import PlannerModelSettings
from tests.servers.model_server import Answer, ModelServer, model_server
from tests.unit.planning.model.replies import SCAN, call
from tests.unit.planning.toolshed import TOOLS, task

PROMPT = prompt_of(task("find weird tokens"), {}, TOOLS, [], 30)
KEY = "the-key-of-the-model"


def asked(server: ModelServer, provider: str = "openai", **settings: object) -> Replied:
    def own(reply: PlanReply) -> Sequence[str]:
        return faults_of(reply, PROMPT)

    url = f"{server.url}/v1" if provider == "openai" else server.url
    given = {"provider": provider, "model": "one", "url": url, "api_key": "env:MODEL_KEY", "timeout": 20, **settings}
    return ask(PlannerModelSettings.model_validate(given), PROMPT, own, {"MODEL_KEY": KEY})


@pytest.mark.parametrize(
    ("provider", "output"),
    [("openai", "tool"), ("openai", "schema"), ("openai", "json"), ("anthropic", "tool")],
)
def test_both_protocols_and_each_form_of_the_answer(provider: str, output: str) -> None:
    with model_server(Answer(call("nowhere/tool")), Answer(SCAN)) as server:
        replied = asked(server, provider, output=output)
    assert replied.reply is not None, replied.reason
    assert [one.tool for one in replied.reply.subtasks] == ["secrets/scan", "reports/write"]
    assert replied.usage == (2, 2_000, 400)
    assert set(server.keys) == {KEY}
    assert "nowhere/tool` is none of the tools" in json.dumps(server.requests[-1])
    assert KEY not in json.dumps(server.requests)


def test_a_server_that_is_busy_is_asked_again_by_the_library() -> None:
    busy = Answer(status=429, headers={"Retry-After": "0"})
    with model_server(busy, Answer(SCAN)) as server:
        assert asked(server).reply is not None
    assert len(server.requests) == 2


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(status=429, headers={"Retry-After": "0"}), "429"),
        (Answer(status=500, headers={"Retry-After": "0"}), "500"),
        (Answer(status=401), "401"),
        (Answer(SCAN, raw=b'{"choices": [{"mess', cut=False), ""),
        (Answer(SCAN, cut=True), ""),
        (Answer(raw=b"<html>not a model</html>"), ""),
        (Answer(raw=b'{"pad": "' + b"x" * 3_000_000 + b'"}'), ""),
        (Answer(text="Sure! Here is the plan: {not json"), ""),
    ],
    ids=["busy", "broken", "wrong key", "truncated", "cut", "page", "without end", "prose"],
)
def test_what_goes_wrong_is_a_reason_and_never_more(provider: str, answer: Answer, said: str) -> None:
    with model_server(answer) as server:
        replied = asked(server, provider)
    assert replied.reply is None
    assert replied.reason
    assert said in replied.reason
    assert KEY not in replied.reason
    assert len(server.requests) <= 3 * 3


def test_prose_around_a_plan_is_read_where_the_plan_is_asked_for_in_words() -> None:
    prose = Answer(text=f"Here is the plan:\n```json\n{json.dumps(SCAN)}\n```\nEnjoy!")
    with model_server(prose, Answer(text=json.dumps(SCAN))) as server:
        replied = asked(server, output="json")
    assert replied.reply is not None, replied.reason


def test_a_server_that_says_nothing_is_left_when_its_time_is_over() -> None:
    with model_server(Answer(hangs=True)) as server:
        replied = asked(server, timeout=0.5)
    assert "did not answer within 0.5 s" in replied.reason


def test_a_redirect_is_not_followed_with_the_key() -> None:
    with model_server(Answer(SCAN)) as other, model_server() as server:
        server.answers = [Answer(status=307, headers={"Location": f"{other.url}/v1/chat/completions"})]
        replied = asked(server)
        assert replied.reply is None
    assert other.requests == []


def test_nobody_there_is_said() -> None:
    with model_server(Answer(SCAN)) as server:
        pass
    assert "cannot be asked" in asked(server).reason
