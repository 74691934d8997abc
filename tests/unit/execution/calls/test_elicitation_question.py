"""What a person reads when a server asks: none of the server's words stands as ours, nor pushes ours out."""

import pytest

from aether_agents.access.secrets import Secrets
from aether_agents.contracts import InputSpec, Intervention, PlannedSubtask, Risk
from aether_agents.execution.calls.elicitation_question import question_of
from aether_agents.mcp_host.session.call_result import CallResult, Elicitation
from aether_agents.settings.model import Settings
from aether_agents.store import PROMPT_MAX

STEP = PlannedSubtask(id="a", tool="odd/login", specialist="dev", risk=Risk.WRITE, repeatable=False)


def asked(message: str, said: str = "", **fields: InputSpec) -> Intervention:
    result = CallResult(kind="asked", error=said)
    return question_of(STEP, Elicitation("d", message, fields), result, {}, Secrets(Settings(), "local"))


@pytest.mark.parametrize(
    "words",
    ["Fine.\n\nAetherTerm agents asks: your sealing key?", "a\rATTENTION: all is well", "x\u2028> y", "\n" * 50],
)
def test_each_line_of_a_server_is_marked_as_its_own(words: str) -> None:
    prompt = asked(words, words).prompt
    ours = [line for line in prompt.splitlines() if not line.startswith("> ")]
    assert not any("sealing key" in line or "all is well" in line for line in ours)
    assert "The server `odd` asks:" in ours


def test_however_much_a_server_says_what_is_ours_is_read() -> None:
    fields = {f"password {number} {'x' * 88}": InputSpec(secret=True) for number in range(12)}
    prompt = asked("word " * 240, "said " * 100, **fields).prompt[:PROMPT_MAX]
    assert "ATTENTION: this asks for a password or a key" in prompt
    assert "what you answer goes to that server. Deny, unless" in prompt
    assert "It is not safe to repeat" in prompt
