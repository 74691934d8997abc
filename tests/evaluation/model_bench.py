"""`make bench-llm URL=… MODEL=… DEV=FOLDER`: scores a served model as a planner on the development set.

Each request is asked once, as the planner asks it: the nearest tools as untrusted text, all faults given back, at most
twice. A reply is valid if it has no fault left, and calls tools that were shown. No tool is called.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from aether_agents.contracts import HighLevelTask, Json, Tool, ToolRow
from aether_agents.planning.model.prompt import Prompt, prompt_of
from aether_agents.planning.model.provider import ask
from aether_agents.planning.model.reply_check import Replied, faults_of
from aether_agents.settings.planner_model import PlannerModelSettings

#: Requests, and the tools they are asked of. In the first, what is asked for may be done by any of its tools.
SETS = {"livemcp_steps": "livemcp_tools", "livemcp_tasks": "livemcp_tools", "metatool_multi": "metatool_multi_tools"}
ANY = {"livemcp_steps"}


class Scored(NamedTuple):
    """One request: what the model made of it."""

    valid: bool
    f1: float
    exact: bool
    reachable: float  #: share of what is right that was among the tools that it was shown
    seconds: float
    tokens: int
    money: float
    reason: str


def tools_of(rows: Sequence[Mapping[str, Any]]) -> list[Tool]:
    """The tools of a set, as a worker would have listed them."""
    return [_tool(row) for row in rows]


def scored(settings: PlannerModelSettings, row: Mapping[str, Any], tools: Sequence[Tool], *, anyone: bool) -> Scored:
    """Ask for one plan, and compare its tools with those that people named."""
    prompt = prompt_of(HighLevelTask(description=row["query"][:4_000]), {}, tools, [], settings.tools)
    began = time.monotonic()
    replied = ask(settings, prompt, lambda reply: faults_of(reply, prompt))
    seconds = time.monotonic() - began
    wanted = _wanted(row, anyone=anyone)
    used = replied.usage
    return Scored(
        replied.reply is not None,
        _f1(wanted, _called(replied)),
        _is_exact(wanted, _called(replied)),
        _reachable(wanted, prompt),
        seconds,
        used.sent + used.answered,
        settings.cost(used.sent, used.answered),
        replied.reason,
    )


def summary(found: Sequence[Scored]) -> dict[str, float]:
    """Percents, medians and sums of some requests."""
    count = max(len(found), 1)
    seconds = sorted(one.seconds for one in found) or [0.0]
    row = {
        "requests": len(found),
        "valid": 100 * sum(one.valid for one in found) / count,
        "tool F1": 100 * sum(one.f1 for one in found) / count,
        "exact": 100 * sum(one.exact for one in found) / count,
        "shown": 100 * sum(one.reachable for one in found) / count,
        "seconds p50": seconds[len(seconds) // 2],
        "seconds p95": seconds[min(len(seconds) - 1, int(0.95 * len(seconds)))],
        "tokens": sum(one.tokens for one in found),
        "money": sum(one.money for one in found),
    }
    return {name: round(value, 4 if name == "money" else 1) for name, value in row.items()}


def main(argv: Sequence[str]) -> int:
    """Ask, and print a row for each set; 1 if no reply was valid."""
    options = _options(argv)
    settings = PlannerModelSettings(
        provider=options.provider,
        model=options.model,
        url=options.url,
        api_key=options.key,
        output=options.output,
        tools=options.tools,
        timeout=options.timeout,
        input_price=options.input_price,
        output_price=options.output_price,
    )
    every: list[Scored] = []
    for name, known in SETS.items():
        tools = tools_of(_rows(options.dev / f"{known}.jsonl"))
        rows = _rows(options.dev / f"{name}.jsonl")[: options.most]
        found = [scored(settings, row, tools, anyone=name in ANY) for row in rows]
        every += found
        line = "  ".join(f"{key} {value:g}" for key, value in summary(found).items())
        sys.stdout.write(f"{name:<18}{line}\n")
        for reason in list(dict.fromkeys(one.reason for one in found if one.reason))[:3]:
            sys.stdout.write(f"    no plan: {reason}\n")
    return 0 if any(one.valid for one in every) else 1


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-llm", description=__doc__)
    parser.add_argument("url", help="address of the model, such as http://127.0.0.1:11434/v1")
    parser.add_argument("model", help="its name there")
    parser.add_argument("dev", type=Path, help="folder of the development set")
    parser.add_argument("--provider", choices=("openai", "anthropic"), default="openai")
    parser.add_argument("--output", choices=("tool", "schema", "json"), default="tool")
    parser.add_argument("--key", default="", help="env:NAME or file:PATH of its key")
    parser.add_argument("--tools", type=int, default=30, help="tools that each request shows")
    parser.add_argument("--most", type=int, default=1_000, help="requests of each set")
    parser.add_argument("--timeout", type=float, default=90, help="seconds for one plan")
    parser.add_argument("--input-price", type=float, default=0, help="money for a million tokens that are sent")
    parser.add_argument("--output-price", type=float, default=0, help="money for a million tokens that are answered")
    return parser.parse_args(argv)


def _tool(row: Mapping[str, Any]) -> Tool:
    server, _, name = str(row["id"]).partition("/")
    if not name:
        server, name = "tools", server
    params = row.get("params") or {}
    properties: dict[str, Json] = {one: told if isinstance(told, dict) else {} for one, told in dict(params).items()}
    schema: dict[str, Json] = {"type": "object", "properties": properties}
    ref = f"{server}/{name}"
    return Tool(
        server=server,
        name=name,
        specialist="dev",
        description=str(row.get("description") or ""),
        input_schema=schema,
        pin=ref,
        row=ToolRow(tool=ref),
    )


def _wanted(row: Mapping[str, Any], *, anyone: bool) -> list[set[str]]:
    """Groups of tools, of each of which one is right."""
    gold = [one if "/" in one else f"tools/{one}" for one in row["gold"]]
    if anyone:
        return [set(gold)]
    groups = row.get("gold_groups")
    return [set(group) for group in groups] if groups else [{one} for one in gold]


def _called(replied: Replied) -> set[str]:
    return {one.tool for one in replied.reply.subtasks if one.tool} if replied.reply else set()


def _f1(wanted: Sequence[set[str]], called: set[str]) -> float:
    met = sum(bool(group & called) for group in wanted)
    right = len({one for one in called if any(one in group for group in wanted)})
    if not met or not right:
        return 0.0
    precision, recall = right / len(called), met / len(wanted)
    return 2 * precision * recall / (precision + recall)


def _is_exact(wanted: Sequence[set[str]], called: set[str]) -> bool:
    return bool(called) and all(group & called for group in wanted) and called <= set().union(*wanted)


def _reachable(wanted: Sequence[set[str]], prompt: Prompt) -> float:
    return sum(bool(group & set(prompt.tools)) for group in wanted) / max(len(wanted), 1)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
