"""Handing over all of one person's running trials."""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from cards.features.assign import able
from cards.features.roles import people_choices
from cards.kit import kit
from cards.kit.forms import Form, Invalid, carried, day, someone
from cards.kit.history import tells
from cards.kit.kit import Card
from cards.kit.rules import on_partner
from cards.kit.word import spellings
from cards.kit.words import N_, Md, Message, Words, languages, paragraphs
from store.features.handover import TRIALS_HANDED_OVER
from store.refusals import DAY_TOO_EARLY, NO_SUCH_PERSON
from store.rules import spelling
from store.rules.rights import Action
from store.tables import Partner, Person, id_of
from store.terms import Role


class HandOver(
    Form,
    key="trials.handover",
    rule=on_partner(Action.ASSIGN),
    title=N_("Hand over trials"),
    submit=N_("Hand over"),
    refused_at={NO_SUCH_PERSON: "taker", DAY_TOO_EARLY: "until"},
):
    """Hand over all of one person's running trials to another person."""

    partner: int = carried()
    giver: int = someone(N_("From"))
    taker: int = someone(N_("To"))
    until: date | None = day(
        N_("Until"),
        required=False,
        hint=N_(
            "Leave empty for no end date. With a date, both people can change the"
            " trials until then."
        ),
    )

    def check(self) -> Iterator[tuple[str, Message]]:
        """Reject a handover to the same person."""
        if self.giver == self.taker:
            yield "taker", Message(N_("That's the same person twice. Choose two different people."))


def handover_card(
    partner: Partner,
    roles: Sequence[tuple[Person, Role]],
    former: Sequence[Person] = (),
    *,
    words: Words,
    values: dict[str, object] | None = None,
    said: str = "",
    problem: Invalid | None = None,
) -> Card:
    """Ask who hands over to whom, and until when.

    `former`: people without a role who still have running trials.
    """
    takers = people_choices(able(roles))
    givers = [*takers, *people_choices(former)]
    about = words("Move all of one person's running trials to someone else.")
    elements = [
        kit.header(words(HandOver.title), partner.name),
        kit.notice(said, "attention") if said else None,
        kit.text(about),
        *HandOver.inputs(
            words,
            problem.values if problem else values or {},
            problem.messages if problem else {},
            {"giver": givers, "taker": takers},
        ),
    ]
    button = HandOver.button(words, style="positive", partner=id_of(partner))
    return kit.card(words, paragraphs(said, about), elements, [button])


def handed_over(n: int, giver: Person, taker: Person, words: Words) -> Md:
    """Say how many trials were handed over."""
    return words.plural(
        "{n} trial handed over from {giver} to {taker}.",
        "{n} trials handed over from {giver} to {taker}.",
        n,
        giver=words.name(giver),
        taker=words.name(taker),
    )


def typed_handover(
    typed: str, partner: Partner, roles: Sequence[tuple[Person, Role]], former: Sequence[Person]
) -> HandOver:
    """Parse `FROM TO [until date]`, with people by address or name. Raises `Invalid`."""
    ways = "|".join(re.escape(way) for way in _ways_to_say_until())
    found = re.fullmatch(rf"(.*?)(?:\s+(?:{ways})\s+(\S.*))?", typed, re.IGNORECASE | re.DOTALL)
    who, until = found.groups() if found else (typed, None)
    takers = able(roles)
    giver, taker = _two(who.split(), [*takers, *former], takers)
    values = {"partner": partner.id, "giver": giver, "taker": taker, "until": until}
    return HandOver.parse(values)


def _ways_to_say_until() -> list[str]:
    return [way for words in map(Words, languages()) for way in spellings(words, N_("until"))]


def _two(
    typed: list[str], givers: Sequence[Person], takers: Sequence[Person]
) -> tuple[int | None, int | None]:
    """Split the words into two people and return their ids; names may have several words."""
    found: list[tuple[int | None, int | None]] = [(None, None)]
    for cut in range(1, len(typed) + 1):
        first = _called(" ".join(typed[:cut]), givers)
        second = _called(" ".join(typed[cut:]), takers)
        found.append((first, second))
    return max(found, key=lambda pair: sum(one is not None for one in pair))


def _called(typed: str, people: Sequence[Person]) -> int | None:
    """Return the id of the only person with this address, name or beginning of a name.

    An address may have its person's name before it.
    """
    name, address = spelling.name_key(typed), spelling.address(typed).casefold()
    named = " ".join(word for word in name.split() if spelling.address(word) != address)
    with_address = [p for p in people if address in (*p.emails, p.email) and named in _key(p)]
    exact = with_address or [p for p in people if name == _key(p)]
    begun = [p for p in people if name and f" {name}" in f" {_key(p)}"]
    found = exact or begun
    return found[0].id if len(found) == 1 else None


def _key(person: Person) -> str:
    return spelling.name_key(person.name)


# ------------------------------------------------------------------ history

tells(
    TRIALS_HANDED_OVER, N_("{who} handed the trial over to {to}"), N_("{who} handed the trial over")
)
