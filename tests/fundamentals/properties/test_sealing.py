"""Sealing: any document opens in its place as what it was."""

from hypothesis import given
from hypothesis import strategies as st

from aether_agents.store import Keyring, Sealer

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@given(JSON)
def test_what_is_sealed_opens_in_its_place(value: object) -> None:
    box = Sealer(Keyring({"k1": b"n" * 32}))
    assert box.open("task/a", box.seal("task/a", value)) == value  # type: ignore[arg-type]
