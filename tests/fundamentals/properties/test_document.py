"""Files we write: read back as they were, by us and by any reader of YAML."""

import yaml
from hypothesis import given
from hypothesis import strategies as st

from aether_agents.documents.document import parse_document
from aether_agents.documents.yaml_writer import write_document

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=9) | st.from_regex(
    r"[-+.0-9_eE]{1,7}|on|No|~|22:30|2024-01-02|true|0x1F|=|<<", fullmatch=True
)
DATA = st.recursive(
    SCALARS | TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
)


@given(st.dictionaries(TEXTS, DATA, min_size=1, max_size=3))
def test_what_is_written_reads_back_here_and_elsewhere(data: dict[str, object]) -> None:
    text = write_document(data)
    assert parse_document(text, "a.yaml").data == data
    assert yaml.safe_load(text) == data
