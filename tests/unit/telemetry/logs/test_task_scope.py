"""Scope: the ids follow threads' and asyncio's contexts, and end where they should."""

import asyncio
import threading

from aether_agents.telemetry.logs import about, scope, unattended


def test_ids_add_up_and_end() -> None:
    with about(task_id="t"):
        with about(subtask_id="s", trace_id=""):
            assert scope() == {"task_id": "t", "subtask_id": "s"}
        assert scope() == {"task_id": "t"}
    assert scope() == {}


def test_a_thread_of_its_own_says_nothing_about_others() -> None:
    seen = []
    with about(task_id="t"):
        thread = threading.Thread(target=lambda: seen.append(dict(scope())))
        thread.start()
        thread.join()
    assert seen == [{}]


def test_work_on_an_event_loop_is_on_behalf_of_who_asked_for_it() -> None:
    """As the MCP host runs calls: from many threads on one loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    both, waiting = asyncio.Event(), threading.Semaphore(0)
    try:

        async def whose() -> str:
            waiting.release()
            await both.wait()
            return scope().get("task_id", "")

        jobs = []
        for name in ("a", "b", "c"):
            with about(task_id=name):
                jobs.append(asyncio.run_coroutine_threadsafe(whose(), loop))
        for _ in jobs:
            assert waiting.acquire(timeout=5)  # all of them are under way at once
        loop.call_soon_threadsafe(both.set)
        assert [job.result(5) for job in jobs] == ["a", "b", "c"]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_what_outlives_its_starter_is_about_nobody() -> None:
    async def main() -> tuple[dict[str, str], dict[str, str]]:
        async def whose() -> dict[str, str]:
            return dict(scope())

        with about(task_id="t"):
            return await asyncio.create_task(whose()), await asyncio.create_task(whose(), context=unattended())

    assert asyncio.run(main()) == ({"task_id": "t"}, {})
