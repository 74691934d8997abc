"""Which addresses are asked, which are refused, and how little of them is shown."""

import pytest

from workers.infra.servers.endpoints.address import Address, Refused, read_address, shown_raw
from workers.infra.servers.endpoints.connecting import is_metadata
from workers.infra.servers.endpoints.proxies import proxy_for
from workers.infra.servers.endpoints.racing import Unreachable
from workers.inspection.chain import covers


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://Shop.example/a?b=c", Address("https", "shop.example", 443, "/a?b=c")),
        ("http://[::1]:8080", Address("http", "::1", 8080, "/")),
        ("db.example:5432", Address("tcp", "db.example", 5432)),
        ("[::1]:22", Address("tcp", "::1", 22)),
        ("tls://mail.example:993", Address("tls", "mail.example", 993)),
        ("https://straße.test/", Address("https", "xn--strae-oqa.test", 443, "/")),
        ("https://βόλος.test", Address("https", "xn--nxasmm1c.test", 443, "/")),
        ("https://☕.example/", Address("https", "xn--53h.example", 443, "/")),
        ("https://faß.de。", Address("https", "xn--fa-hia.de.", 443, "/")),
        ("http://my_service:8080/", Address("http", "my_service", 8080, "/")),
        ("http://[0:0:0:0:0:0:0:1]/", Address("http", "::1", 80, "/")),
        ("https://例え.example/ä b".replace(" ", ""), Address("https", "xn--r8jz45g.example", 443, "/%C3%A4b")),
    ],
)
def test_addresses(text: str, address: Address) -> None:
    assert read_address(text) == address


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("file:///etc/passwd", "names no host|`file` is not asked"),
        ("gopher://host:70/x", "`gopher` is not asked"),
        ("https://me:word@host/", "credentials"),
        ("https://me@host/", "credentials"),
        ("host", "no address"),
        ("tcp://host", "names no port"),
        ("host:99999", "no address"),
        ("http://host/a\r\nX-Evil: 1", "one line"),
        ("https://" + "a" * 3_000, "2000 characters"),
        ("http://a..b/", "no name"),
        ("", "no address"),
    ],
)
def test_what_is_refused_says_why_and_holds_no_credentials(text: str, why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        read_address(text)
    assert "word" not in str(refused.value)


def test_neither_credentials_nor_queries_are_shown() -> None:
    assert shown_raw("https://me:word@host/a?token=abc") == "https://…@host/a"
    assert read_address("https://host/a?token=abc").shown == "https://host/a?…"


def test_a_redirect_stays_in_the_web() -> None:
    first = read_address("https://host/a/b")
    assert first.redirected("../c") == Address("https", "host", 443, "/c")
    assert first.redirected("//other/x") == Address("https", "other", 443, "/x")
    assert first.redirected(" /c d#part\r\n") == Address("https", "host", 443, "/c%20d")
    assert first.redirected("\\c\\d?e=\\f").target == "/c/d?e=%5Cf"
    assert first.redirected("https:/other/x") == Address("https", "other", 443, "/x")
    assert first.redirected("/caf\xc3\xa9") == Address("https", "host", 443, "/caf%C3%A9")
    assert first.redirected("http://straße.test/") == Address("http", "xn--strae-oqa.test", 80, "/")
    for location in ("file:///etc/passwd", "tcp://host:22", "https://u:p@host/"):
        with pytest.raises(Refused):
            first.redirected(location)


@pytest.mark.parametrize(
    "ip",
    [
        *("169.254.169.254", "169.254.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1"),
        *("fe80::1%eth0", "fd00:ec2::254", "100.100.100.200"),
    ],
)
def test_metadata_services_in_all_their_clothes(ip: str) -> None:
    assert is_metadata(ip)


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "8.8.8.8", "2001:db8::1"])
def test_this_network_and_the_world_may_be_asked(ip: str) -> None:
    assert not is_metadata(ip)


@pytest.mark.parametrize(
    ("names", "host", "covered"),
    [
        (["shop.example"], "SHOP.example.", True),
        (["*.example"], "shop.example", True),
        (["*.example"], "a.shop.example", False),
        (["*.example"], "example", False),
        (["127.0.0.1"], "127.0.0.1", True),
        (["*.0.0.1"], "127.0.0.1", False),
        ([], "shop.example", False),
    ],
)
def test_whom_a_certificate_is_for(names: list[str], host: str, covered: bool) -> None:
    assert covers(names, host) is covered


PROXIES = {"HTTPS_PROXY": "http://me:pass%20word@proxy.test:3128", "http_proxy": "plain.test:8080"}


@pytest.mark.parametrize(
    ("address", "without", "place"),
    [
        ("https://shop.test", "", "proxy.test:3128"),
        ("http://shop.test", "", "plain.test:8080"),
        ("https://shop.test", "other.test, .shop.test", ""),
        ("https://a.shop.test", "shop.test", ""),
        ("https://myshop.test", "shop.test", "proxy.test:3128"),
        ("https://shop.test:8443", "shop.test:443", "proxy.test:3128"),
        ("https://shop.test", "shop.test:443", ""),
        ("https://10.1.2.3", "10.0.0.0/8", ""),
        ("https://[2001:db8::1]", "2001:db8::/32", ""),
        ("https://shop.test", "*", ""),
        ("https://localhost", "", ""),
        ("http://127.0.0.1:1", "", ""),
        ("tcp://shop.test:25", "", ""),
    ],
)
def test_which_proxy_the_environment_names(address: str, without: str, place: str) -> None:
    found = proxy_for(read_address(address), {**PROXIES, "NO_PROXY": without})
    assert (found.place.authority if found else "") == place


def test_a_proxy_is_told_who_asks_and_nobody_else() -> None:
    found = proxy_for(read_address("https://shop.test"), PROXIES)
    assert found is not None
    assert found.headers == {"Proxy-Authorization": "Basic bWU6cGFzcyB3b3Jk"}
    with pytest.raises(Unreachable, match="give http://host:port") as raised:
        proxy_for(read_address("https://shop.test"), {"https_proxy": "socks5://u:secret@proxy.test"})
    assert "secret" not in str(raised.value)
