"""A word of the server that nobody has heard of yet: a refusal, where the client keeps the server's word (redis 8)."""

from redis.exceptions import ResponseError

from aether_agents.store.client.refusals import refusal


def test_it_is_a_refusal_that_leads_to_the_servers_log() -> None:
    assert "its log" in str(refusal(ResponseError("NOTHOURS the shop is closed")))
