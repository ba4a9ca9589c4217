"""A page of our own: one column, no scripts, nothing from elsewhere, light or dark."""

from cards.kit.html import Html, document, tag
from cards.kit.words import Words, plain

FORM_FIELD = "form"
"""The hidden field that shows that a form is ours."""

_STYLE = """
:root{color-scheme:light dark;--text:#1f2328;--back:#fff;--line:#c9d1d9;--main:#0b5fb0;
--note:#eef5fc}
@media (prefers-color-scheme:dark){
:root{--text:#e6edf3;--back:#16191d;--line:#4b535c;--main:#1f6feb;--note:#1d2a38}}
*{box-sizing:border-box}
body{margin:0;padding:24px 16px;background:var(--back);color:var(--text);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
main{max-width:36rem;margin:0 auto;overflow-wrap:anywhere}
h1{font-size:1.4rem;line-height:1.3}
th{text-align:left;vertical-align:top;padding:.15rem 1rem .15rem 0}
td{vertical-align:top;padding:.15rem 0}
.small{font-size:.9rem}
.notice{padding:.75rem 1rem;background:var(--note);border:1px solid var(--line);border-radius:.5rem}
input[type=checkbox]{width:1.25rem;height:1.25rem;margin:0 .5rem 0 0;vertical-align:middle}
button{font:inherit;min-height:2.75rem;padding:.5rem 1.5rem;margin:0 .75rem .75rem 0;
border-radius:1.5rem;border:2px solid var(--main);cursor:pointer}
button.main{background:var(--main);color:#fff}
button.other{background:transparent;color:inherit}
a{color:inherit}
:focus-visible{outline:3px solid var(--main);outline-offset:2px}
"""


def web_page(title: str, inside: Html, words: Words, nonce: str) -> Html:
    """A whole page; `nonce` allows its style sheet."""
    style = tag("style", Html(_STYLE), nonce=nonce)
    body = tag("body", tag("main", tag("h1", title), inside))
    return document(plain(title), body, language=words.language, style=style)
