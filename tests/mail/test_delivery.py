"""Sending e-mails when the mail server is down, slow or refuses; and what can't be injected."""

from datetime import timedelta

from sqlmodel import col, select

from bot.mail.links import links_of
from bot.process.doctor import Finding, examine
from sandbox.server import Sandbox
from store.tables import Outbox
from tests.mail.reader import Reader, link_in
from tests.people import wait_for
from tests.stage import Stage, webex_is_at

PAULA, PAUL = "paula@meadow.example", "paul@brook.example"


def later(stage: Stage, code: str) -> None:
    """Ask by conversation, an hour after `a_trial` did without one."""
    webex_is_at(stage.url, stage.clock.now() + timedelta(hours=2))
    stage.tom.says(f"resend {code}").sees("The customer can consent", code).presses(
        "Resend request"
    )


def queued(stage: Stage) -> list[str]:
    """The outcomes so far of all e-mails."""
    with stage.database.reading() as session:
        return list(session.exec(select(Outbox.outcome).where(col(Outbox.call) == "mail")))


def test_an_e_mail_arrives_once_the_server_is_up(stage: Stage, reader: Reader) -> None:
    stage.fault("*", "mail-down")
    trial = stage.a_trial(kind="existing", administrator=PAULA)
    later(stage, trial.code)
    wait_for(lambda: any(f["hits"] for f in stage.ask("faults")), "nobody tried")
    stage.nora.says("help").sees("home")
    assert reader.mails() == []
    stage.mend()
    reader.opens(link_in(reader.gets("consent", to=PAULA))).shows("Accept")
    stage.idle()
    assert len(reader.mails()) == 1


def test_a_server_that_is_gone_takes_them_when_it_is_back(stage: Stage, reader: Reader) -> None:
    port = stage.webex.mail_server.port
    stage.webex.mail_server.stop()
    trial = stage.a_trial(kind="existing", administrator=PAULA)
    later(stage, trial.code)
    wait_for(lambda: queued(stage) == [""], "no e-mail is queued")
    stage.nora.says("help").sees("home")
    with Sandbox(mail_port=port) as other:
        wait_for(lambda: other.mails.all(), "it never arrived", 30)
        stage.idle()
        assert len(other.mails.all()) == 1


def test_a_slow_server_keeps_nobody_in_webex_waiting(stage: Stage, reader: Reader) -> None:
    stage.fault("*", "mail-slow", delay=3.0)
    for number in range(8):
        trial = stage.a_trial(
            kind="existing", administrator=f"a{number}@x{number}.example", company=f"C{number}"
        )
        later(stage, trial.code)
    assert len(reader.mails()) < 8
    stage.nora.says("help").sees("home", within=2.0)
    wait_for(lambda: len(reader.mails()) == 8, "they never arrived", 30)


def test_one_refused_address_is_told_and_holds_up_no_other(stage: Stage, reader: Reader) -> None:
    stage.fault(PAULA, "mail-refused")
    first = stage.a_trial(kind="existing", administrator=PAULA)
    second = stage.a_trial(kind="existing", administrator=PAUL, company="Brook")
    later(stage, first.code)
    later(stage, second.code)
    reader.gets("consent", to=PAUL)
    said = f"The e-mail to {PAULA} couldn't be delivered: 550 5.1.1 No such mailbox"
    wait_for(lambda: stage.tom.finds(said), "the partner wasn't told")
    stage.idle()
    assert reader.mails(PAULA) == []
    assert sorted(queued(stage)) == ["buried", "sent"]


def test_a_busy_mailbox_is_tried_again(stage: Stage, reader: Reader) -> None:
    stage.fault(PAULA, "mail-busy", times=2)
    trial = stage.a_trial(kind="existing", administrator=PAULA)
    later(stage, trial.code)
    reader.gets("consent", to=PAULA)
    stage.idle()
    assert queued(stage) == ["sent"]


def test_names_inject_no_header(stage: Stage, reader: Reader) -> None:
    company = "Ev\u2028il\r\nBcc: x@y.example <b>&amp;</b> *bold*"
    trial = stage.a_trial(kind="existing", administrator=PAULA, company=company)
    later(stage, trial.code)
    mail = reader.gets("consent", to=PAULA)
    assert "Bcc" not in mail["headers"]
    assert "Bcc: x@y.example" in mail["subject"]
    assert "<b>" not in mail["html"].partition("<body")[2]
    page = reader.opens(link_in(mail))
    assert "<b>" not in page.answer.text
    page.shows("Bcc: x@y.example")


