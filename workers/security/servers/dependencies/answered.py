"""pip-audit with the answers of the advisory service given to it: started in the sandbox, where there is no network.

`python -I answered.py ANSWERS -- ARGUMENTS`: ANSWERS is a file of JSON, `[[name, version, answer], …]`. Every request
is answered from there, whatever it is addressed to, and what is not in there is refused.
"""

import io
import json
import runpy
import sys
from pathlib import Path
from typing import Any

import requests
import requests.adapters

_OK = 200


def main(file: str) -> None:
    """Run pip-audit with what follows on the command line."""
    with Path(file).open(encoding="utf-8") as answers:
        known = {(name, version): answer for name, version, answer in json.load(answers)}

    def send(_: object, request: requests.PreparedRequest, *__: Any, **___: Any) -> requests.Response:
        asked = json.loads(request.body if isinstance(request.body, str | bytes) else "{}")
        answer = known.get((asked.get("package", {}).get("name"), asked.get("version")))
        if answer is None:
            raise requests.ConnectionError("there is no network here")
        response = requests.Response()
        response.status_code, response.request, response.url = _OK, request, request.url or ""
        response.raw = io.BytesIO(answer.encode())
        return response

    requests.adapters.HTTPAdapter.send = send  # type: ignore[assignment]
    runpy.run_module("pip_audit", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    answered = sys.argv[1]
    sys.argv[1:] = sys.argv[sys.argv.index("--") + 1 :]
    main(answered)
