"""Who may do what. One table; every face asks it before it acts.

| role | may |
|---|---|
| Anonymous | nothing |
| Viewer | look |
| Auditor | look, at everything, also where others see only what is their own |
| User | look, submit, and act on tasks of his own |
| Supervisor, Owner | all of it, on every task, and approve |
"""

from typing import Literal, cast

from aether_agents.contracts import Role
from aether_agents.errors import NotAllowed

Act = Literal["look", "submit", "act", "approve"]

_EVERYWHERE: dict[Role, frozenset[Act]] = {
    "Anonymous": frozenset(),
    "Viewer": frozenset({"look"}),
    "Auditor": frozenset({"look"}),
    "User": frozenset({"look", "submit"}),
    "Supervisor": frozenset({"look", "submit", "act", "approve"}),
    "Owner": frozenset({"look", "submit", "act", "approve"}),
}
_ON_HIS_OWN: dict[Role, frozenset[Act]] = {"User": frozenset({"act"})}


#: Who sees others' tasks where everybody else sees only his own: behind a proxy.
SEES_ALL: frozenset[Role] = frozenset({"Auditor", "Supervisor", "Owner"})


def may_approve(role: Role) -> bool:
    """Whether a role may approve: only then does it count what it says ahead."""
    return "approve" in _EVERYWHERE[role]


def may_approve_as(role: str) -> bool:
    """Whether a role that was written down may approve; one that is not known may not."""
    return "approve" in _EVERYWHERE.get(cast("Role", role), frozenset())


def require(role: Role, act: Act, *, own: bool = False) -> None:
    """Let an act pass, or refuse it.

    Raises:
        NotAllowed: the role does not allow it; the error names the roles that do.
    """
    allowed = _EVERYWHERE[role] | (_ON_HIS_OWN.get(role, frozenset()) if own else frozenset())
    if act not in allowed:
        able = ", ".join(name for name, acts in _EVERYWHERE.items() if act in acts)
        whose = "" if own else " on another's task"
        raise NotAllowed(f"{role} may not {act}{whose if act == 'act' else ''}: ask a {able}")
