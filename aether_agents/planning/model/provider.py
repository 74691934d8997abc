"""The provider: one question to a language model, with the key that only the planner's worker reads.

The model library is imported when a model is asked, and not before: that costs seconds (measured: 4 to 7), which no
command line, no other worker and no plan without a model pays.
"""

import asyncio
import os
from collections.abc import Mapping
from typing import Any

from aether_agents.errors import SecretMissing
from aether_agents.planning.model.prompt import Prompt
from aether_agents.planning.model.reply_check import Check, Replied, Usage
from aether_agents.process.installation import install_command
from aether_agents.process.redaction import hide
from aether_agents.settings.planner_model import PlannerModelSettings
from aether_agents.settings.secret_source import value_at

#: Who reads the key, as errors say it.
_WHOSE = "`llm.api_key`: the planner's worker"


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
        return Replied(None, f"the extra `llm` is not installed ({error.name}): {install_command('llm')}", Usage())
    try:
        key = value_at(settings.api_key, _WHOSE, environ).strip() if settings.api_key else ""
    except SecretMissing as error:
        return Replied(None, str(error), Usage())
    if settings.api_key and not key:
        return Replied(None, f"`llm.api_key`: nothing is at {settings.api_key}", Usage())
    hide(key)
    return asyncio.run(conversation.hold(settings, prompt, check, key, model))
