"""`make bench-llm` against a model on loopback whose answers were written by hand: what is counted, and how."""

import json
from pathlib import Path

import pytest

from tests.evaluation.model_bench import main
from tests.servers.model_server import Answer, model_server

TOOLS = [
    {"id": "web/search", "description": "Search the web", "params": {"query": {"type": "string"}}},
    {"id": "docs/write", "description": "Write a document", "params": {"text": {"type": "string"}}},
]


def plan(*tools: str) -> Answer:
    subtasks = [{"id": f"s{at}", "tool": tool, "args": {}} for at, tool in enumerate(tools)]
    return Answer({"description": "A plan", "subtasks": subtasks})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    def write(name: str, rows: list[dict[str, object]]) -> None:
        text = "\n".join(json.dumps(row) for row in rows)
        (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")

    write("livemcp_tools", list(TOOLS))
    write("metatool_multi_tools", [{"id": "search", "description": "Search"}, {"id": "sing", "description": "Sing"}])
    write("livemcp_steps", [{"id": "1", "query": "search the web", "gold": ["web/search", "web/other"]}])
    write("livemcp_tasks", [{"id": "2", "query": "search and write", "gold": ["web/search", "docs/write"]}])
    write("metatool_multi", [{"id": "3", "query": "search and sing", "gold": ["search", "sing"]}])
    return tmp_path


def test_a_model_is_scored_by_validity_tools_cost_and_time(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with model_server(plan("web/search"), plan("web/search"), plan("tools/nothing")) as server:
        argv = [f"{server.url}/v1", "by-hand", str(folder), "--input-price", "1", "--output-price", "10"]
        assert main(argv) == 0
    steps, tasks, multi, *rest = capsys.readouterr().out.splitlines()
    assert "valid 100  tool F1 100  exact 100  shown 100" in steps
    assert "valid 100  tool F1 66.7  exact 0  shown 100" in tasks
    assert "valid 0  tool F1 0  exact 0  shown 100" in multi
    assert "tokens 1200  money 0.003" in steps
    assert "none of the tools that are listed" in rest[0]


def test_a_server_that_is_not_there_is_a_row_of_zeros_and_a_reason(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with model_server(Answer(status=401)) as server:
        assert main([f"{server.url}/v1", "by-hand", str(folder), "--most", "1"]) == 1
    assert "401" in capsys.readouterr().out
