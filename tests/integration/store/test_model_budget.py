"""The budget of a day for language models: reserved at once by all, given back, and gone after two days."""

from concurrent.futures import ThreadPoolExecutor

from aether_agents.store import Store


def test_what_is_reserved_counts_until_it_is_settled(store: Store) -> None:
    first = store.model_budget.reserve(600, 0.5, most_tokens=1_000, most_money=0)
    assert (first.granted, first.tokens, first.money) == (True, 600, 0.5)
    assert not store.model_budget.reserve(600, 0, most_tokens=1_000, most_money=0).granted
    store.model_budget.settle(first.day, -500, -0.4)
    again = store.model_budget.reserve(600, 0, most_tokens=1_000, most_money=0)
    assert (again.granted, again.tokens, again.money) == (True, 700, 0.1)


def test_money_is_a_budget_of_its_own(store: Store) -> None:
    assert store.model_budget.reserve(1, 0.7, most_tokens=0, most_money=1).granted
    refused = store.model_budget.reserve(1, 0.4, most_tokens=0, most_money=1)
    assert (refused.granted, refused.money) == (False, 0.7)


def test_many_planners_at_once_do_not_reserve_more_than_there_is(store: Store) -> None:
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(store.model_budget.reserve, 100, 0, most_tokens=1_000, most_money=0) for _ in range(40)]
    assert sum(one.result().granted for one in asked) == 10


def test_a_day_is_not_kept_for_ever(store: Store) -> None:
    day = store.model_budget.reserve(1, 0, most_tokens=0, most_money=0).day
    assert 0 < store.connection.command("PTTL", store.keys.models(day)) <= 2 * 86_400_000
