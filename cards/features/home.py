"""The home card and `help`: what the bot does, and for whom."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from cards.kit import kit
from cards.kit.kit import Card
from cards.kit.word import spellings, word_button
from cards.kit.words import N_, Md, Words, bold, bullets, dotted, paragraphs, spaced
from store.tables import Partner
from store.terms import Filter, Role

ABOUT = N_(
    "I track the Webex trials a partner runs for its customers: consent, dates and device"
    " returns. I'll remind you here before anything is lost."
)
_COUNTED = (
    (Filter.EXPIRING, N_("Expiring or in grace")),
    (Filter.PENDING, N_("Pending")),
    (Filter.TODO, N_("To do in Partner Hub")),
    (Filter.DEVICES, N_("Devices due back")),
    (Filter.LIVE, N_("Running trials")),
)
MOST = 1000


class HelpLine(NamedTuple):
    """A command for `help`: what it takes and what it does, as message ids."""

    word: str
    takes: str
    does: str


def home_card(
    roles: Sequence[tuple[Partner, Role]], counts: Mapping[Filter, int], words: Words
) -> Card:
    """Show an overview to somebody with a role."""
    whose = [dotted(bold(partner.name), words.role(role)) for partner, role in roles]
    known = [(words(title), _count(words, counts.get(which, 0))) for which, title in _COUNTED]
    said = [words("{what}: {n}", what=title, n=n) for title, n in known]
    may_start = any(role is not Role.READ_ONLY for _, role in roles)
    buttons = [
        word_button(words, N_("Start a trial"), "start", style="positive") if may_start else None,
        word_button(words, N_("Expiring"), "list", "expiring"),
        word_button(words, N_("To do"), "list", "todo"),
        word_button(words, N_("Running trials"), "list"),
        word_button(words, N_("Report"), "report"),
        word_button(words, N_("Help"), "help"),
    ]
    elements = [kit.header(words("Trials")), *map(kit.text, whose), kit.facts(known)]
    return kit.card(words, paragraphs(*whose, bullets(said)), elements, buttons)


def _count(words: Words, n: int) -> Md:
    return words("{n} or more", n=n) if n >= MOST else words.number(n)


def help_card(lines: Iterable[HelpLine], words: Words) -> Card:
    """List all commands, with a line on what each does."""
    pairs = [
        (dotted_word(words, line), words(line.does))
        for line in sorted(lines, key=lambda line: spellings(words, line.word)[0])
    ]
    text = paragraphs(
        words(ABOUT), bullets(words("{word}: {does}", word=word, does=does) for word, does in pairs)
    )
    elements = [
        kit.header(words("Commands")),
        kit.text(words(ABOUT)),
        *(kit.text(spaced(bold(word), does), spacing="small") for word, does in pairs),
        kit.small(
            words(
                "In a space, mention me. X can be a trial code, the start of a customer's"
                " name, an e-mail address, a site URL, or an order or serial number. I don't"
                " see edits: if you change a message, send it again."
            )
        ),
    ]
    return kit.card(words, text, elements)


def dotted_word(words: Words, line: HelpLine) -> Md:
    """Return a command with its arguments: `show X`."""
    return Md(f"{spellings(words, line.word)[0]} {words(line.takes) if line.takes else ''}".strip())


def stranger_card(words: Words) -> Card:
    """Introduce the bot to somebody without a role, without mentioning any trial."""
    sentence = words(
        "You need a role at a Webex partner to use me. Ask one of the partner's full"
        " administrators to give you one."
    )
    text = paragraphs(words(ABOUT), sentence)
    return kit.card(
        words, text, [kit.header(words("Hello")), kit.text(words(ABOUT)), kit.text(sentence)]
    )


def hello_card(words: Words, *, linked: bool) -> Card:
    """Introduce the bot to a space."""
    if linked:
        said = words("I'm back. This space is still linked, so its reminders will come here again.")
        buttons = [word_button(words, N_("Home"), "home")]
    else:
        said = words(
            "This space isn't linked to a partner yet. A partner full administrator or my"
            " operator can link it."
        )
        buttons = [
            word_button(words, N_("Set up this space"), "setup", style="positive"),
            word_button(words, N_("Help"), "help"),
        ]
    elements = [kit.header(words("Hello")), kit.text(words(ABOUT)), kit.text(said)]
    return kit.card(words, paragraphs(words(ABOUT), said), elements, buttons)
