"""The goals of a sentence: each group of clauses that one template is meant by, or why there are none."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from aether_agents.contracts import Template
from aether_agents.planning.routing.matcher import Match, Matcher
from aether_agents.planning.sentence.clause_ends import Relation
from aether_agents.planning.sentence.clauses import Clause, Request, read_request, side_by_side
from aether_agents.planning.sentence.parts import NAMED, Part, masked

#: Pieces of a sentence that are put together in every way; a longer one is read clause by clause.
_PIECES = 7
_GOALS = 12
#: What means the goal before it again, for another place.
_AGAIN = re.compile(r"\b(?:one|the same|likewise|too|as well|ditto)\b|同じ|同様|も")


class Goal(NamedTuple):
    """Something that one template does."""

    template: Template
    clauses: tuple[Clause, ...]
    score: float  #: the share of its words the template is about

    @property
    def relation(self) -> Relation:
        """How it follows the goal before it."""
        return self.clauses[0].relation

    @property
    def text(self) -> str:
        """Its words, without its parts."""
        return "".join(clause.text for clause in self.clauses)

    @property
    def said(self) -> str:
        """Its words, as they were written."""
        return " ".join(clause.said.strip(" ,、.。;") for clause in self.clauses).removeprefix("and ")

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of its clauses."""
        return tuple(part for clause in self.clauses for part in clause.parts)


class Reading(NamedTuple):
    """What a sentence was read as."""

    goals: tuple[Goal, ...]  #: in their order; empty where something in it is not certain
    match: Match = Match("refuse", ())  #: where there are none: what it means as a whole
    doubts: tuple[tuple[str, str], ...] = ()  #: clauses that no template is certainly meant by, and why


def read_goals(matcher: Matcher, text: str, agent_type: str | None = None) -> Reading:
    """Find the goals of a sentence."""
    request = read_request(text)
    own = matcher.said_so(text)
    if own is not None:
        return Reading((Goal(own, request.clauses or (Clause(text, text, "and"),), 1.0),))
    if request.explains:
        answers = matcher.answers(request, agent_type)
        if answers is not None:
            return Reading((Goal(answers, request.clauses, 1.0),))
    else:
        found = _Groups(matcher, request, agent_type).best()
        if 0 < len(found) <= _GOALS:
            return Reading(tuple(found))
    whole = matcher.match(text, agent_type)
    return Reading((), whole, tuple(_doubts(matcher, request, agent_type)))


def _doubts(matcher: Matcher, request: Request, agent_type: str | None) -> Iterator[tuple[str, str]]:
    for clause in request.clauses:
        match = matcher.judge((clause,), agent_type)
        if match.verdict != "accept":
            yield clause.said.strip(" ,、"), match.reason


class _Groups:
    """The ways to put the pieces of a sentence together."""

    def __init__(self, matcher: Matcher, request: Request, agent_type: str | None) -> None:
        self._matcher = matcher
        self._agent_type = agent_type
        self._clauses = request.clauses
        self._known: dict[tuple[Clause, ...], Goal | None] = {}

    def best(self) -> list[Goal]:
        """The goals, as many as there are: clause by clause first, then piece by piece."""
        clauses = tuple(self._clauses)
        found = self._cover(clauses)
        pieces = tuple(piece for clause in clauses for piece in side_by_side(clause))
        if len(clauses) < len(pieces) <= _PIECES:
            finer = self._cover(pieces, within=True)
            own = all(NAMED in masked(goal.text) for goal in finer)
            other = {goal.template.name for goal in found}.isdisjoint(goal.template.name for goal in finer)
            if len(finer) > len(found) and (own or other):
                found = finer
        return found

    def _cover(self, pieces: Sequence[Clause], *, within: bool = False) -> list[Goal]:
        """The most goals that together are all of the pieces; `within` clauses, what one template does is one goal."""
        best: list[list[Goal] | None] = [[], *([None] * len(pieces))]
        for end in range(1, len(pieces) + 1):
            for start in range(end):
                before = best[start]
                if before is None:
                    continue
                goal = self._goal(pieces[start:end], before)
                if goal is None or self._goes_on(before, goal):
                    continue
                joined = _with(before, goal, within=within)
                kept = best[end]
                if kept is None or len(joined) > len(kept):
                    best[end] = joined
        return best[-1] or []

    def _goes_on(self, before: Sequence[Goal], goal: Goal) -> bool:
        """Whether a goal without a place only goes on with the one before it: "and prove that it restores"."""
        if not before or NAMED in masked(goal.text) or goal.template is before[-1].template or goal.parts:
            return False
        both = self._goal((*before[-1].clauses, *goal.clauses), ())
        return both is not None and both.template is before[-1].template

    def _goal(self, pieces: Sequence[Clause], before: Sequence[Goal]) -> Goal | None:
        key = tuple(pieces)
        if key not in self._known:
            match = self._matcher.judge(pieces, self._agent_type)
            own = None if match.accepted and self._swallows(pieces, match.accepted) else match.accepted
            self._known[key] = None if own is None else Goal(own, key, match.ranked[0].score)
        found = self._known[key]
        if found is None and before and len(pieces) == 1 and _means_again(pieces[0]):
            return Goal(before[-1].template, key, before[-1].score)
        return found

    def _swallows(self, pieces: Sequence[Clause], template: Template) -> bool:
        """Whether a goal that the last clause is by itself takes in one before it that asks for something elsewhere.

        "Audit ./api, then check its quality": the first is not certain, and is no part of the second.
        """
        said = [one for one in pieces if one.said.strip(" ,、")]
        if not said[1:] or self._matcher.judge(said[-1:], self._agent_type).accepted is not template:
            return False
        alone = [self._matcher.judge((one,), self._agent_type) for one in said[:-1] if NAMED in masked(one.text)]
        return any(match.verdict == "ask" and match.ranked[0].template is not template for match in alone)


def _means_again(clause: Clause) -> bool:
    """Whether a clause names nothing but another place for the goal before it: "then do one of ./b"."""
    words = re.sub(rf"{NAMED}+", " ", masked(clause.text))
    rest = _AGAIN.sub(" ", words)
    plain = re.sub(r"\b(?:and|then|do|of|for|in|on|also|please|it|with)\b|[\W_]|[\u3040-\u309f]", "", rest)
    return not plain and not clause.forbids and NAMED in masked(clause.text) and _AGAIN.search(words) is not None


def _with(before: list[Goal], goal: Goal, *, within: bool) -> list[Goal]:
    """One goal more; one that only goes on with what the last one does is part of it."""
    if before and before[-1].template is goal.template:
        last = before[-1]
        same = within and goal.relation == "and" and not goal.parts
        if same or (NAMED not in masked(goal.text) and not _means_again(goal.clauses[0])):
            return [
                *before[:-1],
                last._replace(clauses=(*last.clauses, *goal.clauses), score=min(last.score, goal.score)),
            ]
    return [*before, goal]
