"""One call on an open session, with its time limit. Whatever happens becomes a value."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from typing import NamedTuple, cast

import anyio
from mcp import MCPError
from mcp.types import CallToolResult, RequestParamsMeta
from pydantic import ValidationError

from aether_agents.contracts import Json
from aether_agents.mcp_host.process.sandbox_grants import NOTHING, Needs
from aether_agents.mcp_host.session.answer_content import has_bytes, read
from aether_agents.mcp_host.session.call_result import CallResult, Consent
from aether_agents.mcp_host.session.diagnosis import shorten
from aether_agents.mcp_host.session.elicitation import redacted
from aether_agents.mcp_host.session.session import Session
from aether_agents.mcp_host.transport import http, stdio
from aether_agents.mcp_host.transport.abandoned_calls import ISSUED, Issued
from aether_agents.process.redaction import Redactor

Progress = Callable[[float | None, str], None]
#: For whom a call is made: the owner of its task, and the name of its context.
Who = tuple[str, str]

_LOST = (anyio.ClosedResourceError, anyio.BrokenResourceError, ConnectionError)
#: Where the git identity stands in the `_meta` of a call (`workers/inspection/caller.py` reads it).
GIT = "aether-agents/git"
#: How the SDK begins to tell that the connection broke before the answer came.
_BROKEN_OFF = ("SSE stream ended", http.BROKEN_BODY, f"Failed to parse JSON response: {http.BROKEN_BODY}")

log = logging.getLogger(__name__)


class CallRequest(NamedTuple):
    """What is asked of a tool."""

    server: str
    tool: str
    args: Mapping[str, Json]
    #: How long the answer may take.
    seconds: float
    #: Called on the loop: it must not block.
    progress: Progress | None = None
    #: The definition that was meant; empty for whatever there is.
    pin: str = ""
    #: What may not be seen in the answer, beside what the server's own specification hides.
    hidden: tuple[str, ...] = ()
    #: Whether it is still wanted. Asked on the loop, the moment before it is sent.
    still: Callable[[], bool] | None = None
    #: What the server's own questions are answered with.
    consent: Consent = Consent()
    #: The paths that it names.
    needs: Needs = NOTHING
    #: Learns which session has it.
    issued: Issued | None = None
    #: For whom it is made: with his login, where its server asks for one. Without it, with anybody's.
    who: Who | None = None
    #: The git identity of whose task it is, for a server of ours.
    git: Mapping[str, Json] | None = None


async def call(request: CallRequest, session: Session) -> CallResult:
    """Call a tool. What comes back has nothing hidden in it, and no error that goes on and on."""
    hidden = Redactor((*session.spec.hidden, *request.hidden, *getattr(session.transport, "secrets", ())))
    deadline = asyncio.get_running_loop().time() + request.seconds
    try:
        async with asyncio.timeout_at(deadline) as waiting, session.answering.turn():
            waiting.reschedule(None)
            result = await _call(request, session, hidden, deadline)
    except TimeoutError:
        text = f"server `{session.spec.name}` asks questions, so it takes one call at a time, and was busy all the time"
        return CallResult(error=text, kind="timeout", sent=False)
    error = shorten(hidden.text(result.error)) if result.error else result.error
    asked = redacted(result.asked, hidden) if result.asked else None
    notes = tuple(hidden.text(note) for note in result.notes)
    return result._replace(output=hidden.value(result.output), error=error, asked=asked, notes=notes)


async def _call(request: CallRequest, session: Session, hidden: Redactor, deadline: float) -> CallResult:
    """The call itself.

    When its seconds have passed, or this task is cancelled, the server gets `notifications/cancelled`
    (on HTTP of 2026-07-28: its request is closed).
    """
    tool = request.tool
    if session.client is None or not session.alive:
        return CallResult(error=f"server `{session.spec.name}` had ended", kind="transport", sent=False)
    known = session.definitions.get(tool)
    if request.pin and (known is None or known.pin != request.pin):
        return CallResult(error="is not the tool it was when this was planned", kind="tool_error", sent=False)
    if request.still is not None and not request.still():
        return CallResult(error="it was too late to send it", kind="cancelled", sent=False)

    session.inflight += 1
    ISSUED.set(request.issued)
    if request.issued is not None:
        request.issued.session = session
    try:
        async with asyncio.timeout_at(deadline):
            return await _asked(request, session, hidden)
    except TimeoutError:
        session.suspect = True
        return CallResult(error=f"did not answer within {request.seconds:g} s", kind="timeout")
    except asyncio.CancelledError:
        session.suspect = True  # a server that does not heed the cancellation is still at it
        raise
    except Exception as error:  # noqa: BLE001 - the outermost handler of a call: no server may break its caller
        return _became(session, tool, error, hidden)
    finally:
        session.inflight -= 1
        session.last_used = asyncio.get_running_loop().time()


async def _asked(request: CallRequest, session: Session, hidden: Redactor) -> CallResult:
    """The exchange: the answer, or what the server asked that only a person can tell."""
    client, heard = session.client, _Heard(request.progress, hidden) if request.progress else None
    if client is None:
        return CallResult(error=f"server `{session.spec.name}` had ended", kind="transport", sent=False)
    with session.answering.call(request.consent) as asked:
        try:
            known = session.definitions.get(request.tool)
            wrote = session.transport.stderr.written
            meta = cast("RequestParamsMeta", {GIT: dict(request.git)}) if request.git is not None else None
            answer = await client.call_tool(request.tool, dict(request.args), progress_callback=heard, meta=meta)
            got = await _read(answer, known.output_schema if known else None, session)
            result = _with_hint(got, request.tool, session, wrote)
        except (MCPError, RuntimeError) as error:
            result = _became(session, request.tool, error, hidden)
    if result.kind not in (None, "tool_error"):
        return result  # what became of it is not known: no answer makes it run again
    said = result.error or json.dumps(result.output, ensure_ascii=False)
    if asked.question is not None:
        return CallResult(error=said, kind="asked", asked=asked.question)
    return _wrong(f"{asked.refused}; then it said: {said}") if asked.refused else result


def _with_hint(result: CallResult, tool: str, session: Session, wrote: int) -> CallResult:
    """A failure in the server's own words, with where its traceback is where the MCP library says no more than that."""
    if result.kind != "tool_error" or result.error is None:
        return result
    wording = f"Error executing tool {tool}"  # the library's, before what the tool itself said
    result = result._replace(error=result.error.removeprefix(f"{wording}: "))
    if session.spec.url is not None:
        return result
    bare = (result.error or "").strip() == wording
    if not bare and session.transport.stderr.written == wrote:
        return result
    return result._replace(error=f"{result.error}\nwhat it wrote: `aether-agent servers logs {session.spec.name}`")


