"""Probing: does a server work here, and if not, what is wrong with it, in plain words.

It is started, lists its tools, is asked for a tool that no server has, and, if it is one of the catalogue, makes the
harmless call that its offer names. What each step took is told. Nothing of the person's is touched.
"""

import re
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from aether_agents.contracts import ServerSpec, meets
from aether_agents.errors import ServerDown
from aether_agents.mcp_host.install.offers import Trial, offer_of
from aether_agents.mcp_host.pool.host import Host
from aether_agents.mcp_host.session.call_result import CallResult

Value = TypeVar("Value")

#: A tool that no server has: an honest one says so.
NO_TOOL = "aether-agent-asks-for-no-such-tool"
#: Seconds one call of a probe may take.
TIMEOUT = 30.0


class Probe(NamedTuple):
    """How a server did when it was tried."""

    server: str
    ok: bool
    tools: tuple[str, ...] = ()
    seconds: float = 0.0
    error: str | None = None
    #: Seconds of each step: `start` (with the list of tools), `honesty`, `trial`.
    steps: dict[str, float] = {}  # noqa: RUF012 - never written to
    protocol: str = ""
    #: What a person should know, though it works.
    warnings: tuple[str, ...] = ()


def probe(host: Host, spec: ServerSpec) -> Probe:
    """Try a server. Never raises for a fault of the server's."""
    steps: dict[str, float] = {}
    started = time.monotonic()
    try:
        definitions = _timed(steps, "start", lambda: host.tools(spec.name))
    except ServerDown as error:
        return Probe(spec.name, False, seconds=time.monotonic() - started, error=str(error), steps=steps)
    tools = tuple(definition.name for definition in definitions)
    warnings = list(_noise(host, spec))
    warnings += _honesty(spec, _timed(steps, "honesty", lambda: host.call(spec.name, NO_TOOL, timeout=TIMEOUT)))
    offer = offer_of(spec.install.package) if spec.install else None
    wrong = None
    if offer is not None and (trial := offer.trial) is not None:
        made = _timed(steps, "trial", lambda: host.call(spec.name, trial.tool, trial.args, timeout=TIMEOUT))
        wrong = judged(trial, made)
    portrait = host.portrait(spec.name)
    return Probe(
        spec.name,
        wrong is None,
        tools,
        time.monotonic() - started,
        wrong,
        steps,
        portrait.protocol if portrait else "",
        tuple(warnings),
    )


def judged(trial: Trial, result: CallResult) -> str | None:
    """What is wrong with the answer to a trial; None when it is as it should be."""
    shown = f"it said: {str(result.error or result.output)[:300]}"
    if trial.refused is not None:
        refusal = result.error if result.kind == "tool_error" else None
        if refusal is not None and re.search(trial.refused, refusal):
            return None
        return f"`{trial.tool}` did not refuse as it should; {shown}"
    if not result.ok:
        return f"`{trial.tool}` failed ({result.kind}); {shown}"
    if trial.expect is not None and not meets(trial.expect, result.output):
        return f"`{trial.tool}` did not answer as it should; {shown}"
    return None


def _noise(host: Host, spec: ServerSpec) -> list[str]:
    portrait = host.portrait(spec.name)
    if portrait is None or not portrait.noise:
        return []
    told = f"prints what is no MCP on its standard output ({portrait.noise[0][:120]!r}): it is read over"
    return [f"{told}; let `{spec.name}` log to its standard error"]


def _honesty(spec: ServerSpec, result: CallResult) -> list[str]:
    if result.kind == "tool_error":
        return []
    if result.kind is not None:
        return [f"asked for a tool that does not exist it gave no answer at all: {result.error}"]
    known = any(row.expect is not None for row in spec.table)
    fix = "its table has an `expect` for that" if known else "give its tools an `expect` in its `table`"
    said = str(result.output)[:120]
    return [f"lies about errors: asked for a tool that does not exist it reported success ({said!r}); {fix}"]


def _timed(steps: dict[str, float], name: str, step: Callable[[], Value]) -> Value:
    begun = time.monotonic()
    try:
        return step()
    finally:
        steps[name] = round(time.monotonic() - begun, 3)
