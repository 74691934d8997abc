"""Which rules of different scanners speak of the same thing."""

import re

#: Class of rules, by what their names look like. What matches none is a class of its own.
_CLASSES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "secret",
        re.compile(
            r"B10[567]|S10[567]|CKV_SECRET_\d+|secret-keyword|token|private-key|json-web-token"
            r"|.*-(token|access-key|api-key|credentials)|(hex|base64)-high-entropy-string"
        ),
    ),
    ("workflow-injection", re.compile(r"CKV_GHA_2|template-injection")),
    ("workflow-permissions", re.compile(r"CKV2_GHA_1|excessive-permissions")),
    ("workflow-unsecure-commands", re.compile(r"CKV_GHA_1|insecure-commands")),
)
#: Ruff's S rules are bandit's B rules under another letter.
_BANDIT = re.compile(r"[SB](\d{3})")


def rule_class(rule: str) -> str:
    """What a rule is about, the same for the same thing seen by two scanners."""
    for name, pattern in _CLASSES:
        if pattern.fullmatch(rule):
            return name
    match = _BANDIT.fullmatch(rule)
    return f"bandit-{match[1]}" if match else rule
