"""Who may do what: the whole table."""

from typing import get_args

import pytest

from aether_agents.access.roles import Act, require
from aether_agents.contracts import Role
from aether_agents.errors import NotAllowed

MAY: dict[str, tuple[set[str], set[str]]] = {  # role: (on anybody's task, on his own)
    "Anonymous": (set(), set()),
    "Viewer": ({"look"}, {"look"}),
    "Auditor": ({"look"}, {"look"}),
    "User": ({"look", "submit"}, {"look", "submit", "act"}),
    "Supervisor": ({"look", "submit", "act", "approve"}, {"look", "submit", "act", "approve"}),
    "Owner": ({"look", "submit", "act", "approve"}, {"look", "submit", "act", "approve"}),
}


@pytest.mark.parametrize("role", get_args(Role))
@pytest.mark.parametrize("act", get_args(Act))
@pytest.mark.parametrize("own", [False, True])
def test_every_cell(role: Role, act: Act, own: bool) -> None:
    if act in MAY[role][own]:
        require(role, act, own=own)
    else:
        with pytest.raises(NotAllowed, match=f"{role} may not {act}"):
            require(role, act, own=own)


def test_a_refusal_names_who_could() -> None:
    with pytest.raises(NotAllowed, match="ask a Supervisor, Owner"):
        require("User", "approve")
