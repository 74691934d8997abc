"""A sentence that no template does, with a model: its plan is reviewed, runs, and what was sent can be read."""

import json

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
