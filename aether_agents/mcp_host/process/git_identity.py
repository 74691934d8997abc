"""Git identity: as whom the person whose process this is commits, by his own configuration. Two names, and no more."""

import subprocess
from collections.abc import Mapping

#: A server of ours that commits says so in its `env`; it is then given the three below.
WANTED = "AETHER_GIT_IDENTITY"
NAME, EMAIL, SIGNS = "AETHER_GIT_NAME", "AETHER_GIT_EMAIL", "AETHER_GIT_SIGNS"
_ASKED = {"user.name": NAME, "user.email": EMAIL, "commit.gpgsign": SIGNS}
_TIMEOUT = 5.0


def git_identity(environ: Mapping[str, str]) -> dict[str, str]:
    """Name, address, and whether he signs commits; what he has not said is left out.

    Only his own and the system's configuration are asked, never that of a repository.
    """
    command = ["git", "config", "--includes", "--null", "--get-regexp", r"^(user\.(name|email)|commit\.gpgsign)$"]
    found: dict[str, str] = {}
    for scope in ("--system", "--global"):
        try:
            done = subprocess.run(
                [*command[:2], scope, *command[2:]],
                cwd="/",
                env={name: environ[name] for name in ("HOME", "PATH", "XDG_CONFIG_HOME") if name in environ},
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=_TIMEOUT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return {}
        for entry in done.stdout.decode("utf-8", "replace").split("\0"):
            key, _, value = entry.partition("\n")
            if (asked := _ASKED.get(key.lower())) and value.strip():
                found[asked] = value.strip()
    return found
