"""The templates of the infra specialist, subtask by subtask on the live servers, with planted findings."""

import socket
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from aether_agents.contracts import Json
from aether_agents.contracts.expressions.reference import Reference, resolve, walk
from tests.integration.workers.answering import Authority, closed, web
from tests.integration.workers.conftest import Talk
from workers.infra import SPECIALIST as INFRA

TEMPLATES = {template.name: template for template in INFRA.templates}


@pytest.fixture
def talks(host: Talk, endpoints: Talk, reports: Talk) -> dict[str, Talk]:
    """The servers that the templates call, by name."""
    return {"host": host, "endpoints": endpoints, "reports": reports}


def done(name: str, talks: dict[str, Talk], folder: Path, **inputs: Json) -> dict[str, Any]:
    """The outputs of a template's subtasks, called one after the other as a plan of it would."""
    template = TEMPLATES[name]
    values: dict[str, Json] = {key: inputs.get(key, spec.default) for key, spec in template.inputs.items()}
    outputs: dict[str, Any] = {}

    def call(tool: str, args: Any, item: Json) -> Any:
        def value(reference: Reference) -> Json:
            if reference.root == "subtasks":
                return walk(outputs[reference.name], reference.path[2:])
            return {"inputs": values.get(reference.name), "context": str(folder), "item": item}[reference.root]

        server, known = tool.split("/")
        filled: Any = resolve(args, value)
        jsonschema.validate(filled, talks[server].tools()[known].input_schema)
        return talks[server].call(known, **filled)

    for subtask in template.subtasks:
        assert subtask.tool is not None
        if subtask.for_each is None:
            outputs[subtask.id] = call(subtask.tool, subtask.args, None)
        else:
            items: Any = values["addresses"]
            outputs[subtask.id] = [call(subtask.tool, subtask.args, item) for item in items]
    return outputs


def test_health_report(talks: dict[str, Talk], tmp_path: Path) -> None:
    expired = Authority(tmp_path).issue("127.0.0.1", ends=-3)
    with web(expired) as port, socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"127.0.0.1:{port}"
        outputs = done("health_report", talks, tmp_path / "reports", disk_limit=0, addresses=[address])
        planted = listening.getsockname()[1]
    report = outputs["report"]
    assert (report["status"], report["worst"], report["sections"]) == ("fail", "critical", 6)
    for path in (report["html"], report["markdown"]):
        text = Path(path).read_text()
        for part in ("Disk nearly full", "Certificate expired", "Listening ports", str(planted), socket.gethostname()):
            assert part in text, part


def test_watch_endpoints(talks: dict[str, Talk], tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with web() as plain, web(authority.issue("shop.example")) as other:
        addresses: Json = [
            f"http://127.0.0.1:{plain}/well",
            f"http://127.0.0.1:{plain}/broken",
            f"https://127.0.0.1:{other}/well",
            f"127.0.0.1:{closed()}",
        ]
        outputs = done("watch_endpoints", talks, tmp_path / "reports", endpoints=addresses, text="all is well")
    report = outputs["report"]
    assert report["status"] == "fail"
    assert sorted(finding["rule"] for finding in outputs["check"]["findings"]) == [
        "status",
        "unreachable",
        "untrusted",
        "wrong-name",
    ]
    text = Path(report["markdown"]).read_text()
    for part in ("It answers 500", "it is for shop", "connection was refused", "4 checks"):
        assert part in text, part


def test_a_health_report_without_certificates_has_an_empty_section(talks: dict[str, Talk], tmp_path: Path) -> None:
    outputs = done("health_report", talks, tmp_path, addresses=[])
    assert outputs["certificates"] == []
    assert "(nothing)" in Path(outputs["report"]["markdown"]).read_text()


def test_every_live_tool_has_a_row_and_every_row_a_tool(
    host: Talk, endpoints: Talk, fleet: Talk, terraform_tools: Talk
) -> None:
    talks = (("host", host), ("endpoints", endpoints), ("fleet", fleet), ("terraform", terraform_tools))
    live = {f"{name}/{tool}" for name, talk in talks for tool in talk.tools()}
    assert {row.tool for row in INFRA.tools} == live


def test_every_tool_states_its_output_and_only_looks(host: Talk, endpoints: Talk) -> None:
    for tool in (*host.tools().values(), *endpoints.tools().values()):
        assert tool.output_schema, tool.name
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is True
        assert all(known.get("description") for known in tool.input_schema.get("properties", {}).values()), tool.name
