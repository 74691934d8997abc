"""The conversation with a model: its plan is given back with all faults, at most twice, within time and tokens.

Only this module knows the model library (pydantic-ai), and only `provider.ask` imports it.
"""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx2
from pydantic_ai import Agent, ModelRetry, NativeOutput, PromptedOutput, ToolOutput, UsageLimits
from pydantic_ai.exceptions import AgentRunError, ModelHTTPError, UnexpectedModelBehavior, UsageLimitExceeded
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.output import OutputSpec
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RunUsage

from aether_agents.contracts.shortening import shorten
from aether_agents.planning.model.prompt import Prompt, without_secrets
from aether_agents.planning.model.reply_check import Check, PlanReply, Replied, Usage
from aether_agents.settings.planner_model import PlannerModelSettings

#: How often a reply is given back with its faults.
REPAIRS = 2
#: Bytes of one answer that are read: a server that answers without end is cut.
LARGEST_ANSWER = 2_000_000
#: Characters of a provider's own words that are shown, and faults that are named.
_REASON, _FAULTS = 300, 20


async def hold(
    settings: PlannerModelSettings, prompt: Prompt, check: Check, key: str, model: Model | None = None
) -> Replied:
    """Ask, and give back what is wrong. Every failure is a reason; nothing is raised but a cancellation."""
    usage, faults = RunUsage(), list[str]()
    try:
        async with asyncio.timeout(settings.timeout), _client(settings) as client:
            agent = _agent(model or _model(settings, key, client), settings, prompt, check, faults)
            limits = UsageLimits(request_limit=1 + REPAIRS, total_tokens_limit=settings.tokens_per_task)
            answered = await agent.run(
                prompt.text, usage=usage, usage_limits=limits, model_settings=ModelSettings(temperature=0.0)
            )
            over = _over_money(settings, usage)
            return Replied(None if over else answered.output, over, _usage(usage))
    except TimeoutError:
        reason = f"it did not answer within {settings.timeout:g} s (`llm.timeout`)"
    except UsageLimitExceeded:
        reason = f"its plan took more than {settings.tokens_per_task} tokens (`llm.tokens_per_task`)"
    except UnexpectedModelBehavior as error:
        reason = _still_wrong(faults) if faults else f"its reply cannot be read: {_said(error)}"
    except ModelHTTPError as error:
        reason = f"it answered with status {error.status_code}: {_said(error)}"
    except (AgentRunError, httpx2.HTTPError, OSError) as error:
        reason = f"it cannot be asked: {_said(error)}"
    return Replied(None, reason, _usage(usage))


def _agent(
    model: Model, settings: PlannerModelSettings, prompt: Prompt, check: Check, faults: list[str]
) -> Agent[object, PlanReply]:
    agent = Agent(model, output_type=_output(settings), instructions=prompt.instructions, retries=REPAIRS)

    @agent.output_validator
    async def checked(reply: PlanReply) -> PlanReply:
        faults[:] = await asyncio.to_thread(check, reply)  # it looks at every template and tool: the loop goes on
        if faults:
            named = "\n".join(f"- {one}" for one in faults[:_FAULTS])
            raise ModelRetry(f"The plan cannot run. Correct all of this, and reply with the whole plan:\n{named}")
        return reply

    return agent


def _output(settings: PlannerModelSettings) -> OutputSpec[PlanReply]:
    if settings.output == "schema":
        return NativeOutput(PlanReply, name="plan", description="The plan.")
    if settings.output == "json":
        return PromptedOutput(PlanReply, name="plan", description="The plan.")
    return ToolOutput(PlanReply, name="plan", description="Hand in the plan.")


def _model(settings: PlannerModelSettings, key: str, client: httpx2.AsyncClient) -> Model:
    if settings.provider == "anthropic":
        return AnthropicModel(
            settings.model,
            provider=AnthropicProvider(api_key=key or "none", base_url=settings.url or None, http_client=client),
        )
    if settings.url:
        provider = OpenAICompatibleProvider("llm", base_url=settings.url, api_key=key or "none", http_client=client)
        return OpenAIChatModel(settings.model, provider=provider)
    return OpenAIChatModel(settings.model, provider=OpenAIProvider(api_key=key or "none", http_client=client))


def _client(settings: PlannerModelSettings) -> httpx2.AsyncClient:
    """Redirects are not followed: the key is for one address."""
    return httpx2.AsyncClient(
        transport=BoundedTransport(httpx2.AsyncHTTPTransport()), timeout=settings.timeout, follow_redirects=False
    )


class BoundedTransport(httpx2.AsyncBaseTransport):
    """A transport whose answers end after so many bytes, with an error."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, most: int = LARGEST_ANSWER) -> None:
        self._inner = inner
        self._most = most

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; its answer is counted as it is read."""
        response = await self._inner.handle_async_request(request)
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _BoundedStream(response.stream, self._most)
        return response

    async def aclose(self) -> None:
        """Close what it sends with."""
        await self._inner.aclose()


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, most: int) -> None:
        self._inner = inner
        self._left = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._inner:
            self._left -= len(part)
            if self._left < 0:
                raise httpx2.ReadError("the answer is larger than a plan can be")
            yield part

    async def aclose(self) -> None:
        await self._inner.aclose()


def _over_money(settings: PlannerModelSettings, usage: RunUsage) -> str:
    cost = Decimal(str(settings.cost(usage.input_tokens, usage.output_tokens)))
    if settings.money_per_task and cost > Decimal(str(settings.money_per_task)):
        return f"its plan cost {cost:.4f}, more than `llm.money_per_task` allows"
    return ""


def _still_wrong(faults: list[str]) -> str:
    return f"its plan was wrong {1 + REPAIRS} times; the last one: {shorten('; '.join(faults), _REASON)}"


def _said(error: Any) -> str:
    """A library's words, redacted and short: they may hold an address, and what was sent."""
    return shorten(" ".join(without_secrets(str(error)).split()), _REASON) or type(error).__name__


def _usage(usage: RunUsage) -> Usage:
    return Usage(usage.requests, usage.input_tokens, usage.output_tokens)
