"""Shortening: a text cut to what a person reads of it, and a number with the name of what it counts."""

#: Characters of a text that an error quotes.
QUOTED = 60


def shorten(text: str, most: int = QUOTED) -> str:
    """The start of a text, `most` characters in all; the last one shows that something is left out.

    Secrets are redacted before: half of one is not recognised any more.
    """
    return text if len(text) <= most else text[: most - 1] + "…"


def counted(count: int, name: str) -> str:
    """A number and what it counts: the name is a plural, as `files` and `repositories`, and of one it is said so."""
    if count != 1 or " " in name:
        return f"{count} {name}"
    for ending, one in (("ies", "y"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("ss", "ss"), ("s", "")):
        if name.endswith(ending):
            return f"1 {name.removesuffix(ending)}{one}"
    return f"1 {name}"
