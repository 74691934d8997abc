"""Settings of the language model that a planner may ask. Without a model's name, none is asked."""

from typing import Literal

from pydantic import Field

from aether_agents.contracts import Contract
from aether_agents.settings.upkeep import PLACE


class PlannerModelSettings(Contract):
    """A model behind an OpenAI-compatible or an Anthropic address, what it may cost, and how long it may take."""

    provider: Literal["openai", "anthropic"] = Field(
        default="openai", description="Protocol: `openai` for all that speaks it, so Ollama, vLLM, llama.cpp too."
    )
    model: str = Field(default="", max_length=200, description="Name of the model at its provider; empty asks none.")
    url: str = Field(
        default="", pattern=r"^(https?://\S+)?$", description="Its address; empty is the provider's own public one."
    )
    api_key: str = Field(
        default="",
        pattern=PLACE,
        description="Place of its key, `env:NAME` or the like, read by the planner's worker alone; empty sends none.",
    )
    output: Literal["tool", "schema", "json"] = Field(
        default="tool",
        description="How the plan's form is asked for: as a tool's arguments, by the server's JSON schema mode (which "
        "servers with a grammar hold it to), or in words.",
    )
    timeout: float = Field(default=90, gt=0, le=600, description="Seconds for one plan, all requests together.")
    tools: int = Field(default=30, ge=1, le=100, description="Live tools, the nearest to the request, that are shown.")
    tokens_per_task: int = Field(default=60_000, ge=1_000, description="Tokens that one plan may take, both ways.")
    tokens_per_day: int = Field(default=0, ge=0, description="Tokens of a UTC day, of all planners; 0: any.")
    input_price: float = Field(default=0, ge=0, description="Money for a million tokens that are sent.")
    output_price: float = Field(default=0, ge=0, description="Money for a million tokens that are answered.")
    money_per_task: float = Field(default=0, ge=0, description="Money that one plan may take; 0: any.")
    money_per_day: float = Field(default=0, ge=0, description="Money of a UTC day, of all planners; 0: any.")

    def cost(self, sent: int, answered: int) -> float:
        """The money for so many tokens."""
        return (sent * self.input_price + answered * self.output_price) / 1_000_000

    @property
    def most_money(self) -> float:
        """What one plan may cost at most: its own budget, and what all its tokens would cost."""
        tokens = self.tokens_per_task * max(self.input_price, self.output_price) / 1_000_000
        return min(tokens, self.money_per_task) if self.money_per_task else tokens
