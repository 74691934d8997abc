"""Consent: what the questions that a server asks during a call may be answered with."""

from typing import NamedTuple

from aether_agents.contracts import Elicited


class Consent(NamedTuple):
    """What a call may be answered with."""

    #: What a person answered to this server before.
    elicited: tuple[Elicited, ...] = ()
    #: Whether a person approved this very call.
    confirmed: bool = False


#: No person has said anything yet.
NOTHING_ASKED = Consent()
