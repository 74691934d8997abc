"""Settings that mean nothing without others: what is missing beside them."""

from aether_agents.settings.model import Settings


def missing(settings: Settings) -> list[str]:
    """What is missing beside a setting: where a proxy says who asks, and where a model may cost only so much."""
    place, wrong = settings.agentserver, []
    if place.proxies and not settings.roots:
        wrong.append(
            "`agentserver.proxies` lets people in whom a proxy names, and `roots` is empty: name the folders that "
            "their tasks may touch (`roots: [/srv/projects]`)"
        )
    if not place.proxy_secret and any(one != "unix" for one in place.proxies):
        wrong.append(
            "`agentserver.proxies` names addresses, which anybody on that host has: set `agentserver.proxy_secret` "
            "(`env:NAME` or `file:PATH`) and have the proxy send it, or let it come over a unix socket (`unix`)"
        )
    model = settings.llm
    if (model.money_per_task or model.money_per_day) and not (model.input_price or model.output_price):
        wrong.append(
            "`llm.money_per_task` and `llm.money_per_day` need `llm.input_price` and `llm.output_price`: what a "
            "million tokens cost"
        )
    return wrong
