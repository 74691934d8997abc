"""Shortening: a text cut to what a person reads of it."""

#: Characters of a text that an error quotes.
QUOTED = 60


def shorten(text: str, most: int = QUOTED) -> str:
    """The start of a text, `most` characters in all; the last one shows that something is left out.

    Secrets are redacted before: half of one is not recognised any more.
    """
    return text if len(text) <= most else text[: most - 1] + "…"
