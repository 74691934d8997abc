"""Hints: what the tools of our servers say of themselves; the tool table says the rest, and may only say more."""

from mcp_types import ToolAnnotations

#: It only looks.
READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
#: It makes something new; a second call makes another.
MAKES = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)
