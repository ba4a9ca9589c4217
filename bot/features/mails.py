"""Ready-made e-mails for Cisco's mailboxes; facts that aren't recorded yet are asked for first."""

from collections.abc import Sequence

from bot.conversation.routes import on
from bot.conversation.turn import Turn
from bot.features.devices import show_devices, viewed
from bot.features.shared import trial
from cards.features.device_extension import letter_card
from cards.features.mails import (
    MAILBOXES,
    AskMail,
    Mail,
    MailFacts,
    asked,
    lacking,
    mail_card,
    ready_text,
)
from cards.kit.forms import Invalid
from store.features import devices, mails
from store.features.device_extension import (
    EXTEND_DEVICES,
    Wish,
    check_longer,
    wish,
)
from store.features.shared.reading import View
from store.features.shared.trials import today_in
from store.say import Say
from store.tables import Shipment


@on(AskMail)
def ask_mail(turn: Turn, form: AskMail) -> Sequence[Say]:
    """Show the e-mail text, or ask for what it needs; one that was sent is shown as it was."""
    view = viewed(turn, form.trial, EXTEND_DEVICES)
    shipment = devices.of(view.trial, form.shipment)
    known = wish(view.trial, shipment) if form.mail is Mail.EXTENSION else None
    if known is None and asked(form.mail, view.trial, shipment):
        return _ask(turn, view, shipment, form.mail)
    text = ready_text(
        form.mail,
        view.trial,
        shipment,
        sender=turn.by,
        until=known.until if known else None,
        why=known.why if known else "",
    )
    return [turn.answer(text, replace=False)]


def _ask(
    turn: Turn, view: View, shipment: Shipment, mail: Mail, problem: Invalid | None = None
) -> Sequence[Say]:
    words, today = turn.words, today_in(view.trial.space, turn.now)
    if mail is Mail.EXTENSION:
        card = letter_card(view.trial, shipment, words=words, today=today, problem=problem)
    else:
        card = mail_card(view.trial, shipment, mail, words=words, today=today, problem=problem)
    return [trial.in_place(turn, view.trial, card)]


def _ask_again(turn: Turn, problem: Invalid) -> Sequence[Say]:
    view = viewed(turn, int(problem.values["trial"]), EXTEND_DEVICES)
    shipment = devices.of(view.trial, int(problem.values["shipment"]))
    return _ask(turn, view, shipment, Mail(problem.values["mail"]), problem)


@on(MailFacts, ask_again=_ask_again)
def show_text(turn: Turn, form: MailFacts) -> Sequence[Say]:
    """Record the missing facts, and show the text as a separate message for copying."""
    view = viewed(turn, form.trial, EXTEND_DEVICES)
    shipment = devices.of(view.trial, form.shipment)
    if missing := lacking(form, view.trial, shipment):
        raise form.wrong(missing)
    mails.complete(
        turn.session,
        form.trial,
        turn.act(form.version),
        shipment_id=form.shipment,
        organisation_id=form.organisation_id,
        order_number=form.order_number,
        expires_on=form.expires_on,
    )
    if form.until:
        check_longer(shipment, form.until)
    text = ready_text(
        form.mail, view.trial, shipment, sender=turn.by, until=form.until, why=form.why
    )
    return [*_go_on(turn, view, shipment, form), turn.answer(text, replace=False)]


def _go_on(turn: Turn, view: View, shipment: Shipment, form: MailFacts) -> Sequence[Say]:
    said = turn.words(
        "The text is in a separate message. Copy it into an e-mail to {mailbox}.",
        mailbox=MAILBOXES[form.mail],
    )
    if form.mail is not Mail.EXTENSION:
        return show_devices(turn, view, said)
    today = today_in(view.trial.space, turn.now)
    card = letter_card(
        view.trial,
        shipment,
        words=turn.words,
        today=today,
        said=said,
        wish=Wish(form.until, form.why) if form.until else None,
        problem=form.wrong({}),
    )
    return [trial.in_place(turn, view.trial, card)]
