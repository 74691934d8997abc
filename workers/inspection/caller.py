"""Caller: as whom the person commits for whose task a tool is called, and which folders of others git reads for him.

It comes with each call, since a server serves many tasks. Where a call brings nothing, it is the person whose worker
this is. Only the standard library: it also runs beside `mcp-server-git`, in that program's own environment.
"""

import os
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple

#: Where it stands in the `_meta` of a call.
KEY = "aether-agents/git"
MAX_TRUSTED, MAX_LENGTH = 200, 4_096


class Caller(NamedTuple):
    """What a person's own git configuration says; empty where it says nothing."""

    name: str = ""
    email: str = ""
    signs: bool = False
    trusts: tuple[str, ...] = ()  #: as in `safe.directory`


_given: ContextVar[Caller | None] = ContextVar("caller", default=None)


def caller() -> Caller:
    """For whom the call that is under way is made."""
    if (given := _given.get()) is not None:
        return given
    name, email, signs = (os.environ.get(f"AETHER_GIT_{part}", "") for part in ("NAME", "EMAIL", "SIGNS"))
    return Caller(name, email, signs == "true")


def trusting(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment of git's with the caller's trust added to what it sets already."""
    first = int(environment.get("GIT_CONFIG_COUNT", "0"))
    known = dict(environment)
    for at, folder in enumerate(caller().trusts, first):
        known |= {f"GIT_CONFIG_KEY_{at}": "safe.directory", f"GIT_CONFIG_VALUE_{at}": folder}
    return known | {"GIT_CONFIG_COUNT": str(first + len(caller().trusts))}


async def with_caller(ctx: Any, call_next: Callable[[Any], Awaitable[Any]]) -> Any:
    """Middleware of a server: what a call brings holds as long as the call."""
    params = ctx.params if isinstance(ctx.params, Mapping) else {}
    meta = params.get("_meta")
    told = meta.get(KEY) if isinstance(meta, Mapping) else None
    if not isinstance(told, Mapping):
        return await call_next(ctx)
    token = _given.set(_read(told))
    try:
        return await call_next(ctx)
    finally:
        _given.reset(token)


def _read(told: Mapping[str, Any]) -> Caller:
    listed = told.get("trusts")
    trusts = [one for one in listed if isinstance(one, str) and 0 < len(one) <= MAX_LENGTH] if listed else []
    return Caller(_text(told, "name"), _text(told, "email"), told.get("signs") is True, tuple(trusts[:MAX_TRUSTED]))


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return value[:MAX_LENGTH].strip() if isinstance(value, str) else ""
