"""Messages out of chunks: any cutting gives the same messages."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.mcp_host.transport.test_framing import fed


@given(st.lists(st.binary(max_size=50).map(lambda b: b.replace(b"\n", b" "))), st.lists(st.integers(0, 40)))
def test_any_cutting_gives_the_same_messages(lines: list[bytes], sizes: list[int]) -> None:
    assert fed(b"".join(line + b"\n" for line in lines), sizes) == lines
