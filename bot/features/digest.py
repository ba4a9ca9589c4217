"""The weekly digest: on Mondays a space reads what the next two weeks bring, if anything."""

from collections.abc import Sequence

from bot.conversation.routes import remind
from bot.conversation.turn import Turn
from cards.features.digest import digest_card
from store.features import digest
from store.features.digest import DIGEST, Week
from store.say import Say, To
from store.tables import Reminder, Space, id_of


@remind(DIGEST)
def tell_week(turn: Turn, about: None, reminder: Reminder) -> Sequence[Say]:
    """Say what the next two weeks bring."""
    week = ahead(turn)
    return [in_space(turn, week)] if week else []


def ahead(turn: Turn) -> Week:
    """What the next two weeks bring to the space; and the next digest is planned."""
    space = _space(turn)
    digest.plan_next(turn.session, space, turn.now)
    return digest.week(turn.session, space, turn.today)


def in_space(turn: Turn, week: Week) -> Say:
    """The digest in its space; addressed to a trial, so that it finds another way like the rest."""
    card = digest_card(week, words=turn.words, today=turn.today)
    first = next(iter([*week.trials, *week.devices, *week.unknown]))
    to = To.trial(id_of(first))
    return Say(to, card.text, card.content, slot=f"space/{_space(turn).id}/digest")


def _space(turn: Turn) -> Space:
    if turn.space is None:
        raise LookupError("a digest is of a space")
    return turn.space
