"""Addresses of broker and store: passwords that nobody encoded are said so, and no part of one is shown."""

import re
from pathlib import Path

import pytest

from aether_agents.errors import InvalidSettings
from aether_agents.process.broker_address import checked
from aether_agents.settings.loader import load_settings

WRONG = (
    "redis://pw:p@S3cretW0rd#x%rd/1@127.0.0.1:1/0",
    "redis://:S3cretW0rd/tail@127.0.0.1:1/0",
    "redis://u:[S3cretW0rd@127.0.0.1/0",
    "redis://:S3cretW0rd?x@127.0.0.1/0",
    "redis://user/S3cretW0rd@127.0.0.1/0",
    "rediss://u:S3cret W0rd@h",
    "redis://u:S3cretW0rd%zz@h",
    "redis://:S3cretW0rd/1",
    "unix://u:S3cret@W0rd@/tmp/x.sock",
)
RIGHT = (
    "redis://localhost:6379/0",
    "redis://u:p%40%2F@h:1/0",
    "redis://user:pa:ss@h",
    "redis://[::1]:6379/1",
    "redis://h:1/0?client_name=a@b",
    "unix:///tmp/a@b.sock?db=1",
    "unix://u:p@/tmp/x.sock",
    "redis://:p@h?x=y",
)


@pytest.mark.parametrize("address", WRONG)
def test_a_password_that_is_not_encoded_is_never_shown(address: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings) as caught:
        load_settings(tmp_path, environ={"AETHER_REDIS_URL": address, "HOME": str(tmp_path)})
    assert "percent-encoded: write `" in str(caught.value)
    assert "S3cret" not in str(caught.value)
    assert "W0rd" not in str(caught.value)


@pytest.mark.parametrize("address", RIGHT)
def test_what_is_right_stays_as_it_is(address: str) -> None:
    assert checked(address) == address


def test_celerys_spelling_of_tls_options_is_read() -> None:
    assert checked("rediss://h/0?ssl_cert_reqs=CERT_REQUIRED&x=1") == "rediss://h/0?ssl_cert_reqs=required&x=1"


def test_another_scheme_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match="an address begins with `redis://`, `rediss://`, `unix://`"):
        load_settings(tmp_path, environ={"AETHER_REDIS_URL": "amqp://u:S3cret@h", "HOME": str(tmp_path)})


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("127.0.0.1:99999/0", "its port is a number from 1 to 65535"),
        ("127.0.0.1:0/0", "its port is a number from 1 to 65535"),
        ("h:abc/0", "a port as a number"),
        ("[::1/0", "an IPv6 address in brackets"),
        ("::1/0", "an IPv6 address in brackets"),
        ("h /0", "it names a host"),
        ("h/abc", "the number of a database"),
        ("h/-1", "the number of a database"),
        ("h/0?ssl_cert_reqs=CERT_BOGUS", "`ssl_cert_reqs` is `required`, `optional` or `none`"),
    ],
)
def test_a_place_that_is_none_is_named_without_it(place: str, says: str) -> None:
    for scheme in ("redis", "rediss", "sentinel"):
        with pytest.raises(ValueError, match=re.escape(says)) as caught:
            checked(f"{scheme}://u:S3cretW0rd@{place}")
        assert "S3cret" not in str(caught.value)
    assert checked("sentinel://u:p@a:1,[fe80::1]:2/0?master_name=x").startswith("sentinel://")
