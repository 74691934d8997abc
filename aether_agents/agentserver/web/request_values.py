"""What a request of the JSON API says: the task it is about, numbers in its address, and its body. All bounded."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from aether_agents.agentserver.web.request_deadline import BODY_SECONDS
from aether_agents.errors import InvalidTask

#: Largest body of a request, in bytes.
BODY_MAX = 1_000_000

#: Digits of a number in an address: as many as a sequence number can have.
LONGEST_NUMBER = 15


def task_id_of(request: Request) -> str:
    """The id in its address."""
    return str(request.path_params["task_id"])


def number_in(said: str | None, name: str, default: int) -> int:
    """A whole number from 0 of an address or a header; the default where there is none.

    Raises:
        InvalidTask: it is something else.
    """
    if said is None or said == "":
        return default
    if not said.isascii() or not said.isdigit() or len(said) > LONGEST_NUMBER:
        raise InvalidTask(f"`{name}`: a whole number from 0 is wanted")
    return int(said)


async def body_of(request: Request) -> Mapping[str, Any]:
    """The JSON object of a request; none at all is an empty one.

    Raises:
        InvalidTask: it is too large, too slow, or no JSON object.
    """
    content = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                content += chunk
                if len(content) > BODY_MAX:
                    raise InvalidTask(f"the body may have {BODY_MAX} bytes")
        said = json.loads(bytes(content) or b"{}")
    except TimeoutError:
        raise InvalidTask(f"the body did not arrive within {BODY_SECONDS:g} s") from None
    except RecursionError:
        raise InvalidTask("the body is nested too deeply") from None
    except ValueError:
        raise InvalidTask("the body is not JSON") from None
    if not isinstance(said, dict):
        raise InvalidTask("the body must be a JSON object")
    return said
