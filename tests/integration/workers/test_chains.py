"""Certificates between an endpoint's own and the root: both servers that look at them say the same."""

from pathlib import Path

import pytest

from tests.integration.workers.answering import Authority, saying, web
from tests.integration.workers.conftest import Talk

EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
DOWN = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
WELL = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("begins", "ends", "status", "rule", "worst"),
    [
        (-90, -1, "fail", "expired", "critical"),
        (-90, 5, "fail", "expires-soon", "medium"),
        (3, 90, "fail", "not-yet-valid", "high"),
        (-90, 90, "pass", None, None),
    ],
)
def test_both_say_the_same_of_an_intermediate(
    endpoints: Talk, tls: Talk, tmp_path: Path, begins: int, ends: int, status: str, rule: str | None, worst: str | None
) -> None:
    authority = Authority(tmp_path)
    between = authority.below(begins=begins, ends=ends)
    with web(between.issue("127.0.0.1", ends=60)) as port:
        address = f"https://127.0.0.1:{port}/well"
        watched = endpoints.call("check", endpoints=[address], authorities=str(authority.file))
        checked = tls.call("check", endpoints=[address], authorities=[str(authority.file)])
    assert (watched["status"], watched["worst"]) == (checked["status"], checked["worst"]) == (status, worst)
    assert [item["rule"] for item in watched["findings"]] == ([rule] if rule else [])
    assert [item["rule"] for item in checked["findings"]] == ([f"certificate-{rule}"] if rule else [])


def test_both_say_the_same_of_an_authority_that_has_expired(endpoints: Talk, tls: Talk, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    between = authority.below(ends=-1)
    leaf = between.issue("127.0.0.1", ends=60)
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(authority.file.read_bytes() + between.sent)
    leaf.write_bytes(leaf.read_bytes().removesuffix(between.sent))  # it sends its own certificate alone
    with web(leaf) as port:
        address = f"https://127.0.0.1:{port}/well"
        watched = endpoints.call("check", endpoints=[address], authorities=str(trusted))
        checked = tls.call("check", endpoints=[address], authorities=[str(trusted)])
    assert (watched["status"], checked["status"]) == ("fail", "fail")
    assert [item["rule"] for item in (*watched["findings"], *checked["findings"])] == ["untrusted", "untrusted"]


@pytest.mark.parametrize(
    ("answers", "result", "status"),
    [
        ((EARLY, DOWN), "fail", 503),
        ((b"HTTP/1.1 102 Processing\r\n\r\n", EARLY, DOWN), "fail", 503),
        ((EARLY, EARLY, WELL), "pass", 200),
        ((EARLY,), "fail", None),
        ((EARLY * 40, WELL), "fail", None),
    ],
    ids=["103 then 503", "102, 103, 503", "103, 103, 200", "103 and nothing", "103 for ever"],
)
def test_an_interim_answer_is_no_answer(
    endpoints: Talk, answers: tuple[bytes, ...], result: str, status: int | None
) -> None:
    with saying(*answers) as port:
        seen = endpoints.call("check", endpoints=[f"http://127.0.0.1:{port}/"], seconds=5)
    assert (seen["status"], seen["answers"][0]["status"]) == (result, status)
