"""The provider: one question to a language model, with the key that only the planner's worker reads.

The model library is imported when a model is asked, and not before: that costs seconds (measured: 4 to 7), which no
command line, no other worker and no plan without a model pays.
"""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aether_agents.errors import SecretMissing
from aether_agents.planning.model.prompt import Prompt
from aether_agents.planning.model.reply_check import Check, Replied, Usage
from aether_agents.process.redaction import hide
from aether_agents.process.regular_file import LARGEST_SECRET, read_text
from aether_agents.settings.planner_model import PlannerModelSettings


def ask(
    settings: PlannerModelSettings,
    prompt: Prompt,
    check: Check,
    environ: Mapping[str, str] = os.environ,
    model: Any = None,
) -> Replied:
    """Ask the model of the settings for a plan. Blocks for `settings.timeout` seconds at most; raises nothing.

    Args:
        settings: which model, and how much it may take.
        prompt: what is sent.
        check: finds the faults of a reply. All of them go back to the model at once, at most twice.
        environ: where the key is, if it is in the environment.
        model: a model of the library, asked instead of the one that the settings name (a test's own).
    """
    try:
        from aether_agents.planning.model import conversation  # noqa: PLC0415 - costs seconds, see above
    except ImportError as error:
        return Replied(
            None, f"the extra `llm` is not installed ({error.name}): pip install 'aether-agents[llm]'", Usage()
        )
    try:
        key = _key(settings.api_key, environ)
    except SecretMissing as error:
        return Replied(None, str(error), Usage())
    hide(key)
    return asyncio.run(conversation.hold(settings, prompt, check, key, model))


def _key(place: str, environ: Mapping[str, str]) -> str:
    kind, _, where = place.partition(":")
    if not place:
        return ""
    if kind == "env":
        if not environ.get(where):
            raise SecretMissing(
                f"`llm.api_key`: the planner's worker has no environment variable {where}; set it there"
            )
        return environ[where]
    try:
        return read_text(Path(where).expanduser(), LARGEST_SECRET).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SecretMissing(f"`llm.api_key`: the planner's worker cannot read {where}: {reason}") from None
