"""Where packages come from: pip's own settings, told to uv, which does not read them.

Whoever works behind a company's index has told pip about it, in its environment or in `pip.conf`.
What is said to uv itself (`UV_…`) is left as it is.
"""

import configparser
import os
from collections.abc import Mapping
from pathlib import Path

#: pip's setting → uv's variable.
TOLD = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
}
#: What uv is told in any case; both names of the certificates' switch, because it was renamed.
ALWAYS = {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1", "UV_NO_PROGRESS": "1"}
_OLDER = {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}


def uv_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment to run uv in."""
    env = {**ALWAYS, **environ}
    configured = _pip_settings(environ)
    for setting, variable in TOLD.items():
        value = environ.get(f"PIP_{setting.upper().replace('-', '_')}") or configured.get(setting)
        if value and variable not in env and _OLDER.get(variable) not in env:
            separator = "," if variable == "UV_FIND_LINKS" else " "
            env[variable] = separator.join(value.split())
            if variable == "UV_INDEX":
                # pip looks for a version in every index, uv only in the first that has the package at all.
                env.setdefault("UV_INDEX_STRATEGY", "unsafe-first-match")
    env.pop("VIRTUAL_ENV", None)  # ours; every command names the environment it means
    return env


def _pip_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """What `pip.conf` says, the later file over the earlier, as pip reads them."""
    home = Path(environ.get("HOME", "~")).expanduser()
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    files = [Path("/etc/pip.conf"), home / ".pip" / "pip.conf", config / "pip" / "pip.conf"]
    if named := environ.get("PIP_CONFIG_FILE"):
        files = [] if named == os.devnull else [*files, Path(named)]
    reader = configparser.RawConfigParser()
    for file in files:
        try:
            reader.read(file, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue  # pip itself will complain of it; uv can do without
    return {
        setting: reader.get(section, setting)
        for section in ("global", "install")
        if reader.has_section(section)
        for setting in TOLD
        if reader.has_option(section, setting)
    }
