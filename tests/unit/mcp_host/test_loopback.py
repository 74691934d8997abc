"""Where a browser ends after a login: any page may lead one there."""

import asyncio

import pytest

from aether_agents.errors import LoginFailed
from aether_agents.mcp_host.authorization.loopback import loopback


async def asked(address: str, target: str) -> bytes:
    host = address.removeprefix("http://").partition("/")[0]
    reader, writer = await asyncio.open_connection(*host.split(":"))
    writer.write(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    said = await reader.read()
    writer.close()
    return said


def test_what_answers_no_question_of_ours_ends_no_login() -> None:
    async def login() -> None:
        async with loopback() as place:
            place.expect("https://login.example/authorize?state=ours&client_id=a")
            for query in ("error=access_denied", "code=theirs&state=other", "error=x&state="):
                assert b"Go back to the terminal" in await asked(place.address, f"/callback?{query}")
            assert b"The login is done" in await asked(place.address, "/callback?code=good&state=ours")
            assert (await place.answer()).code == "good"

    asyncio.run(login())


def test_a_no_of_the_authorisation_server_is_told() -> None:
    async def login() -> None:
        async with loopback() as place:
            place.expect("https://login.example/authorize?state=ours")
            await asked(place.address, "/callback?error=access_denied&state=ours")
            with pytest.raises(LoginFailed, match="access_denied"):
                await place.answer()

    asyncio.run(login())