async def _read(answer: CallToolResult, schema: Mapping[str, Json] | None, session: Session) -> CallResult:
    """What the answer becomes; off this loop where bytes of it are written to disk."""
    if session.keep is not None and has_bytes(answer):
        return await asyncio.to_thread(read, answer, schema, session.keep)
    return read(answer, schema)


class _Heard:
    """MCP's progress (any number of any total) as a fraction. Asking for it is what makes servers send it."""

    def __init__(self, tell: Progress, hidden: Redactor) -> None:
        self._tell = tell
        self._hidden = hidden

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
        self._tell(progress / total if total else None, self._hidden.text(message or ""))


def _became(session: Session, tool: str, error: Exception, hidden: Redactor) -> CallResult:
    """What an exception out of the SDK means for the call."""
    if isinstance(error, MCPError):
        return _answered(session, tool, error, hidden)
    if isinstance(error, _LOST):
        return _ended(session, tool, hidden)
    if isinstance(error, ValidationError):
        return _wrong(f"gave an answer that is not MCP: {error.errors()[0]['msg']}")
    if isinstance(error, RuntimeError):  # the SDK's word for content that does not fit the tool's own output schema
        return _wrong(f"gave an answer that cannot be used: {error}")
    session.suspect = True
    log.warning("%s/%s failed in an unknown way: %s", session.spec.name, tool, hidden.text(repr(error)))
    return CallResult(error=f"failed: {type(error).__name__}: {error}", kind="transport")


def _answered(session: Session, tool: str, error: MCPError, hidden: Redactor) -> CallResult:
    """A JSON-RPC error: the server's own, or one of those our transports put in the place of an answer."""
    if error.code in (http.FORGOTTEN, http.PERHAPS_FORGOTTEN):
        session.transport.closed.set()
        sure = (
            error.code == http.FORGOTTEN
        )  # told with a success, it could also be the tool's word for a thing of its own
        text = error.message if sure else f"{error.message}, or has no such session itself; it may have run"
        return CallResult(error=text, kind="transport", sent=not sure)
    if error.code == http.BUSY:
        return CallResult(error=f"{error.message}; it may have run", kind="transport")
    broken_off = session.spec.url is not None and error.message.startswith(_BROKEN_OFF)
    if broken_off or error.code in (http.NOT_SENT, http.NETWORK, http.REFUSED):
        session.suspect = True
        unsent = error.code in (http.NOT_SENT, http.REFUSED)
        text = error.message + ("" if unsent else "; it may have run")
        return CallResult(error=text, kind="transport", sent=not unsent)
    if error.code not in (stdio.OVER_LIMIT, stdio.BROKEN_ANSWER) and not session.transport.alive:
        return _ended(session, tool, hidden)
    return _wrong(error.message)


def _ended(session: Session, tool: str, hidden: Redactor) -> CallResult:
    text = f"server `{session.spec.name}` ended during `{tool}`; it may have run"
    lines = "\n".join(f"  {line}" for line in session.transport.stderr.lines(hidden))
    return CallResult(error=f"{text}; its last words:\n{lines}" if lines else text, kind="transport")


def _wrong(what: str) -> CallResult:
    return CallResult(error=what, kind="tool_error")
