"""JSON columns return what was stored."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

from store.database.json_text import json_text

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
    max_leaves=8,
)


@given(values)
@example({"half": "\ud83d", "Ж": 2**70})
def test_stored_json_is_read_back_unchanged(value: object) -> None:
    assert json.loads(json_text(value)) == value
