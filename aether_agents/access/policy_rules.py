"""Policy rules: which of them are about a call, and what becomes of it. The strictest decides; none allows anything."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from aether_agents.access.consent import NOT_REVIEWED, Reviewed
from aether_agents.access.policy import Allowed, Decision, Denied, NeedsApproval, decide
from aether_agents.contracts import Json, PlannedSubtask, Risk, Tool, covers, find
from aether_agents.contracts.expressions.path import texts
from aether_agents.documents.schema_validator import check
from aether_agents.mcp_host.files.project_scope import plain
from aether_agents.settings.model import Settings
from aether_agents.settings.policy import PolicyRule

#: Of decisions that allow a call: those that rest on a yes to this very call.
_BY_A_PERSON = ("answered yes", "reviewed")

#: Arguments that name a host by themselves; in others, addresses do.
_HOST_NAMES = frozenset({"host", "hosts", "hostname", "server", "address"})

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Asker(NamedTuple):
    """Who asked for a task. Of what is not known, every rule that names it holds."""

    person: str = ""
    role: str = ""


class Ruled(NamedTuple):
    """A call that rules are asked about."""

    tool: Tool
    args: Mapping[str, Json]
    risk: Risk
    context: str
    asker: Asker = Asker()
    data: str = ""  #: class of what is worked on in its context
    with_secrets: bool = False  #: whether its arguments hold a secret
    at: datetime | None = None  #: when; now without it


class Decider:
    """Decides about the calls of a process: by thresholds and a yes first, then by rules."""

    def __init__(
        self, settings: Settings, asker: Callable[[str], Asker] = lambda _: Asker(), *, at: datetime | None = None
    ) -> None:
        """`asker` tells who asked for a task, where a rule names people or roles. `at`: the time, instead of now."""
        self._at = at
        self._settings = settings
        self._rules = settings.policy.rules
        self._asker = asker
        self._by_asker = any(rule.people or rule.roles for rule in self._rules)

    def decide(
        self,
        task_id: str,
        tool: Tool,
        args: Mapping[str, Json],
        subtask: PlannedSubtask,
        *,
        answered: bool = False,
        reviewed: Reviewed = NOT_REVIEWED,
        unseen: bool = False,
        with_secrets: bool = False,
    ) -> Decision:
        """Whether a subtask may call a tool with these arguments; see `policy.decide`."""
        more = {"answered": answered, "unseen": unseen}
        decision = decide(tool, args, subtask, self._settings, reviewed=reviewed, **more)
        if not self._rules or isinstance(decision, Denied):
            return decision
        asker = self._asker(task_id) if self._by_asker else Asker()
        context = self._settings.contexts.get(subtask.context)
        data = context.data if context else ""
        call = Ruled(tool, args, decision.risk, subtask.context, asker, data, with_secrets, self._at)
        return ruled(decision, call, self._rules)


def ruled(decision: Decision, call: Ruled, rules: Sequence[PolicyRule]) -> Decision:
    """A decision, as rules tighten it. What a rule in shadow would have done stands in the rule of what is allowed."""
    if isinstance(decision, Denied) or not rules:
        return decision
    hits = [rule for rule in rules if concerns(rule, call)]
    real = [rule for rule in hits if not rule.shadow]
    if (denies := next((rule for rule in real if rule.then == "deny"), None)) is not None:
        return Denied(f"`{call.tool.ref}` is not called here: {_said(denies)}", named(denies))
    asks = next((rule for rule in real if rule.then == "ask"), None)
    if asks is not None and isinstance(decision, Allowed) and decision.rule not in _BY_A_PERSON:
        return NeedsApproval(decision.risk, f"`{call.tool.ref}` needs a yes: {_said(asks)}", named(asks))
    shadows = [rule for rule in hits if rule.shadow]
    if shadows and isinstance(decision, Allowed):
        would = ", ".join(f"{rule.then} by {named(rule)}" for rule in shadows)
        return decision._replace(rule=f"{decision.rule}; in shadow: {would}")
    return decision


def named(rule: PolicyRule) -> str:
    """A rule, as errors and the record name it."""
    return f"policy.rules {rule.name}"


def concerns(rule: PolicyRule, call: Ruled) -> bool:
    """Whether a rule is about a call: whether all that it names holds."""
    tool = call.tool
    return (
        (_fits(tool.ref, rule.tools) or _fits(plain(tool.ref), rule.tools))
        and covers(call.risk, rule.risk_from)
        and (not rule.specialists or _fits(tool.specialist, rule.specialists))
        and (not rule.contexts or _fits(call.context, rule.contexts))
        and (not rule.data or _fits(call.data, rule.data))
        and (not rule.people or not call.asker.person or _fits(call.asker.person, rule.people))
        and (not rule.roles or not call.asker.role or call.asker.role in rule.roles)
        and (call.with_secrets or not rule.with_secrets)
        and _is_time(rule, call.at or datetime.now(UTC))
        and _is_about_places(rule, call)
        and _is_about_hosts(rule, call.args)
        and (not rule.args or not check(dict(call.args), rule.args).errors)
    )


def known_ahead(rules: Iterable[PolicyRule], call: Ruled) -> Iterator[PolicyRule]:
    """The rules that will be about a call whenever it is made, by whomever it is asked for, as far as that is known.

    Its arguments may still be references, the time is not known, and who asks is judged when it is called.
    """
    for rule in rules:
        later = rule.shadow or rule.between or rule.days or rule.people or rule.roles or rule.data or rule.with_secrets
        by_value = rule.args or rule.outside or rule.inside or rule.hosts or rule.hosts_but
        if not later and not (by_value and find(dict(call.args))) and concerns(rule, call):
            yield rule


def _said(rule: PolicyRule) -> str:
    return f"{rule.why} ({named(rule)})" if rule.why else f"`{named(rule)}` says so"


def _fits(text: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)


def _is_time(rule: PolicyRule, at: datetime) -> bool:
    here = at.astimezone(ZoneInfo(rule.timezone))
    days = [_DAYS[here.weekday()]]
    if not rule.between:
        return not rule.days or days[0] in rule.days
    begin, end, clock = rule.between[:5], rule.between[6:], f"{here:%H:%M}"
    if begin < end:
        return begin <= clock < end and (not rule.days or days[0] in rule.days)
    if clock >= begin:
        return not rule.days or days[0] in rule.days
    return clock < end and (not rule.days or _DAYS[here.weekday() - 1] in rule.days)  # of the evening before


def _is_about_places(rule: PolicyRule, call: Ruled) -> bool:
    if not (rule.outside or rule.inside):
        return True
    paths = [_real(text) for text in _paths(call.tool, call.args)]
    inside = bool(rule.inside) and any(_within(path, rule.inside) for path in paths)
    outside = bool(rule.outside) and any(not _within(path, rule.outside) for path in paths)
    return inside or outside


def _paths(tool: Tool, args: Mapping[str, Json]) -> Iterator[str]:
    """The paths among arguments; where nobody has said which these are, all that look like one."""
    named_ones = tool.row.path_args
    for name, value in args.items():
        if name in named_ones or not named_ones:
            yield from (text for text in texts(value) if name in named_ones or text.startswith(("/", "~", "./", "../")))


def _real(text: str) -> Path | None:
    """Where a path leads, links followed; None of one that nobody can follow, which lies in no folder."""
    try:
        return Path(text).expanduser().resolve()
    except (OSError, ValueError, RuntimeError):
        return None


def _within(path: Path | None, folders: Iterable[str]) -> bool:
    return path is not None and any(path.is_relative_to(Path(one).expanduser().resolve()) for one in folders)


def _is_about_hosts(rule: PolicyRule, args: Mapping[str, Json]) -> bool:
    if not (rule.hosts or rule.hosts_but):
        return True
    found = set(_hosts(args))
    known = bool(rule.hosts) and any(_fits(host, rule.hosts) for host in found)
    strange = bool(rule.hosts_but) and any(not _fits(host, rule.hosts_but) for host in found)
    return known or strange


def _hosts(args: Mapping[str, Json]) -> Iterator[str]:
    """The hosts that arguments name: in addresses, and by themselves where the argument is called so."""
    for name, value in args.items():
        for text in texts(value):
            _, *addresses = text.split("://")
            for one in addresses:
                yield _host_in(f"//{one.split(maxsplit=1)[0] if one.split() else ''}")
            if not addresses and name.lower() in _HOST_NAMES:
                yield _host_in(f"//{text}")


def _host_in(address: str) -> str:
    """The host of an address; of one that is malformed, nothing that a pattern would fit."""
    try:
        return (urlsplit(address.strip().rstrip(".,;)>\"'")).hostname or "?").rstrip(".").lower()
    except ValueError:
        return "?"
