"""The weekly digest: what changes in a space within two weeks, on Mondays, if anything."""

from collections.abc import Sequence

from bot.conversation.routes import remind
from bot.conversation.turn import Turn
from bot.features import report
from cards.features.digest import digest_card
from store.features import digest
from store.features.digest import DIGEST, Week
from store.say import Say, To
from store.tables import Reminder, Space, id_of


@remind(DIGEST)
def tell_week(turn: Turn, about: None, reminder: Reminder) -> Sequence[Say]:
    """Post what changes within the next two weeks, if anything."""
    week = ahead(turn)
    return [in_space(turn, week), picture(turn, week)] if week else []


def ahead(turn: Turn) -> Week:
    """Return what changes in the space within the next two weeks, and plan the next digest."""
    digest.plan_next(turn.session, _space(turn), turn.now)
    return week(turn)


def week(turn: Turn) -> Week:
    """Return what changes in the space within the next two weeks."""
    return digest.week(turn.session, _space(turn), turn.today)


def in_space(turn: Turn, week: Week) -> Say:
    """Build the digest for its space.

    It is addressed to a trial, so that it is redirected like the reminders if the space is lost.
    """
    card = digest_card(week, words=turn.words, today=turn.today)
    return Say(_to(week), card.text, card.content, slot=f"space/{_space(turn).id}/digest")


def picture(turn: Turn, week: Week) -> Say:
    """Build the picture that follows the digest: a card can't hold it.

    It is addressed like the digest.
    """
    return report.in_summary(turn, _space(turn), _to(week))


def _to(week: Week) -> To:
    return To.trial(id_of(next(iter([*week.trials, *week.devices, *week.unknown]))))


def _space(turn: Turn) -> Space:
    if turn.space is None:
        raise LookupError("a digest is of a space")
    return turn.space
