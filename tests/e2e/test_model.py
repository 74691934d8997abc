"""A sentence that no template does, with a model: its plan is reviewed, runs, and what was sent can be read."""

import json
import re

import pytest

from tests.e2e.terminal import Person, only
from tests.servers.model_server import Answer, model_server

pytestmark = pytest.mark.timeout(300)

SENTENCE = "frobnicate the gizmos of ./here"


def test_the_plan_of_a_model_is_reviewed_runs_and_shows_what_was_sent(stranger: Person) -> None:
    stranger.environ |= only("security", "dev")
    place = stranger.project / "here"
    place.mkdir()
    look = {"id": "look", "does": "frobnicate the gizmos", "tool": "code/permissions", "args": {"path": str(place)}}
    reply = {"description": "Look at the permissions", "subtasks": [look], "confidence": 0.4}
    wrong = {**reply, "subtasks": [{**look, "args": {"folder": str(place)}}]}
    with model_server(Answer(wrong), Answer(reply)) as server:
        stranger.environ |= {
            "AETHER_LLM__URL": f"{server.url}/v1",
            "AETHER_LLM__MODEL": "written-by-hand",
            "AETHER_LLM__TOOLS": "100",
            "AETHER_LLM__API_KEY": "env:MODEL_KEY",
            "MODEL_KEY": "not-to-be-seen-anywhere",
        }
        assert stranger.run("up").returncode == 0
        asked = stranger.run("execute", SENTENCE, "--yes")
        assert asked.returncode == 4, asked.stderr
        assert "This plan was not made from a template. Run it?" in asked.stderr
        assert stranger.run("approve", "@last").returncode == 0
        assert stranger.run("watch", "@last").returncode == 0
        done = stranger.json("result", "@last")
        assert (done["status"], done["plan"]["origin"]) == ("completed", "llm")
        sent = stranger.json("prompt", "@last")
        assert (sent["model"], sent["requests"], sent["sent_tokens"]) == ("written-by-hand", 2, 2_000)
        assert SENTENCE in sent["sent"]
        assert "not-to-be-seen-anywhere" not in json.dumps([sent, done, server.requests])
        assert "code/permissions" in stranger.run("prompt", "@last").stdout
        assert stranger.run("down").returncode == 0
    assert len(server.requests) == 2, "a plan is paid for once"
    assert "folder" in json.dumps(server.requests[1]), "what is wrong goes back"


def test_the_rest_of_a_failed_task_is_planned_anew_and_what_is_done_stays(stranger: Person) -> None:
    stranger.environ |= only("security", "dev")
    place = stranger.project / "here"
    place.mkdir()
    look = {"id": "look", "tool": "code/permissions", "args": {"path": str(place)}}
    lost = {"id": "lost", "tool": "code/permissions", "args": {"path": str(place / "gone")}, "needs": ["look"]}
    first = {"description": "Look twice", "subtasks": [look, lost]}
    rest = {"description": "Look again", "subtasks": [{**look, "id": "again", "needs": ["look"]}]}
    with model_server(Answer(first), Answer(rest)) as server:
        stranger.environ |= {"AETHER_LLM__URL": f"{server.url}/v1", "AETHER_LLM__MODEL": "by-hand"}
        stranger.environ |= {"AETHER_LLM__TOOLS": "100"}
        assert stranger.run("up").returncode == 0
        assert stranger.run("execute", SENTENCE).returncode == 4
        assert stranger.run("approve", "@last").returncode == 0
        watched = stranger.run("watch", "@last")
        assert watched.returncode == 1, watched.stderr
        failed = re.findall(r"aether-agent retry (\S+)", watched.stderr)[-1]
        asked = stranger.run("retry", failed, "--replan", "the folder is gone: look at the first once more")
        assert asked.returncode == 4, asked.stderr
        assert "again: is new in the plan" in asked.stderr
        assert "taken over: look" in asked.stderr
        again = re.findall(r"aether-agent approve (\S+) task\.\d", asked.stderr)[-1]
        assert stranger.run("approve", again).returncode == 0
        assert stranger.run("watch", again).returncode == 0
        done = stranger.json("result", again)
        assert (done["status"], done["retries"], done["plan"]["origin"]) == ("completed", failed, "llm")
        assert "look at the first once more" in stranger.json("prompt", again)["sent"]
        assert stranger.run("down").returncode == 0
    assert len(server.requests) == 2
