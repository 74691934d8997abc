"""Policy: one decision before every call. Never a question of who is asked; the store holds what waits."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from aether_agents.access.consent import NOT_REVIEWED, Reviewed
from aether_agents.contracts import Json, PlannedSubtask, Risk, Tool, asks, covers
from aether_agents.contracts.expressions.path import texts
from aether_agents.mcp_host.files.project_scope import plain
from aether_agents.mcp_host.process.sandbox_grants import Needs
from aether_agents.settings.model import Settings


class Allowed(NamedTuple):
    """The call may be made."""

    risk: Risk
    rule: str = ""  #: why


class NeedsApproval(NamedTuple):
    """A person has to say yes first."""

    risk: Risk
    reason: str
    rule: str = ""


class Denied(NamedTuple):
    """The call is not made, whoever says yes."""

    reason: str
    rule: str = ""


Decision = Allowed | NeedsApproval | Denied


_UNSEEN = (
    "Nobody has looked yet at the tools that `{server}` lists, so what is more than a read asks each time: "
    "`aether-agent servers lock {server}` shows them, and accepts them"
)


def decide(
    tool: Tool,
    args: Mapping[str, Json],
    subtask: PlannedSubtask,
    settings: Settings,
    *,
    answered: bool = False,
    reviewed: Reviewed = NOT_REVIEWED,
    unseen: bool = False,
) -> Decision:
    """Whether a subtask may call a tool with these arguments, its references already resolved.

    `answered`: a person has said yes to this very run. `reviewed`: what he said to the review that covers it. `unseen`:
    nobody has looked yet at what its server lists; then all that is more than a read asks, whatever was said ahead.
    """
    if tool.specialist != subtask.specialist:
        return Denied(
            f"`{tool.ref}` belongs to {tool.specialist or 'nobody'}, not to {subtask.specialist}", "specialist"
        )
    for pattern in settings.policy.deny:
        if fnmatchcase(tool.ref, pattern) or fnmatchcase(plain(tool.ref), pattern):
            return Denied(f"`{tool.ref}` is never called here: `policy.deny` has `{pattern}`", f"policy.deny {pattern}")
    if stray := _stray_path(tool, args, settings):
        return Denied(stray, "roots")
    risk = reviewed.risk(tool.item_risks(), tool.risk_of(args))
    ahead = covers(subtask.approved_up_to, risk) and not settings.policy.four_eyes  # who asks says it ahead
    shown = covers(reviewed.up_to, risk) and not subtask.asked_because  # a review does not say that it may have run
    new = unseen and risk is not Risk.READ
    unasked = ahead or not (subtask.asked_because or asks(risk, subtask.approval, settings.policy.approval_from))
    if answered or shown or (unasked and not new):
        reasons = ((answered, "answered yes"), (shown, "reviewed"), (ahead, "yes ahead"), (True, "risk below approval"))
        return Allowed(risk, next(name for holds, name in reasons if holds))
    if new and not subtask.asked_because:
        return NeedsApproval(risk, _UNSEEN.format(server=tool.server), "tools not seen yet")
    why = "its plan asks for it" if subtask.approval == "required" else f"its risk is {risk.value}"
    why = subtask.asked_because or why
    return NeedsApproval(risk, f"`{tool.ref}` needs a yes: {why}")


def allowed_folders(settings: Settings) -> tuple[Path, ...] | None:
    """The folders that tools may touch; None where no bounds are set (an embedded stack is the user's own)."""
    url = settings.broker.url
    embedded = url is None or url.startswith("unix://")
    if not settings.roots and embedded:
        return None
    return tuple(root.resolve() for root in (*settings.roots, settings.home / "reports"))


def _stray_path(tool: Tool, args: Mapping[str, Json], settings: Settings) -> str | None:
    """Why a path among the arguments is out of bounds, if one is. Links are followed before it is judged."""
    folders = allowed_folders(settings)
    if folders is None:
        return None
    for name in tool.row.path_args:
        for text in texts(args.get(name)):
            path = Path(text)
            if not path.is_absolute():
                return f"`{name}` of `{tool.ref}` is `{text}`: a path must be absolute here"
            real = _resolved(path)
            if real is None or not any(real.is_relative_to(folder) for folder in folders):
                shown = ", ".join(map(str, settings.roots)) or "none is set"
                return f"`{name}` of `{tool.ref}` is `{text}`, outside the allowed folders (`roots`: {shown})"
    return None


def needs(tool: Tool, args: Mapping[str, Json]) -> Needs:
    """The paths that a call names, apart by whether it may change what is there.

    Where nobody has said which arguments are paths, all that are one count: whoever said yes to the call saw them.
    """
    row = tool.row
    looks = tool.risk_of(args) is Risk.READ
    if not row.path_args:
        said = [text for name, value in args.items() if name not in row.code_args for text in texts(value)]
        paths = tuple(text for text in said if text.startswith("/") and _there(text))
        return Needs(reads=paths) if looks else Needs(writes=paths)
    reads = [name for name in row.path_args if looks or name in row.reads]
    writes = [name for name in row.path_args if name not in reads]
    return Needs(*(tuple(text for name in group for text in texts(args.get(name))) for group in (reads, writes)))


def _there(text: str) -> bool:
    """Whether a text is a path of something that is there, or that can be made in a folder that is."""
    path = Path(text)
    try:
        return path.exists() or (path.parent.is_dir() and path.parent != Path("/"))
    except (OSError, ValueError):  # too long, a zero byte
        return False


def _resolved(path: Path) -> Path | None:
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):  # a loop of links, a zero byte
        return None
