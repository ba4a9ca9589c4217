"""Most messages are rendered by a fast path: its result equals that of the full renderer."""

from hypothesis import example, given
from hypothesis import strategies as st

from sandbox import prose
from sandbox.cast import PEOPLE

NORA, TOM = PEOPLE[:2]
MEMBERS = {NORA.id: NORA, TOM.email: TOM}

SIMPLE = ("**Harbour 5**", "**b**", "T-7 · Ж ", "a", "1", ".", ") ", ": ", "\n\n", "<@all>")
MENTIONS = (
    f'<@personId:{NORA.id}|Nora & "Co" O\'x>',
    f"<@personEmail:{TOM.email}>",
    "<@personId:nobody|y*z*>",
)
SPECIAL = ("\n", "- ", "* ", "**", "*", "_a_", "#", "+", "\\", "`", "&amp;", "https://a.b/c", "<b>")
BREAKS = ("<@personId:nobody|y\n z>", "<@personId:nobody|y\n\nz>", "\n    ", " \n")

simple, special = st.sampled_from(SIMPLE + MENTIONS), st.sampled_from(SPECIAL + BREAKS)


@given(st.lists(simple | simple | simple | special, max_size=8).map("".join))
@example("**a****b**")
@example("1) a\n\n**b** c")
def test_the_fast_renderer_agrees_with_the_full_one(markdown: str) -> None:
    assert prose.render(markdown, MEMBERS.get) == prose.render_any(markdown, MEMBERS.get)
