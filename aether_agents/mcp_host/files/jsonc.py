"""JSON with comments, as VS Code writes it: `//`, `/* */`, a comma after the last value."""

import re

_TEXT = r'"(?:[^"\\\n]|\\.)*"'
_COMMENT = re.compile(rf"{_TEXT}|//[^\n]*|/\*.*?\*/", re.DOTALL)
_LAST_COMMA = re.compile(rf"{_TEXT}|,(?=\s*[\]}}])")


def without_comments(text: str) -> str:
    """The same as plain JSON: every value stays on its line, so that faults still name the right one."""
    for pattern in (_COMMENT, _LAST_COMMA):
        text = pattern.sub(_blank, text)
    return text.removeprefix("\ufeff")


def _blank(found: re.Match[str]) -> str:
    part = found[0]
    return part if part.startswith('"') else re.sub(r"[^\n]", " ", part)
