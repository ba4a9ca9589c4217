"""A form behind a button on a card; shown open after an invalid submission."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from cards.kit import kit
from cards.kit.fields import Choices
from cards.kit.forms import Form, Invalid
from cards.kit.kit import Action, ButtonStyle, Element
from cards.kit.words import Md, Words


class Behind(NamedTuple):
    """Either the button that opens the form, or the open form."""

    button: Action | None
    opened: Element | None


def behind(
    form: type[Form],
    words: Words,
    *,
    scope: str,
    title: str = "",
    values: Mapping[str, Any] = {},
    choices: Mapping[str, Choices] = {},
    only: Collection[str] | None = None,
    problem: Invalid | None = None,
    style: ButtonStyle = "positive",
    **carried: Any,
) -> Behind:
    """Build a form behind its own button.

    `scope` keeps its field ids apart from those of other forms on the card ("": there are no
    others). `problem` is used only if it belongs to this form.
    """
    ours = problem if problem and problem.form is form else None
    inputs = form.inputs(
        words,
        ours.values if ours else values,
        ours.messages if ours else {},
        choices,
        only=only,
        scope=scope,
    )
    send = form.button(words, style=style, scope=scope, **carried)
    heading = title or Md(f"{words(form.title or form.submit)}…")
    if ours is None:
        return Behind(kit.show(heading, inputs, [send]), None)
    opened = kit.box([kit.text(heading, bold=True), *inputs, kit.buttons([send])], style="emphasis")
    return Behind(None, opened)
