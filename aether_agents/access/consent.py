"""Consent: what a review says about a call that it covers, once its sealed record was checked."""

from collections.abc import Mapping
from typing import NamedTuple

from aether_agents.contracts import ItemKind, Risk, risk_by


class Reviewed(NamedTuple):
    """What a review says about a call that it covers."""

    up_to: Risk | None = None  #: a yes to that call, of that risk; none if there is none
    kinds: tuple[str, ...] = ()  #: the kinds of items that were shown
    doubt: str = ""  #: why what is there does not count

    def risk(self, risks: Mapping[ItemKind, Risk], own: Risk) -> Risk:
        """The risk of the call, by the items that were shown where its tool is judged by these."""
        return risk_by(risks, self.kinds, own)


#: Of a call that no review covers.
NOT_REVIEWED = Reviewed()
