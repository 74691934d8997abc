"""The server `endpoints` against servers of the tests' own, with planted faults."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.integration.workers.answering import Authority, closed, silent, web
from tests.integration.workers.conftest import Talk


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that the checks are told to trust."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def plain() -> Iterator[str]:
    """A web server without TLS."""
    with web() as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def secured(authority: Authority) -> Iterator[dict[str, str]]:
    """Web servers over TLS by what is wrong with their certificates."""
    certificates: dict[str, Path] = {
        "fine": authority.issue("127.0.0.1", ends=60),
        "soon": authority.issue("127.0.0.1", ends=5),
        "expired": authority.issue("127.0.0.1", ends=-3),
        "other": authority.issue("shop.example", ends=60),
        "future": authority.issue("127.0.0.1", begins=2, ends=60),
    }
    with ExitStack() as stack:
        ports = {name: stack.enter_context(web(path)) for name, path in certificates.items()}
        yield {name: f"https://127.0.0.1:{port}/well" for name, port in ports.items()}


def rules(result: dict[str, Any]) -> list[str]:
    return [finding["rule"] for finding in result["findings"]]


def test_what_is_well_passes_with_its_time_and_its_certificate(
    endpoints: Talk, plain: str, secured: dict[str, str], authority: Authority
) -> None:
    address = plain.removeprefix("http://")
    result = endpoints.call(
        "check",
        endpoints=[f"{plain}/well", secured["fine"], address, f"{plain}/here"],
        authorities=str(authority.file),
    )
    assert (result["status"], result["findings"]) == ("pass", [])
    assert [answer["status"] for answer in result["answers"]] == [200, 200, None, 200]
    assert all(answer["ip"] == "127.0.0.1" and answer["ms"] >= 0 for answer in result["answers"])
    (certificate,) = result["certificates"]
    assert (certificate["days_left"], certificate["names"], certificate["problems"]) == (60, ["127.0.0.1"], [])
    assert certificate["issuer"] == "CN=Test Authority"
    assert result["coverage"]["checks"] == 4


@pytest.mark.parametrize(
    ("name", "found", "problem"),
    [
        ("expired", ["expired"], "it expired on"),
        ("soon", ["expires-soon"], "in 5 days"),
        ("other", ["wrong-name"], "it is for shop.example"),
        ("future", ["not-yet-valid"], "it begins to be valid on"),
    ],
)
def test_planted_certificates(
    endpoints: Talk, secured: dict[str, str], authority: Authority, name: str, found: list[str], problem: str
) -> None:
    result = endpoints.call("certificates", endpoints=[secured[name]], authorities=str(authority.file))
    assert (result["status"], rules(result)) == ("fail", found)
    (certificate,) = result["certificates"]
    assert [problem in text for text in certificate["problems"]] == [True]
    assert result["answers"][0]["result"] == "fail"


def test_every_fault_of_a_certificate_is_told_not_only_the_first(endpoints: Talk, secured: dict[str, str]) -> None:
    """Without the authority the expired certificate is also one that nobody trusts; it is read all the same."""
    address = secured["expired"].replace("127.0.0.1", "localhost").removeprefix("https://").removesuffix("/well")
    result = endpoints.call("certificates", endpoints=[address])
    assert rules(result) == ["expired", "untrusted", "wrong-name"]
    assert result["worst"] == "critical"
    assert result["certificates"][0]["days_left"] < 0


def test_planted_faults_of_the_web(endpoints: Talk, plain: str) -> None:
    result = endpoints.call(
        "check",
        endpoints=[
            f"{plain}/broken",
            {"address": f"{plain}/well", "text": "no such text"},
            {"address": f"{plain}/well", "text": "全て良し"},
            {"address": f"{plain}/well", "status": 204},
            {"address": f"{plain}/broken", "status": 500},
            f"tcp://127.0.0.1:{closed()}",
            "tcp://no-such-host.invalid:80",
        ],
    )
    assert result["status"] == "fail"
    assert [answer["result"] for answer in result["answers"]] == [
        "fail",
        "fail",
        "pass",
        "fail",
        "pass",
        "fail",
        "fail",
    ]
    assert sorted(rules(result)) == ["status", "status", "text", "unreachable", "unreachable"]
    notes = [answer["note"] for answer in result["answers"]]
    assert notes[0] == "It answers 500."
    assert notes[1] == "Its answer lacks `no such text`."
    assert "the connection was refused" in notes[5].lower()
    assert "does not resolve" in notes[6]


def test_redirects_stay_on_their_host_unless_asked(endpoints: Talk, plain: str) -> None:
    result = endpoints.call("check", endpoints=[f"{plain}/away", f"{plain}/round"])
    away, around = result["answers"]
    assert (away["result"], away["status"]) == ("pass", 302)
    assert away["note"] == "redirects to http://other.invalid/well, another host: not followed"
    assert "more than 5 times" in around["note"]
    followed = endpoints.call("check", endpoints=[f"{plain}/away"], across_hosts=True)
    assert "does not resolve" in followed["answers"][0]["note"]


def test_metadata_services_and_other_schemes_are_not_asked(endpoints: Talk, plain: str) -> None:
    asked = [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "http://0xA9FEA9FE/",
        "file:///etc/passwd",
        "https://me:planted-word@127.0.0.1/",
    ]
    result = endpoints.call("check", endpoints=asked)
    assert (result["status"], result["findings"]) == ("inconclusive", [])
    assert {answer["result"] for answer in result["answers"]} == {"inconclusive"}
    assert len(result["coverage"]["gaps"]) == len(asked)
    led = endpoints.call("check", endpoints=[f"{plain}/metadata"], across_hosts=True)
    assert "metadata services are not asked" in led["answers"][0]["note"]
    assert "planted-word" not in "".join(endpoints.heard)


def test_a_server_that_drips_or_says_nothing_is_left_in_time(endpoints: Talk, plain: str, authority: Authority) -> None:
    with silent() as port:
        addresses = [f"{plain}/drip", f"http://127.0.0.1:{port}/", f"tls://127.0.0.1:{port}"]
        result = endpoints.call("check", endpoints=addresses, seconds=0.5)
    assert [answer["note"] for answer in result["answers"]] == ["No answer in time."] * 3


def test_only_a_part_of_a_large_answer_is_read(endpoints: Talk, plain: str) -> None:
    result = endpoints.call("check", endpoints=[{"address": f"{plain}/big", "text": "not in it"}])
    assert result["status"] == "inconclusive"
    assert "only the first 1 MiB" in result["coverage"]["gaps"][0]


def test_nothing_asked_is_not_well(endpoints: Talk) -> None:
    result = endpoints.call("check", endpoints=[])
    assert (result["status"], result["coverage"]["gaps"]) == ("inconclusive", ["no endpoint was named"])


def test_tokens_of_redirects_and_bodies_never_leave(endpoints: Talk, plain: str) -> None:
    endpoints.call("check", endpoints=[f"{plain}/here?token=planted-query"])
    heard = "".join(endpoints.heard)
    assert "planted-token" not in heard
    assert "planted-query" not in heard
    assert "all is well" not in heard
