"""The body of a request: a JSON object, bounded in size, depth and time."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from aether_agents.agentserver.web.request_deadline import BODY_SECONDS
from aether_agents.errors import InvalidTask

#: Largest body of a request, in bytes.
BODY_MAX = 1_000_000


async def body_of(request: Request) -> Mapping[str, Any]:
    """The JSON object of a request; none at all is an empty one."""
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
