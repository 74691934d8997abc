"""A reviewed value as lines: nothing in it hides, and no line pretends to be two."""

import pytest

from aether_agents.execution.calls.shown_value import render


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("+key = 'a\u202e b'", "+key = 'a\\u202e b'"),  # turns what follows it around
        ("+allow = ad\u200bmin", "+allow = ad\\u200bmin"),  # another name that looks the same
        ("+\x1b[2K-nothing", "+\\x1b[2K-nothing"),  # clears the line of a terminal
        ("+rm -rf ~\r-rm -rf ~", "+rm -rf ~\\r-rm -rf ~"),  # writes over what stood there
        ("+rm -rf ~\x0c-rm -rf ~", "+rm -rf ~\\x0c-rm -rf ~"),  # would be a line of its own, that is taken away
        ("+rm -rf ~\u2028-rm -rf ~", "+rm -rf ~\\u2028-rm -rf ~"),
        ("+\tindented", "+\tindented"),
        ("+ä 検索 😀", "+ä 検索 😀"),
    ],
)
def test_a_line_of_a_diff_shows_what_it_hides(line: str, seen: str) -> None:
    assert render({"diff": f"--- a\n{line}\n"}, "diff").lines == ("--- a", seen)
    assert render({"rows": [{"line": line}]}, "table").rows == ((seen,),)
