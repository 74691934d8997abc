"""Replies as a model would give them, and a model of the library's own that gives them one after the other."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    RetryPromptPart,
    ToolCallPart,
    ToolReturnPart,
)
from pydantic_ai.models.function import AgentInfo, FunctionModel

SCAN: dict[str, Any] = {
    "description": "Scan a folder for secrets and write what is found",
    "subtasks": [
        {"id": "scan", "does": "find weird tokens", "tool": "secrets/scan", "args": {"path": "/place/app"}},
        {
            "id": "report",
            "does": "and write them down",
            "tool": "reports/write",
            "args": {"title": "Tokens", "sections": ["${subtasks.scan.output.findings}"]},
        },
    ],
    "not_done": ["sing a song"],
    "confidence": 0.7,
}


def changed(**fields: Any) -> dict[str, Any]:
    """The plan above with other fields."""
    return {**SCAN, **fields}


def call(tool: str, **args: Any) -> dict[str, Any]:
    """The plan above with one subtask."""
    return changed(subtasks=[{"id": "one", "tool": tool, "args": args}])


class Scripted:
    """Gives one reply after the other, the last one again and again; remembers what it was told."""

    def __init__(self, *replies: dict[str, Any]) -> None:
        self._replies = list(replies)
        self.heard: list[list[ModelMessage]] = []

    @property
    def model(self) -> FunctionModel:
        """The model that gives them."""
        return FunctionModel(self._answer)

    @property
    def given_back(self) -> list[str]:
        """What it was told is wrong, each time."""
        last: Sequence[ModelMessage] = self.heard[-1]
        parts = [part for message in last if isinstance(message, ModelRequest) for part in message.parts]
        return [str(part.content) for part in parts if isinstance(part, RetryPromptPart | ToolReturnPart)]

    def _answer(self, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        self.heard.append(list(messages))
        reply = self._replies[min(len(self.heard), len(self._replies)) - 1]
        return ModelResponse(parts=[ToolCallPart(info.output_tools[0].name, json.dumps(reply))])
