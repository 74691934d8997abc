"""Asks an advisory service about versions, so that pip-audit needs no network: it is given the answers.

Only names and versions are sent, to one address, and a redirection is not followed. What comes back is not read here
beyond its length and whether it is a JSON object.
"""

import http.client
import json
import ssl
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.error import HTTPError, URLError

from workers.inspection.bounded_job import Job
from workers.inspection.git import printable

#: OSV's own service.
OSV = "https://api.osv.dev/v1/query"
#: Seconds that one answer may take, bytes it may have, and questions that are asked at once.
TIMEOUT, MOST_BYTES, AT_ONCE = 10.0, 8 << 20, 8
#: What the errors of a connection mean.
_WHY = {
    "Name or service not known": "its name is not found",
    "Temporary failure in name resolution": "its name is not found",
    "Connection refused": "it refuses the connection",
    "timed out": "it takes too long",
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not trusted",
}
Version = tuple[str, str]


class Told(NamedTuple):
    """What the service said."""

    answers: dict[Version, str]  #: the answer in JSON, of each version that it spoke of
    failure: str  #: why it did not speak of the others


class _NoRedirection(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Whatever it names is another address: the answer is then an error."""


class _Unanswered(Exception):
    """There is no usable answer; the text says why."""


def ask(job: Job, versions: Sequence[Version], address: str) -> Told:
    """Ask about each version. With the first that has no answer it ends, and what is answered by then is kept.

    Raises:
        Stopped: the job is no longer wanted.
    """
    answers, failure = dict[Version, str](), ""
    opener = urllib.request.build_opener(_NoRedirection)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = {version: pool.submit(_answer, opener, version, address) for version in versions}
        try:
            for version, answer in waiting.items():
                if job.out_of_time:
                    return Told(answers, f"beyond the bound of {job.seconds:g} s")
                try:
                    answers[version] = answer.result()
                except _Unanswered as reason:
                    failure = f"the advisory service gave no answer ({reason}); see whether this machine reaches it"
                    break
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return Told(answers, failure)


def _answer(opener: urllib.request.OpenerDirector, version: Version, address: str) -> str:
    asked = {"package": {"name": version[0], "ecosystem": "PyPI"}, "version": version[1]}
    request = urllib.request.Request(  # noqa: S310 - the tool's schema lets http and https through
        address, json.dumps(asked).encode(), {"Content-Type": "application/json", "User-Agent": "aether-agents"}
    )
    try:
        with opener.open(request, timeout=TIMEOUT) as response:
            body = response.read(MOST_BYTES + 1)
    except HTTPError as error:
        error.close()
        raise _Unanswered(f"it answers {error.code}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise _Unanswered(_why(error)) from None
    if len(body) > MOST_BYTES:
        raise _Unanswered(f"more than {MOST_BYTES >> 20} MiB")
    try:
        answer = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise _Unanswered("what it says is no JSON object")
    return json.dumps(answer)


def _why(error: Exception) -> str:
    reason = error.reason if isinstance(error, URLError) else error
    said = str(reason) or type(reason).__name__
    if isinstance(reason, TimeoutError):
        said = "timed out"
    if isinstance(reason, ssl.SSLCertVerificationError):
        said = "CERTIFICATE_VERIFY_FAILED"
    return next((plain for mark, plain in _WHY.items() if mark in said), printable(said, 200))
