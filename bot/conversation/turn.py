"""A turn: who, where, what and when; all that a handler may know besides the form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Self

from sqlmodel import Session

from bot.mail.links import Links
from cards.kit.words import Words
from store.act import Act
from store.features.shared.trials import today_in
from store.say import Say, To
from store.tables import Person, Space


@dataclass(frozen=True, slots=True)
class Turn:
    """What a handler gets: the open transaction, the person and place, and the event's own time.

    `now` is when the event was received (a reminder: when it was first claimed), `today` the same
    in the space's time zone (in a direct room: that of the partner's first space, else UTC). `rest`
    is what was typed after the command. `pressed` is the message whose card was pressed, `inputs`
    what was filled in there. `fetched` holds what the route's `needs` asked for. `operators`: the
    addresses that may link a new partner. `links` makes the links in e-mails to customers; without
    it, none are sent.
    """

    session: Session
    person: Person | None
    room_id: str
    direct: bool
    space: Space | None
    now: datetime
    today: date
    words: Words
    rest: str = ""
    thread: str | None = None
    pressed: str | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    fetched: Mapping[str, Any] = field(default_factory=dict)
    operators: tuple[str, ...] = ()
    links: Links | None = None

    @classmethod
    def in_space(cls, session: Session, space: Space, now: datetime, **more: Any) -> Self:
        """A turn in which nobody acts: the bot speaks in a space by itself."""
        when = (now, today_in(space, now))
        return cls(session, None, space.room_id, False, space, *when, Words(space.language), **more)

    @property
    def by(self) -> Person:
        """The person who acts. Raises LookupError if there is none, as for a reminder."""
        if self.person is None:
            raise LookupError("nobody acts in this turn")
        return self.person

    def act(self, seen: int | None = None) -> Act:
        """Who acts and when, for an operation; `seen`: the version that the pressed card showed."""
        return Act(self.by, self.now, seen)

    @property
    def here(self) -> To:
        """The room of this turn, as a destination."""
        return To.room(self.room_id)

    def answer(
        self,
        text: str,
        card: dict[str, Any] | None = None,
        *,
        slot: str | None = None,
        replace: bool | None = None,
        trial_id: int | None = None,
    ) -> Say:
        """Answer in this room: in a command's thread, or in place of a pressed card.

        The outbox posts it below the card if the person may not replace that.
        """
        in_place = self.pressed is not None if replace is None else replace
        return Say(
            self.here,
            self.words.cut(text),
            card,
            slot=slot,
            thread=self.thread,
            replace=in_place,
            trial_id=trial_id,
        )
