"""Names that promise a secret: words of passwords and keys, wherever they stand in a name."""

import re

#: Names that promise a secret, and names that do so only for a value that looks random.
PROMISING = (
    r"(?:api|auth|service|account|storage|db|database|priv|private|client|secret|access|encryption|signing|master"
    r"|consumer|app|license|shared|session|cookie|hmac|jwt)[-_. ]?key|pass(?:word|wd|phrase|wort)?|pwd|secret"
    r"|contrase[nñ]a|mot_?de_?passe|(?-i:PASS|Pwd)|_authToken|(?<![a-z])pw|(?:bind|user|root|db|admin)pw|\bpsk"
)
HINTING = r"token|credential|cred|auth|bearer|webhook|apikey"
NAME = rf"(?:(?P<promising>{PROMISING})|(?:{HINTING}))(?P<rest>[\w.-]{{0,40}})"

#: Words of which a line with such a name has one, in small letters, and the names themselves.
WORDS = (
    "key",
    "pass",
    "pwd",
    "psk",
    "secret",
    "contrase",
    "passe",
    "token",
    "cred",
    "auth",
    "bearer",
    "webhook",
    "pw",
)
NAMED = re.compile(rf"{PROMISING}|{HINTING}", re.IGNORECASE)
