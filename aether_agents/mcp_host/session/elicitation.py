"""Elicitation: what a server asks a person in the middle of a call, and how that is answered without anybody waiting.

A waiting subtask holds no worker, thread or connection, so a server's question is never left open. It is answered at
once, from what is known:

- an answer that a person gave earlier to this very question (same words, same fields) is given again;
- a plain confirmation ("are you sure?": no fields, or one yes/no) is accepted if a person approved this very call, with
  these very arguments;
- anything else is answered `cancel`. The call ends by that, the question goes to a person, and with the answer the call
  is made again from its beginning.

That is once and no more of the tool's work: by the protocol a call waits for what it asked, and `cancel` tells it that
the person chose nothing. What the server said when it was cancelled goes to the person together with the question, so
that of a tool that is not safe to repeat a person decides, who has seen it. A call that does not end by our `cancel`
(silence, a lost connection) is a failure like any other and is not made again by this.

Both eras come through here: until 2025-11-25 the server sends `elicitation/create` while the call runs; since
2026-07-28 it answers `input_required` and the SDK asks us, then makes the call again with the answer.
An older server does not say which of its calls it asks for. So once one has asked, its calls are made one at a time;
the first time, the answer waits until the other calls under way have ended.

A question by address (`url`) is declined: nobody is sent to a stranger's page by a stranger's tool.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any

from mcp.client import ClientRequestContext
from mcp.types import ElicitRequestFormParams, ElicitRequestParams, ElicitResult
from pydantic import ValidationError

from aether_agents.contracts import InputSpec, Json
from aether_agents.contracts.shortening import shorten
from aether_agents.mcp_host.session.call_result import Consent, Elicitation
from aether_agents.mcp_host.session.secret_words import asks_for_secret
from aether_agents.process.redaction import Redactor

#: The most that is passed on of a server's words, in characters; and the most fields of one question.
MOST_TEXT, MOST_LABEL, MOST_FIELDS = 1_200, 100, 12


class Asked:
    """What was asked during one call."""

    def __init__(self, consent: Consent) -> None:
        self._answers = {given.question: given.values for given in consent.elicited}
        self._confirmed = consent.confirmed
        #: The first question that only a person can answer.
        self.question: Elicitation | None = None
        #: Why a question was not put to a person.
        self.refused: str | None = None

    def reply(self, params: object) -> ElicitResult:
        """The answer to a question of the server's, at once."""
        if not isinstance(params, ElicitRequestFormParams):
            self.refused = "wanted a person to open an address, which is not done for a tool"
            return ElicitResult(action="decline")
        question = read(params)
        if question is None:
            self.refused = "asked a question that is no form of a few plain fields"
            return ElicitResult(action="cancel")
        known: Mapping[str, Any] | None = self._answers.get(question.digest)
        if known is None and self._confirmed and question.confirms:
            known = dict.fromkeys(question.fields, True)
        if known is not None:
            return ElicitResult(action="accept", content=dict(known))
        self.question = self.question or question
        return ElicitResult(action="cancel")


#: The call that runs in this context: of the newer era, whose questions come back in the call itself.
_present: ContextVar[Asked | None] = ContextVar("_present", default=None)


class Answering:
    """Answers the questions that come over one session."""

    def __init__(self) -> None:
        self._open: list[Asked] = []
        self._waiting = 0
        self._muddled = False
        self._news = asyncio.Event()
        self._alone = asyncio.Lock()
        self._asks = False

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A call's turn: at once, or one after the other where the server is one that asks without saying for whom."""
        if not self._asks:
            yield
            return
        async with self._alone:
            yield

    @contextmanager
    def call(self, consent: Consent) -> Iterator[Asked]:
        """A call under way."""
        asked = Asked(consent)
        self._open.append(asked)
        token = _present.set(asked)
        try:
            yield asked
        finally:
            _present.reset(token)
            self._open.remove(asked)
            self._muddled = self._muddled and bool(self._open)
            self._tell()

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:  # noqa: ARG002
        """The SDK's callback, of both eras; its context does not say which call is meant."""
        asked = _present.get() or await self._whose()
        return asked.reply(params) if asked is not None else ElicitResult(action="cancel")

    async def _whose(self) -> Asked | None:
        """The call that a question of the older era belongs to; None if there is no telling."""
        self._asks = True
        self._waiting += 1
        self._tell()
        try:
            while len(self._open) > max(1, self._waiting) and not self._muddled:
                await self._news.wait()
            if len(self._open) == 1:
                return self._open[0]
            self._muddled = True  # every call under way asks, and none can be told from the others
            for asked in self._open:
                asked.refused = "asked something while other calls asked too: make it again"
            return None
        finally:
            self._waiting -= 1

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def read(params: ElicitRequestFormParams) -> Elicitation | None:
    """A question as a person is asked it; None if it is more than a form of a few plain fields.

    Fields that the server can do without are left out, unless there are no others.
    """
    schema = params.requested_schema
    properties = schema.get("properties") or {}
    required = [name for name in schema.get("required") or () if name in properties]
    wanted = required or list(properties)
    if len(wanted) > MOST_FIELDS:
        return None
    try:
        fields = {_label(name): _field(name, properties[name]) for name in wanted}
    except (ValidationError, AttributeError, TypeError):
        return None
    if not any(spec.secret for spec in fields.values()) and asks_for_secret(params.message):
        # "Enter your password", and fields that are called `value` and `other`: it may be any of them.
        fields = {name: spec.model_copy(update={"secret": _is_typed(spec)}) for name, spec in fields.items()}
    text = json.dumps([params.message, schema], sort_keys=True, ensure_ascii=False)
    return Elicitation(hashlib.sha256(text.encode()).hexdigest(), _plain(params.message, MOST_TEXT), fields)


def redacted(question: Elicitation, hidden: Redactor) -> Elicitation:
    """The same question without what may not be seen."""
    fields = {
        name: spec.model_copy(update={"prompt": hidden.text(spec.prompt), "description": hidden.text(spec.description)})
        for name, spec in question.fields.items()
    }
    return question._replace(message=hidden.text(question.message), fields=fields)


def _is_secret(name: str, schema: Mapping[str, Any]) -> bool:
    """Whether a field wants a password or a key: by its format, or by any of its words."""
    words = " ".join(str(schema.get(part) or "") for part in ("title", "description"))
    return schema.get("format") == "password" or asks_for_secret(f"{name} | {words}")


def _is_typed(spec: InputSpec) -> bool:
    """Whether the answer to a field is something that one types, and does not choose."""
    return spec.type in ("string", "integer", "number") and not spec.enum


def _field(name: str, schema: Mapping[str, Any]) -> InputSpec:
    kind = schema.get("type", "string")
    choices = schema.get("enum") or [choice.get("const") for choice in schema.get("oneOf") or ()]
    values: dict[str, Json] = {
        "type": kind,
        "required": True,
        "default": schema.get("default"),
        "enum": choices or None,
        "secret": (kind != "boolean" and not choices and _is_secret(name, schema)) or None,
        "minimum": schema.get("minimum"),
        "maximum": schema.get("maximum"),
        "prompt": _label(str(schema.get("title") or "")),
        "description": _label(str(schema.get("description") or "")),
    }
    return InputSpec.model_validate({name: value for name, value in values.items() if value is not None})


def _label(text: str) -> str:
    """A server's words for one field, in one line."""
    return " ".join(_plain(text, MOST_LABEL).split())


def _plain(text: str, most: int) -> str:
    """A server's words, bounded, with nothing in them that steers a terminal."""
    shown = "".join(c if c.isprintable() or c == "\n" else " " for c in text).strip()
    return shorten(shown, most)
