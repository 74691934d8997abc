"""Many threads, one session: every answer finds its caller, and one server serves them all."""

import threading
from concurrent.futures import ThreadPoolExecutor

from tests.integration.mcp_host.conftest import OpenHost
from tests.servers import spec


def test_many_threads_never_get_each_others_answers(open_host: OpenHost) -> None:
    host = open_host(spec("echo"))
    together = threading.Barrier(16)

    def calls(thread: int) -> list[tuple[str, object, object]]:
        together.wait()
        got = []
        for number in range(25):
            message = f"{thread}:{number}"
            result = host.call("echo", "echo", {"message": message, "ms": (thread * number) % 7}, timeout=30)
            assert isinstance(result.output, dict), result
            got.append((message, result.output["message"], result.output["pid"]))
        return got

    with ThreadPoolExecutor(16) as pool:
        answers = [answer for part in pool.map(calls, range(16)) for answer in part]

    assert len(answers) == 400
    assert [sent for sent, received, _ in answers if sent != received] == []
    assert len({pid for _, _, pid in answers}) == 1, "one start, however many waited for it"


def test_threads_with_different_servers_do_not_wait_for_each_other(open_host: OpenHost) -> None:
    host = open_host(spec("raw", "silent", name="silent", timeout=5), spec("echo"))
    host.call("echo", "echo", timeout=10)

    with ThreadPoolExecutor(2) as pool:
        silent = pool.submit(host.call, "silent", "call", timeout=5)
        for number in range(10):
            assert host.call("echo", "echo", {"message": str(number)}, timeout=2).ok
        assert not silent.done()
        assert silent.result(10).kind == "transport"
