"""Lists of trials, paged, with one row per trial to press."""

from collections.abc import Sequence
from datetime import date

from cards.kit import kit
from cards.kit.forms import Form, carried
from cards.kit.headline import status_color, status_line
from cards.kit.kit import Card, Element
from cards.kit.open_changes import all_wanted
from cards.kit.privately import privately_button
from cards.kit.rules import with_role
from cards.kit.word import Word, word_button
from cards.kit.words import N_, Md, Words, bold, bullets, dotted, paragraphs
from store.rules import dates
from store.rules.rights import Action
from store.rules.shipments import without_end
from store.tables import Trial
from store.terms import Filter

TITLES: dict[Filter, str] = {
    Filter.LIVE: N_("Running trials"),
    Filter.ACTIVE: N_("Active trials"),
    Filter.EXPIRING: N_("Trials expiring within 30 days or in grace"),
    Filter.PENDING: N_("Pending trials"),
    Filter.EXPIRED: N_("Expired trials"),
    Filter.DEVICES: N_("Trials with devices due back"),
    Filter.TODO: N_("To do in Partner Hub"),
    Filter.MINE: N_("Your trials"),
}
FILTER_WORDS: dict[Filter, str] = {
    Filter.ACTIVE: N_("active"),
    Filter.EXPIRING: N_("expiring"),
    Filter.PENDING: N_("pending"),
    Filter.EXPIRED: N_("expired"),
    Filter.DEVICES: N_("devices"),
    Filter.TODO: N_("todo"),
    Filter.MINE: N_("mine"),
}


class ListOn(Form, key="list.on", rule=with_role(Action.SEE), title=N_("List")):
    """Show another page of a list; `after` is where the previous page ended."""

    which: Filter = carried()
    after: str = carried(default="")


def list_card(
    which: Filter,
    trials: Sequence[tuple[Trial, date]],
    words: Words,
    *,
    after: str | None,
    first: bool,
    shared: bool,
) -> Card:
    """Build one page of trials, each with its own today.

    `after`: where the next page begins (None: there is none). `first`: it is the first page.
    `shared`: other people can read along.
    """
    title = words(TITLES[which])
    if not trials:
        nothing = words("No trials to show.")
        return kit.card(
            words,
            paragraphs(title, nothing),
            [kit.header(title), kit.text(nothing)],
            _others(words),
        )
    rows = [_row(which, trial, words, today) for trial, today in trials]
    lines = bullets(_line(which, trial, words, today) for trial, today in trials)
    word = " ".join(part for part in ("list", FILTER_WORDS.get(which, "")) if part)
    buttons = [
        ListOn.button(words, words("Next"), which=which, after=after) if after else None,
        None if first else ListOn.button(words, words("First page"), which=which, after=""),
        privately_button(words, word) if shared and (after or not first) else None,
        *_others(words),
    ]
    head = kit.header(title, words("Press a row to open it."))
    return kit.card(words, paragraphs(title, lines), [head, *rows], buttons)


def _line(which: Filter, trial: Trial, words: Words, today: date) -> Md:
    return dotted(
        bold(trial.customer.company),
        trial.code,
        status_line(trial, words, today),
        _dates(which, trial, words),
        all_wanted(trial, words, today),
    )


def _row(which: Filter, trial: Trial, words: Words, today: date) -> Element:
    """Build a row: Cisco's facts, then in amber what is wanted instead."""
    state = dotted(trial.code, status_line(trial, words, today))
    known, wanted = _dates(which, trial, words), all_wanted(trial, words, today)
    elements = [
        kit.header(trial.customer.company, state, color=status_color(trial, today)),
        kit.small(known) if known else None,
        kit.text(wanted, color="warning", spacing="none") if wanted else None,
    ]
    return kit.box(elements, press=_opens(trial, words), separator=True)


def _opens(trial: Trial, words: Words) -> kit.Action:
    return Word.button(words, words("Open"), word="show", rest=trial.code)


def _dates(which: Filter, trial: Trial, words: Words) -> Md:
    """Say the dates that Cisco knows, and what the list is about."""
    since = which is Filter.TODO and trial.todo_since
    return dotted(
        words("To do since {day}", day=trial.todo_since) if since else "",
        _due_back(trial, words) if which is Filter.DEVICES else "",
        words("End date: {day}", day=trial.ends) if trial.ends else "",
    )


def _due_back(trial: Trial, words: Words) -> Md:
    days = [s.expires_on for s in trial.shipments if s.expires_on and not dates.all_back(s)]
    return dotted(
        words("Devices due back by {day}", day=dates.due_back(min(days))) if days else "",
        words("Device expiry unknown: see the EULA e-mail.") if without_end(trial) else "",
    )


def _others(words: Words) -> list[kit.Action]:
    return [
        word_button(words, N_("Expiring"), "list", "expiring"),
        word_button(words, N_("Running trials"), "list"),
    ]
