"""`aether-agent serve` as somebody starts it: in front of the stack that runs, until Ctrl-C."""

import json
import signal
import subprocess

import httpx

from tests.e2e.terminal import PROGRAM, TIMEOUT, Person


def test_serve_joins_the_stack_and_leaves_it(person: Person) -> None:
    with subprocess.Popen(
        [PROGRAM, "serve", "--port", "0", "--json"],
        cwd=person.project,
        env=person.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as serving:
        try:
            assert serving.stdout is not None
            place = json.loads(serving.stdout.readline())
            token = place["page"].partition("#token=")[2]
            with httpx.Client(base_url=place["url"], timeout=TIMEOUT) as http:
                assert http.get("/health").json()["status"] == "ok"
                assert http.get("/api/tasks").status_code == 401
                held = {"Authorization": f"Bearer {token}"}
                said = {"task": "Onboard this project", "plan_only": True, "context": {"path": str(person.project)}}
                task_id = http.post("/api/tasks", json=said, headers=held).json()["task_id"]
                with http.stream("GET", f"/api/tasks/{task_id}/events", headers=held) as stream:
                    updates = [json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: ")]
                assert updates[-1]["status"] in {"completed", "failed"}
        finally:
            serving.send_signal(signal.SIGINT)
            assert serving.wait(30) in {0, 130}
    assert person.json("ps")
    assert person.json("status", task_id)["status"] == updates[-1]["status"]


def test_a_token_that_others_can_read_is_refused(person: Person) -> None:
    token = person.project / "token"
    token.write_text("a token that is long enough\n")
    token.chmod(0o644)
    try:
        ran = person.run("serve", "--port", "0", "--token-file", "token")
        assert ran.returncode == 2
        assert "chmod 600" in ran.stderr
    finally:
        token.unlink()
