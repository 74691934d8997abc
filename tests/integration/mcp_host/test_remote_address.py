"""How a remote server is reached."""

import pytest

from aether_agents.mcp_host.authorization.addresses import proxy_for, shown


@pytest.mark.parametrize(
    ("url", "environ", "proxy"),
    [
        ("https://mcp.example.org/x", {"HTTPS_PROXY": "http://proxy:3128"}, "http://proxy:3128"),
        ("http://mcp.example.org/x", {"HTTPS_PROXY": "http://proxy:3128"}, None),
        ("https://mcp.example.org/x", {"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "example.org"}, None),
        ("http://127.0.0.1:8000/mcp", {"HTTP_PROXY": "http://proxy:3128"}, None),
        ("http://localhost:8000/mcp", {"HTTP_PROXY": "http://proxy:3128"}, None),
    ],
)
def test_the_proxy_of_the_environment_is_used_but_not_for_loopback(
    monkeypatch: pytest.MonkeyPatch, url: str, environ: dict[str, str], proxy: str | None
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    assert proxy_for(url) == proxy


def test_an_address_is_shown_without_what_may_be_secret() -> None:
    assert shown("https://user:word@h.example:8443/mcp?key=secret#f") == "https://h.example:8443/mcp"
