"""What pydantic says about data that people wrote, in words of that data: lists and mappings, not types of Python."""

from pydantic_core import ErrorDetails


def in_plain_words(error: ErrorDetails) -> str:
    """The message of one fault."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in ("tuple_type", "set_type", "frozen_set_type"):
        return "Input should be a valid list"
    if kind in ("model_type", "model_attributes_type", "dataclass_type"):
        return "Input should be a valid dictionary"
    if kind == "too_short":
        return f"List should have at least {_entries(context['min_length'])}, not {context['actual_length']}"
    if kind == "too_long":
        return f"List should have at most {_entries(context['max_length'])}, not {context['actual_length']}"
    if kind in ("value_error", "assertion_error"):
        return error["msg"].partition(", ")[2] or error["msg"]
    return error["msg"]


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def with_its_value(error: ErrorDetails) -> str:
    """The message of one fault and, where it is short, the value that has it; never an address, with its password."""
    hidden = isinstance(error["input"], dict | list) or error["loc"][-1:] == ("url",)
    shown = "" if hidden else f" (it is {error['input']!r})"
    return in_plain_words(error) + shown
