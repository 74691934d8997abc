"""The development set for routing, given by its folder: hit@1 and recall@5 beside plain bm25s, and what is accepted."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import bm25s
import Stemmer

from aether_agents.planning.routing.fused_ranking import FusedRanking, Text
from aether_agents.planning.routing.tool_ranking import text_of_tool

#: Requests, and the tools they are asked of. In the first, what is asked for may be done by any of its tools.
SETS = {
    "livemcp_steps": "livemcp_tools",
    "livemcp_tasks": "livemcp_tools",
    "metatool_queries": "metatool_tools",
    "metatool_multi": "metatool_multi_tools",
}
ANY = {"livemcp_steps"}
FIRST = 5


def measured(folder: Path) -> dict[str, dict[str, float]]:
    """Percents by set; of the templates of MetaTool also with examples."""
    found: dict[str, dict[str, float]] = {}
    for name, tools in SETS.items():
        asked, known = _rows(folder / f"{name}.jsonl"), _rows(folder / f"{tools}.jsonl")
        texts = [text_of_tool(row) for row in known]
        plain = _plain(texts)
        rows = [(plain(row["query"]), False) for row in asked]
        found[f"{name}, plain bm25s"] = _scored(asked, known, rows, anyone=name in ANY)
        found[name] = _scored(asked, known, _ranked(FusedRanking(texts), asked), anyone=name in ANY)
    for many in (1, 2):
        found[f"metatool_queries, {many} examples"] = _with_examples(folder, many)
    return found


def _with_examples(folder: Path, many: int) -> dict[str, float]:
    """Each request of a tool is asked while others of the same tool are its examples."""
    asked, known = _rows(folder / "metatool_queries.jsonl"), _rows(folder / "metatool_tools.jsonl")
    own: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in asked:
        own[row["gold"][0]].append(row)
    most = max(map(len, own.values()))
    put: list[dict[str, Any]] = []
    rows: list[tuple[Sequence[int], bool]] = []
    for place in range(most):
        examples = {name: [one["query"] for at, one in enumerate(own[name]) if at != place][:many] for name in own}
        texts = [Text(text_of_tool(row).headline, tuple(examples.get(row["id"], ()))) for row in known]
        now = [listed[place] for listed in own.values() if place < len(listed) and len(listed) > many]
        rows += _ranked(FusedRanking(texts), now)
        put += now
    return _scored(put, known, rows, anyone=False)


def _ranked(ranking: FusedRanking, asked: Sequence[dict[str, Any]]) -> list[tuple[Sequence[int], bool]]:
    found = [ranking.rank(row["query"]) for row in asked]
    return [(one.order, one.accepted) for one in found]


def _plain(texts: Sequence[Text]) -> Any:
    """Plain bm25s with stemming, the yardstick."""
    stemmer = Stemmer.Stemmer("english")

    def tokens(text: str) -> list[str]:
        found: list[str] = stemmer.stemWords(re.findall(r"\w+", text.lower()))
        return found

    model = bm25s.BM25()
    model.index([tokens(text.headline) for text in texts], show_progress=False)

    def order(query: str) -> Sequence[int]:
        known = [token for token in tokens(query) if token in model.vocab_dict]
        scores = model.get_scores(known) if known else [0.0] * len(texts)
        return sorted(range(len(texts)), key=lambda at: -scores[at])

    return order


def _scored(
    asked: Sequence[dict[str, Any]],
    known: Sequence[dict[str, Any]],
    rows: Sequence[tuple[Sequence[int], bool]],
    *,
    anyone: bool,
) -> dict[str, float]:
    hit = recall = taken = right = 0.0
    for row, (order, accepted) in zip(asked, rows, strict=True):
        gold = set(row["gold"])
        names = [known[at]["id"] for at in order[:FIRST]]
        hit += names[0] in gold
        taken += accepted
        right += accepted and names[0] in gold
        groups = list(_groups(row, gold, anyone=anyone))
        recall += sum(bool(group & set(names)) for group in groups) / max(len(groups), 1)
    count = len(asked)
    found = {"requests": count, "hit@1": 100 * hit / count, "recall@5": 100 * recall / count}
    if taken:
        found |= {"accepted": 100 * taken / count, "right of these": 100 * right / taken}
    return {name: round(value, 1) for name, value in found.items()}


def _groups(row: dict[str, Any], gold: set[str], *, anyone: bool) -> Iterator[set[str]]:
    if anyone:
        yield gold
    elif row.get("gold_groups"):
        yield from map(set, row["gold_groups"])
    else:
        yield from ({one} for one in gold)


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
