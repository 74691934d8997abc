"""The server `tls`, against TLS servers of the test's own: each bad in one way, and one that is good."""

import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from tests.integration.workers.conftest import Talk
from tests.integration.workers.fakes import certificate, endpoint


def rules(result: dict[str, Any]) -> set[str]:
    return {finding["rule"] for finding in result["findings"]}


@pytest.mark.parametrize(
    ("made", "rule"),
    [
        ({"begins": -90, "ends": -3}, "certificate-expired"),
        ({"begins": 3}, "certificate-not-yet-valid"),
        ({"ends": 5}, "certificate-expires-soon"),
        ({"name": "shop.example"}, "wrong-name"),
        ({"bits": 1024}, "weak-key"),
    ],
)
def test_a_bad_certificate_is_found(tls: Talk, tmp_path: Path, made: dict[str, Any], rule: str) -> None:
    pem = certificate(tmp_path, **made)
    with endpoint(pem) as where:
        result = tls.call("check", endpoints=[where], authorities=[str(pem)])
    assert rules(result) >= {rule}
    assert (result["status"], result["findings"][0]["file"]) == ("fail", where)


def test_a_certificate_nobody_vouches_for_is_found_and_a_named_authority_takes_it_back(
    tls: Talk, tmp_path: Path
) -> None:
    pem = certificate(tmp_path)
    with endpoint(pem) as where:
        assert rules(tls.call("check", endpoints=[where])) == {"self-signed"}
        trusted = tls.call("check", endpoints=[f"https://{where}/x"], authorities=[str(pem)])
    assert (trusted["status"], trusted["findings"], trusted["coverage"]["endpoints"]) == ("pass", [], 1)


def test_an_old_protocol_is_found(tls: Talk, tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    with endpoint(pem, oldest=ssl.TLSVersion.TLSv1, newest=ssl.TLSVersion.TLSv1_2) as where:
        result = tls.call("check", endpoints=[where], authorities=[str(pem)])
    titles = {finding["title"] for finding in result["findings"]}
    assert titles == {"It still speaks TLS 1.0", "It still speaks TLS 1.1", "No TLS 1.3"}


def test_an_endpoint_that_does_not_answer_is_inconclusive(tls: Talk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        where = f"127.0.0.1:{closed.getsockname()[1]}"
    result = tls.call("check", endpoints=[where])
    assert (result["status"], result["coverage"]["endpoints"]) == ("inconclusive", 0)
    assert where in result["coverage"]["gaps"][0]


@pytest.mark.parametrize("text", ["ftp://x", "a b:1", "host:99999", "user@host:443", "-x:443"])
def test_what_is_no_endpoint_is_refused(tls: Talk, text: str) -> None:
    assert "write `host:port`" in tls.refusal("check", endpoints=[text])