def test_an_unsent_request_that_was_resent_goes_out_once(stage: Stage, reader: Reader) -> None:
    stage.fault("*", "mail-down")
    trial = stage.a_trial(kind="existing", administrator=PAULA)
    later(stage, trial.code)
    wait_for(lambda: queued(stage) == [""], "no e-mail is queued")
    later(stage, trial.code)
    wait_for(lambda: "skipped" in queued(stage), "the first one still waits", 30)
    stage.mend()
    page = reader.opens(link_in(reader.gets("consent", to=PAULA)))
    stage.idle()
    assert len(reader.mails()) == 1
    page.presses("Accept").shows("accepted the trial")


def test_a_request_that_is_answered_meanwhile_is_not_sent(stage: Stage, reader: Reader) -> None:
    stage.fault("*", "mail-down")
    trial = stage.a_trial(kind="existing", administrator=stage.clara.email)
    later(stage, trial.code)
    wait_for(lambda: any(f["hits"] for f in stage.ask("faults")), "nobody tried")
    stage.clara.sees("is asking for your consent").presses("Accept")
    stage.clara.sees("You accepted")
    wait_for(lambda: queued(stage) == ["skipped"], "it still waits", 30)
    stage.mend()
    stage.idle()
    assert reader.mails() == []


def test_a_refused_sign_in_pauses_e_mails_and_the_doctor_is_red(
    stage: Stage, reader: Reader
) -> None:
    """The sandbox's mail server knows no users, so it offers no sign-in."""
    url = stage.webex.mail_server.url
    stage._settings["smtp_url"] = url.replace("smtp://", "smtp://bot:secret@")
    stage.restart()
    trial = stage.a_trial(kind="existing", administrator=PAULA)
    later(stage, trial.code)
    wait_for(lambda: finding(stage, "pauses", "AUTH"), "no pause was noted")
    ill = finding(stage, "mail", "AUTH")
    assert ill
    assert not ill.ok
    assert "secret" not in ill.said
    stage.nora.says("help").sees("home")
    assert reader.mails() == []


def test_the_doctor_checks_the_mail_server(stage: Stage) -> None:
    well = finding(stage, "mail", "trialbot@harbour.example")
    assert well
    assert well.ok
    stage.webex.mail_server.stop()
    ill = finding(stage, "mail", "ConnectionRefusedError")
    assert ill
    assert not ill.ok


def test_the_doctor_is_red_while_e_mails_wait_for_a_server_that_was_taken_out(
    stage: Stage,
) -> None:
    stage.fault("*", "mail-down")
    trial = stage.a_trial(kind="existing", administrator=PAULA)
    later(stage, trial.code)
    wait_for(lambda: queued(stage) == [""], "no e-mail is queued")
    del stage._settings["smtp_url"]
    stage.restart()
    ill = finding(stage, "mail", "SMTP_URL isn't set any more, and e-mails wait for it: 1")
    assert ill
    assert not ill.ok


def test_without_a_safe_address_no_link_is_sent(stage: Stage) -> None:
    context = stage.bot.context
    for url, safe in (
        ("http://bot.example/", False),
        ("https://bot.example/", True),
        ("http://127.0.0.1:8080/", True),
    ):
        assert bool(links_of(context.settings, context.database, url)) == safe, url
    context.public_url = "http://bot.example/"
    ill = finding(stage, "mail", "TRIALBOT_PUBLIC_URL isn't https")
    assert ill
    assert not ill.ok
    context.links = links_of(context.settings, context.database, context.public_url)
    trial = stage.a_trial(kind="existing", administrator=stage.clara.email)
    later(stage, trial.code)
    stage.clara.sees("is asking for your consent")
    stage.idle()
    assert queued(stage) == []


def finding(stage: Stage, check: str, said: str) -> Finding | None:
    """The doctor's finding, if it says so."""
    assert stage.bot._parts._timetable is not None
    gateway = stage.bot._parts._timetable._gateways.mine()
    found = (each for each in examine(stage.bot.context, gateway) if each.check == check)
    return next((each for each in found if said in each.said), None)
