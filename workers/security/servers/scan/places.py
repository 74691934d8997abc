"""What a path tells about the lines in a file."""

import re
from functools import lru_cache
from pathlib import PurePosixPath
from typing import NamedTuple

from detect_secrets.filters.heuristic import is_lock_file

from workers.inspection.findings import Severity

_TRIAL_PLACES = {"test", "tests", "testing", "fixtures", "testdata", "examples", "example", "docs", "samples"}
_SETTINGS_ENDINGS = {
    *(".yaml", ".yml", ".ini", ".cfg", ".conf", ".env", ".properties", ".toml", ".tfvars", ".cnf", ".config"),
    *(".netrc", ".npmrc", ".pypirc", ".yarnrc", ".s3cfg", ".boto", ".dockercfg", ".pgpass", ".credentials"),
    *(".creds", ".cred", ".secret", ".secrets", ".repo", ".service", ".msmtprc", ".fetchmailrc", ".muttrc"),
}
_SETTINGS_NAMES = {
    *("dockerfile", "containerfile", "credentials", "config", ".netrc", "_netrc", ".npmrc", ".pypirc", ".yarnrc"),
    *(".s3cfg", ".boto", ".dockercfg", ".pgpass", ".my.cnf", ".mylogin.cnf", ".git-credentials", ".curlrc", ".wgetrc"),
    *(".htpasswd", "env", "makefile", "procfile", "jenkinsfile", "vagrantfile"),
}
#: Settings, and programs whose values stand there without quotes as well.
_SHELL = {".sh", ".bash", ".zsh", ".fish", ".ksh", ".bat", ".cmd", ".ps1", ".envrc"}
#: Codes of languages: `de.json` has texts of a user interface, `ci.yml` and `db.yml` settings.
_LANGUAGES = (
    "a[abefkmnrsvyz]|b[aeghimnors]|c[aehorsuvy]|d[aevz]|e[elnostu]|f[afijory]|g[adlnuv]|h[aehiortuyz]|i[adegikostu]"
    "|j[av]|k[agijklmnorsuvwy]|l[abginotuv]|m[ghiklnrsty]|n[abdeglnorvy]|o[cjmrs]|p[alst]|qu|r[mnouw]"
    "|s[acdegiklmnoqrstuvw]|t[aeghiklnorstwy]|u[gkrz]|v[eio]|w[ao]|xh|y[io]|z[ahu]"
)
#: Texts of a user interface, in some language.
_LABELS = re.compile(
    r"(?:^|/)(?:i18n|l10n|nls|locales?|lang|langs|languages?|translations?|messages)(?:/|[._-]|$)"
    rf"|(?:^|/)(?:{_LANGUAGES})(?:[-_][a-z]{{2,4}})?\.(?:json|ya?ml|po|properties|ts|js|xliff?|strings|"
    r"arb)$|\.(?:po|pot|xliff?|arb|strings)$"
)
_GENERATED = (
    *(".min.js", ".min.css", ".bundle.js", "-lock.yaml", "-lock.json", ".lock.txt", ".lock", ".map", ".sum", ".svg"),
    *(".css", ".ipynb_checkpoints", ".lock.json", ".pyc"),
)


class Place(NamedTuple):
    """What kind of place a file is."""

    trial: bool  #: whether it is a test or an example: what is there by name only is made up
    settings: bool  #: whether values stand there without quotes
    labels: bool  #: whether texts for people stand there
    generated: bool  #: whether what looks random there is of a program's making

    @classmethod
    @lru_cache(maxsize=4_096)
    def of(cls, path: str) -> "Place":
        """The place of a path."""
        lowered = path.lower()
        pure = PurePosixPath(lowered.rpartition("!")[2])
        name = pure.name
        settings = (
            pure.suffix in _SETTINGS_ENDINGS | _SHELL
            or name in _SETTINGS_NAMES
            or name.startswith((".env", "dockerfile."))
        )
        generated = name.endswith(_GENERATED) or bool(is_lock_file(PurePosixPath(path).name)) or "swagger-ui" in name
        return cls(bool(_TRIAL_PLACES & set(pure.parts)), settings, bool(_LABELS.search(lowered)), generated)

    @property
    def severity(self) -> Severity:
        """The severity of a guess there."""
        return "low" if self.trial else "medium"
