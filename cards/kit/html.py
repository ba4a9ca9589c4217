"""HTML for e-mails and our own pages: built from tags, so that no text becomes markup."""

from html import escape

from cards.kit.words import plain


class Html(str):
    """HTML built from our own tags and escaped texts: safe to send as it is."""

    __slots__ = ()


EMPTY = frozenset({"br", "input", "meta"})
"""Tags that hold nothing and aren't closed."""


def tag(name: str, /, *inside: str, **attributes: str | bool) -> Html:
    """Build a tag; texts are escaped, markdown becomes plain text.

    An attribute's trailing underscore is dropped, others become hyphens; True stands alone, False
    is left out.
    """
    given = "".join(_attribute(key, value) for key, value in attributes.items())
    start = f"<{name}{given}>"
    return Html(start if name in EMPTY else f"{start}{joined(*inside)}</{name}>")


def joined(*parts: str) -> Html:
    """Join texts and tags; empty ones are left out."""
    return Html("".join(part if isinstance(part, Html) else escape(plain(part)) for part in parts))


def _attribute(key: str, value: str | bool) -> str:
    name = key.removesuffix("_").replace("_", "-")
    if isinstance(value, bool):
        return f" {name}" if value else ""
    return f' {name}="{escape(value)}"'


def document(title: str, body: Html, *, language: str, style: Html) -> Html:
    """A whole document that fits a phone and follows the reader's light or dark theme."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="robots", content="noindex, nofollow"),
        tag("title", title),
        style,
    )
    return Html(f"<!doctype html>{tag('html', head, body, lang=language)}")
