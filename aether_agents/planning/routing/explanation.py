"""Why a template was chosen for a sentence, or why none was: the words, the shares, the margins, the bounds."""

from collections.abc import Iterator, Sequence

from pydantic import Field

from aether_agents.contracts import Contract
from aether_agents.planning.routing.goals import read_goals
from aether_agents.planning.routing.matcher import ENOUGH, MARGIN, MARGIN_SAME, Match, Matcher
from aether_agents.planning.routing.request_words import words_of
from aether_agents.planning.sentence.clauses import Clause
from aether_agents.planning.sentence.terms import Term


class ExplainedTerm(Contract):
    """One word, and what it counts for."""

    word: str = Field(description="As it was written.")
    token: str = Field(description="Its stem: what is compared.")
    concept: str = Field(description="The kind of thing it stands for; empty: the vocabulary knows none.")
    deed: str = Field(description="What it asks for, where it stands as a verb.")
    counts: str = Field(description="What sort of word it is: topic, deed, looks, common.")
    known: dict[str, float] = Field(description="By candidate: how sure it is that the template is about it, 0 to 1.")


class ExplainedCandidate(Contract):
    """One template, and how well it fits."""

    template: str = Field(description="Its name.")
    share: float = Field(description="Share of the request it is about, 0 to 1.")
    near: float = Field(description="How near its texts are, 0 to about 1.")
    margin: float | None = Field(description="How much nearer it is than the next one, as a share; none: no next.")


class ExplainedGoal(Contract):
    """A part of the sentence, and the template it means."""

    said: str = Field(description="The part, as it was written.")
    verdict: str = Field(description="accept, ask or refuse.")
    template: str | None = Field(description="The template it means, where that is certain.")
    reason: str = Field(description="Why it is not certain; or `word for word one of its examples`.")
    terms: tuple[ExplainedTerm, ...] = Field(description="Its words.")
    candidates: tuple[ExplainedCandidate, ...] = Field(description="The nearest templates, the best first.")


class Explanation(Contract):
    """How a sentence is read."""

    sentence: str = Field(description="The sentence.")
    goals: tuple[ExplainedGoal, ...] = Field(description="Its parts: one for each goal, or all of it and its doubts.")
    enough: float = Field(description="The share from which a template is accepted.")
    margins: tuple[float, float] = Field(description="The margin that is wanted; where both fit as well, the second.")


def explanation(matcher: Matcher, text: str, agent_type: str | None = None) -> Explanation:
    """Explain a sentence to who wonders."""
    own = matcher.said_so(text)
    reading = read_goals(matcher, text, agent_type)
    groups = [(goal.said or text, goal.clauses) for goal in reading.goals]
    found = [_explained(matcher, said, clauses, agent_type) for said, clauses in groups]
    if own is not None:
        reason = "word for word one of its examples"
        found = [one.model_copy(update={"verdict": "accept", "template": own.name, "reason": reason}) for one in found]
    if not groups:
        found = [_told(matcher, text, (Clause(text, text, "and"),), reading.match), *_doubts(matcher, reading.doubts)]
    return Explanation(sentence=text, goals=tuple(found), enough=ENOUGH, margins=(MARGIN, MARGIN_SAME))


def _doubts(matcher: Matcher, doubts: Sequence[tuple[str, str]]) -> Iterator[ExplainedGoal]:
    if len(doubts) > 1:
        yield from (_explained(matcher, said, (Clause(said, said, "and"),), None) for said, _ in doubts)


def _explained(matcher: Matcher, said: str, clauses: Sequence[Clause], agent_type: str | None) -> ExplainedGoal:
    return _told(matcher, said, clauses, matcher.judge(clauses, agent_type))


def _told(matcher: Matcher, said: str, clauses: Sequence[Clause], match: Match) -> ExplainedGoal:
    ranked = match.ranked
    candidates = [
        ExplainedCandidate(
            template=one.template.name,
            share=one.score,
            near=round(one.near, 3),
            margin=round((one.near - ranked[at + 1].near) / one.near, 3) if at + 1 < len(ranked) and one.near else None,
        )
        for at, one in enumerate(ranked)
    ]
    known = {one.template.name: matcher.knowledge(one.template) for one in ranked}
    terms = [
        ExplainedTerm(
            word=term.word,
            token=term.token,
            concept=term.concept,
            deed=term.deed or term.named,
            counts=_sort(term),
            known={name: round(one.knows(term), 2) for name, one in known.items()},
        )
        for term in words_of(clauses).terms
    ]
    accepted = match.accepted
    return ExplainedGoal(
        said=said,
        verdict=match.verdict,
        template=accepted.name if accepted else None,
        reason=match.reason,
        terms=tuple(terms),
        candidates=tuple(candidates),
    )


def _sort(term: Term) -> str:
    if term.deed:
        return "deed"
    return "looks" if term.looks else "common" if term.common else "topic"
