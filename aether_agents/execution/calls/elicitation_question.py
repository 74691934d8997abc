"""Asking: a question that a server put during a call, as a person is asked it.

The rules of what is asked, and of what is answered without asking, are in `mcp_host.session.elicitation`.
"""

import json
from collections.abc import Mapping

from aether_agents.access.secrets import Secrets
from aether_agents.contracts import Intervention, Json, Outcome, PlannedSubtask
from aether_agents.contracts.shortening import shorten
from aether_agents.mcp_host.session.call_result import CallResult, Elicitation
from aether_agents.store import APPROVE, DENY, FAIL, RETRY, SKIP

#: Characters of the arguments, and of what the server said when it was not told, that the question shows.
_SHOWN = 250


def question_of(
    subtask: PlannedSubtask, asked: Elicitation, result: CallResult, args: Mapping[str, Json], secrets: Secrets
) -> Intervention:
    """The question, with what the call was given and what the server said when nobody was there to answer."""
    said = secrets.redact_text(result.error or "")
    shown = shorten(json.dumps(secrets.redact(dict(args)), ensure_ascii=False), _SHOWN)
    secret = shorten(", ".join(name for name, spec in asked.fields.items() if spec.secret), _SHOWN)
    server = (subtask.tool or "").partition("/")[0]
    # What is ours to say comes first: however long a stranger's words are, they push none of it out of the question.
    lines = [
        f"{subtask.id} called {subtask.tool}. The call was ended, and is made again, from its beginning, with your "
        "answer." + ("" if subtask.repeatable else _ONCE),
        *([_WARNING.format(names=secret, server=server)] if secret else []),
        f"The server `{server}` asks:",
        *_quoted(asked.message),
        "When it was not told, it said:",
        *_quoted(shorten(said, _SHOWN)),
        f"It was called with: {shown}",
    ]
    return Intervention(
        id=subtask.id,
        kind="confirmation" if asked.confirms else "input",
        subtask_id=subtask.id,
        prompt="\n".join(lines),
        choices=(APPROVE, DENY) if asked.confirms else (DENY,),
        fields=asked.fields,
        elicitation=asked.digest,
    )


def _quoted(text: str) -> list[str]:
    """A server's words with a mark before each line: none of them can be taken for ours."""
    return [f"> {line}" for line in text.splitlines()]


#: What stands with a question for a password: the server's own words may say anything.
_WARNING = (
    "ATTENTION: this asks for a password or a key ({names}). The MCP server `{server}` asks, not AetherTerm agents; "
    "what you answer goes to that server. Deny, unless you expected it and trust it with that."
)


def may_have_run(subtask: PlannedSubtask, outcome: Outcome) -> Intervention:
    """What a person is asked when a server was lost during a call that is not safe to repeat."""
    return Intervention(
        id=subtask.id,
        kind="choice",
        subtask_id=subtask.id,
        prompt="Its server was lost while this ran, so it may have run, and running it twice is not safe. Retry, skip "
        f"or fail?\n{outcome.error}",
        choices=(RETRY, SKIP, FAIL),
    )


_ONCE = " It is not safe to repeat: deny if what the server said means that it did something already."
