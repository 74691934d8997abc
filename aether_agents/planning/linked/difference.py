"""Difference: in words, what a task runs that another one ran before, and what it takes over."""

from aether_agents.contracts import Rerun

#: Names and reasons that a question has room for.
_SHOWN = 12


def told(difference: Rerun) -> str:
    """The difference in words: what runs and why, what is taken over, and what will be asked."""
    of, again, kept = difference.of, difference.again, difference.kept
    verb = "Go on with" if of.kind == "retry" else "Fork"
    lines = [f"{verb} `{of.task_id}`: {len(again)} run, {len(kept)} are taken over.", "runs:"]
    lines += [f"- {one.subtask}: {one.why}" for one in again[:_SHOWN]]
    lines += [f"- … and {len(again) - _SHOWN} more"] if len(again) > _SHOWN else []
    asking = [one for one in again if one.asks]
    if asking:
        lines.append("asks first:")
        lines += [f"- {one.subtask}: {one.asks}" for one in asking[:_SHOWN]]
        lines += [f"- … and {len(asking) - _SHOWN} more"] if len(asking) > _SHOWN else []
    if kept:
        names = ", ".join(one.subtask for one in kept[:_SHOWN])
        lines.append(f"taken over: {names}{f' … and {len(kept) - _SHOWN} more' if len(kept) > _SHOWN else ''}")
    return "\n".join(lines)
