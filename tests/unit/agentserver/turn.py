"""One turn of the event loop, in which whoever is ready goes on. Nothing is waited for."""

import asyncio


async def turn() -> None:
    """Back when all that were ready have had their turn."""
    await asyncio.sleep(0)
