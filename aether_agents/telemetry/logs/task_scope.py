"""Scope: on behalf of which task and subtask something is said. Follows threads' and asyncio's contexts."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from types import MappingProxyType

_NOTHING: Mapping[str, str] = MappingProxyType({})
_scope: ContextVar[Mapping[str, str]] = ContextVar("aether_scope", default=_NOTHING)


@contextmanager
def about(**ids: str) -> Iterator[None]:
    """Everything logged inside is about these ids (`task_id`, `subtask_id`, `trace_id`); an empty one says nothing."""
    token = _scope.set({**_scope.get(), **{name: one for name, one in ids.items() if one}})
    try:
        yield
    finally:
        _scope.reset(token)


def scope() -> Mapping[str, str]:
    """The ids that hold here."""
    return _scope.get()


def unattended() -> Context:
    """A copy of this context that is about nobody: for what outlives the one who happened to start it."""
    context = copy_context()
    context.run(_scope.set, _NOTHING)
    return context
