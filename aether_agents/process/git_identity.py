"""Git identity: as whom the person whose process this is commits, and whose folders git reads for him.

Four keys of his own configuration, and no more: the system's and his are asked, never that of a repository.
"""

import subprocess
from collections.abc import Mapping
from typing import NamedTuple

#: A server of ours that looks at repositories says so in its `env`; it is then given the names below.
WANTED = "AETHER_GIT_IDENTITY"
NAME, EMAIL, SIGNS = "AETHER_GIT_NAME", "AETHER_GIT_EMAIL", "AETHER_GIT_SIGNS"
#: Folders of others that one person trusts: more are not taken along.
MAX_TRUSTED, MAX_LENGTH = 200, 4_096
_KEYS = r"^(user\.(name|email)|commit\.gpgsign)$"
_YES = ("", "true", "yes", "on", "1")
_TIMEOUT = 5.0


class Known(NamedTuple):
    """What a person's own configuration says; what he has not said is empty."""

    name: str = ""
    email: str = ""
    signs: bool = False  #: whether he has his commits signed
    trusts: tuple[str, ...] = ()  #: folders of others that git may read for him (`safe.directory`), `~` written out

    def environment(self) -> dict[str, str]:
        """Name, address, and whether he signs, as servers of ours are started with them."""
        said = {NAME: self.name, EMAIL: self.email, SIGNS: "true" if self.signs else ""}
        return {key: value for key, value in said.items() if value}


def git_identity(environ: Mapping[str, str]) -> Known:
    """What his configuration says; nothing where git is not there or does not answer."""
    name, email, signs = "", "", False
    for entry in _asked(environ, "--null", "--get-regexp", _KEYS).split("\0"):
        key, valued, value = entry.partition("\n")
        said = value.strip()[:MAX_LENGTH]
        match key.lower():
            case "user.name":
                name = said
            case "user.email":
                email = said
            case "commit.gpgsign":
                signs = not valued or said.lower() in _YES[1:]
    listed = _asked(environ, "--null", "--type=path", "--get-all", "safe.directory").split("\0")[:-1]
    since = len(listed) - 1 - listed[::-1].index("") if "" in listed else -1  # an empty one takes those before it back
    trusts = [one for one in listed[since + 1 :] if len(one) <= MAX_LENGTH]
    return Known(name, email, signs, tuple(dict.fromkeys(trusts))[:MAX_TRUSTED])


def _asked(environ: Mapping[str, str], *words: str) -> str:
    """What git's configuration says, outside of any repository: the system's first, then his."""
    kept = ("HOME", "PATH", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")
    try:
        done = subprocess.run(
            ["git", "config", "--includes", *words],
            cwd="/",
            env={name: environ[name] for name in kept if name in environ} | {"GIT_DIR": "/dev/null"},
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")
