"""Signs and colours: one place for how every status looks, in unicode and in ASCII."""

from collections.abc import Mapping
from dataclasses import dataclass

# AetherTerm's own status colours, so that a terminal tab and its panel agree.
GOOD = "#4caf50"
WARN = "#ff9800"
BAD = "#f44336"
INFO = "#2196f3"
QUIET = "bright_black"

#: Style of a task or subtask status, or of a verdict of `doctor`.
STYLES: Mapping[str, str] = {
    "pending": QUIET,
    "planning": INFO,
    "ready": QUIET,
    "running": INFO,
    "retrying": WARN,
    "waiting_user_input": f"bold {WARN}",
    "paused": WARN,
    "completed": GOOD,
    "failed": BAD,
    "skipped": QUIET,
    "cancelled": WARN,
    "ok": GOOD,
    "warn": WARN,
    "fail": BAD,
}

#: Style of a risk, from looking to what cannot be put back.
RISK_STYLES: Mapping[str, str] = {"read": GOOD, "write": INFO, "costly": WARN, "destructive": BAD}

#: What people read for a status; the others are words already.
WORDS: Mapping[str, str] = {"waiting_user_input": "waits for you"}


@dataclass(frozen=True)
class Glyphs:
    """The signs of one character set."""

    status: Mapping[str, str]
    spinner: str
    branch: str
    last: str
    tee: str
    pipe: str
    full: str
    empty: str
    dot: str
    times: str
    more: str
    arrow: str

    def bar(self, fraction: float, width: int) -> tuple[str, str]:
        """The full and the empty part of a bar of `width` cells."""
        cells = max(0, min(width, round(fraction * width)))
        return self.full * cells, self.empty * (width - cells)


UNICODE = Glyphs(
    status={
        "pending": "○",
        "planning": "●",
        "ready": "○",
        "running": "●",
        "retrying": "↻",
        "waiting_user_input": "?",
        "paused": "⏸",
        "completed": "✓",
        "failed": "✗",
        "skipped": "–",
        "cancelled": "⊘",
        "ok": "✓",
        "warn": "!",
        "fail": "✗",
    },
    spinner="⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏",
    branch="├─ ",
    last="╰─ ",
    tee="┬─ ",
    pipe="│  ",
    full="━",
    empty="╌",
    dot="·",
    times="×",
    more="…",
    arrow="→",
)

ASCII = Glyphs(
    status={
        "pending": ".",
        "planning": "*",
        "ready": ".",
        "running": "*",
        "retrying": "~",
        "waiting_user_input": "?",
        "paused": "=",
        "completed": "+",
        "failed": "x",
        "skipped": "-",
        "cancelled": "/",
        "ok": "+",
        "warn": "!",
        "fail": "x",
    },
    spinner="|/-\\",
    branch="|- ",
    last="`- ",
    tee="+- ",
    pipe="|  ",
    full="#",
    empty="-",
    dot="-",
    times="x",
    more="...",
    arrow="->",
)


def glyphs_for(encoding: str | None) -> Glyphs:
    """Unicode where the stream's encoding can write it, ASCII elsewhere."""
    signs = "".join(UNICODE.status.values()) + UNICODE.spinner + UNICODE.branch + UNICODE.full + UNICODE.more
    try:
        signs.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return UNICODE


def word(status: str) -> str:
    """The status as people read it."""
    return WORDS.get(status, status)
