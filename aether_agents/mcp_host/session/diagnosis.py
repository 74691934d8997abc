"""Diagnosis: what a server's failure means, in plain words, with the fix."""

import re
from typing import Protocol

from mcp import MCPError
from pydantic import ValidationError

from aether_agents.contracts import ServerSpec
from aether_agents.errors import ServerDown
from aether_agents.mcp_host.transport.stderr_tail import StderrTail
from aether_agents.process.redaction import Redactor

#: Characters of a server's text that an error carries.
TEXT_LIMIT = 4_000

#: What a server's last words say, and what to do about it.
FIXES: tuple[tuple[str, str], ...] = (
    (
        r"mcp\.server\.fastmcp|has no attribute '(?:list_tools|list_resources|list_prompts|call_tool)'|"
        r"cannot import name 'McpError'",
        "it was written for an older MCP library: add `mcp<2` to `install.with`, then "
        "`aether-agent servers install {name}`",
    ),
    (
        r"(?:ModuleNotFoundError|ImportError)",
        "a package it needs is missing or does not fit: name it in `install.with`, then "
        "`aether-agent servers install {name}`",
    ),
    (
        r"Read-only file system|EROFS",
        "in its sandbox it may write to its scratch folder, and to what `writes` beside it names",
    ),
    (
        r"Network is unreachable|ENETUNREACH|[Tt]emporary failure in name resolution|EAI_AGAIN|getaddrinfo",
        "if it is its sandbox that has no network: write `network: true` beside it, or `aether-agent trust --network "
        "{name}`",
    ),
    (r"[Pp]ermission denied", "it may not read or run something: look at the path above"),
    (r"[Aa]ddress already in use", "another program has its port"),
)


class Witness(Protocol):
    """What is known of a server that failed."""

    stderr: StderrTail
    noise: StderrTail

    @property
    def status(self) -> int | None: ...


def explain(stderr: str, name: str = "NAME") -> str | None:
    """The fix for what a server wrote to its standard error; None when it is nothing known."""
    return next((fix.format(name=name) for pattern, fix in FIXES if re.search(pattern, stderr)), None)


def why_down(spec: ServerSpec, witness: Witness, failure: BaseException | None, waited: float | None = None) -> str:
    """Why a server could not be used: what happened, its last words, the fix; nothing that is hidden."""
    hidden = Redactor(spec.hidden)
    if ours := [leaf for leaf in leaves_of(failure) if isinstance(leaf, ServerDown)]:
        return hidden.text(str(ours[0]))
    parts = [f"server `{spec.name}` {_what(spec, witness, failure, waited)}"]
    if lines := witness.stderr.lines(hidden):
        parts += ["its last words:", *(f"  {line}" for line in lines)]
    if lines := witness.noise.lines(hidden, 3):
        parts += ["on its standard output, where only MCP may be:", *(f"  {line}" for line in lines)]
    if fix := explain(witness.stderr.text, spec.name):
        parts.append(fix)
    elif waited is not None:
        parts.append(f"if it is slow to start give it a longer `timeout`; if it is old, `mode: legacy` ({spec.source})")
    return shorten(hidden.text("\n".join(parts)))


def _what(spec: ServerSpec, witness: Witness, failure: BaseException | None, waited: float | None) -> str:
    if waited is not None:
        return f"did not answer within {waited:g} s"
    leaves = leaves_of(failure)
    refusals = [_said(leaf) for leaf in leaves if isinstance(leaf, MCPError | ValidationError) and not _closed(leaf)]
    if refusals:  # what it said itself, before its end, which may be our own doing
        ended = f"; then it ended with {_status(witness.status)}" if witness.status else ""
        return f"could not be used: {'; '.join(dict.fromkeys(refusals))}{ended}"
    if witness.status is not None:
        return f"ended with {_status(witness.status)} before it could be used"
    said = "; ".join(dict.fromkeys(map(_said, leaves))) or "it closed the connection"
    return f"could not be {'started' if spec.command else 'reached'}: {said}"


def _said(leaf: BaseException) -> str:
    if isinstance(leaf, ValidationError):
        first = leaf.errors()[0]
        return f"what it answered is not MCP ({'.'.join(map(str, first['loc']))}: {first['msg']})"
    return str(leaf) or type(leaf).__name__


def _closed(leaf: BaseException) -> bool:
    return isinstance(leaf, MCPError) and "Connection closed" in str(leaf)


def _status(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit code {status}"


def leaves_of(failure: BaseException | None) -> list[BaseException]:
    """The exceptions inside nested groups, the telling ones only."""
    if failure is None:
        return []
    if isinstance(failure, BaseExceptionGroup):
        found = [leaf for inner in failure.exceptions for leaf in leaves_of(inner)]
        told = [leaf for leaf in found if not _closed(leaf)]
        return told or found
    return [failure]


def shorten(text: str, limit: int = TEXT_LIMIT) -> str:
    """A server's text, at most `limit` characters: its beginning, and its end, where tracebacks have the point."""
    if len(text) <= limit:
        return text
    head, tail = limit * 2 // 3, limit // 3
    return f"{text[:head]}\n… ({len(text) - head - tail:,} characters left out) …\n{text[-tail:]}"
