"""Which endpoints are shaken hands with: a name or an address, with a port; and what is refused."""

import pytest
from mcp.server.mcpserver.exceptions import ToolError

from workers.security.servers.tls.endpoint import Endpoint

LABEL = "a" * 63


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("shop.example", Endpoint("shop.example", 443)),
        ("https://shop.example/a?b=c", Endpoint("shop.example", 443)),
        ("_ldap.corp_1.example.:636", Endpoint("_ldap.corp_1.example.", 636)),
        ("[::1]:8443", Endpoint("::1", 8443)),
        ("192.0.2.7:443", Endpoint("192.0.2.7", 443)),
        (f"{LABEL}.{LABEL}.{LABEL}.{'a' * 61}", Endpoint(f"{LABEL}.{LABEL}.{LABEL}.{'a' * 61}", 443)),
    ],
)
def test_endpoints(text: str, endpoint: Endpoint) -> None:
    assert Endpoint.read(text) == endpoint


@pytest.mark.parametrize(
    "text",
    [
        *("", "-a.example", "a..example", "a b", "user@host", "host:0", "host:65536", "host:x", f"{LABEL}a.example"),
        f"{LABEL}.{LABEL}.{LABEL}.{'a' * 62}",
        "a" * 200 + "!",  # of 2 ** 200 ways to cut it into labels none fits
        "a." * 100 + "!",
    ],
)
def test_what_is_no_endpoint(text: str) -> None:
    with pytest.raises(ToolError, match="is no endpoint"):
        Endpoint.read(text)
