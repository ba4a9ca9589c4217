"""Notices by e-mail to customers whom Webex can't reach, and how they end."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests
from sqlmodel import col, select

from store.features import customer_notices
from store.tables import Outbox, Trial, id_of
from tests.lives import without_digest
from tests.mail.reader import Reader, link_in
from tests.people import wait_for
from tests.stage import Stage, webex_is_at

E = date(2026, 12, 31)
NOBODY = "nobody@meadow.example"


@pytest.fixture
def trial(stage: Stage) -> Trial:
    """A trial until E, whose customer isn't in Webex."""
    without_digest(stage)
    return stage.a_trial(administrator=NOBODY)


def test_a_customer_whom_webex_cannot_reach_gets_e_mails(
    stage: Stage, reader: Reader, trial: Trial
) -> None:
    assert trial.ends == E
    stage.clock.at(E - timedelta(days=7))
    mail = reader.gets("Your Webex trial expires on Thu, 31 Dec 2026", "Tom Okafor", to=NOBODY)
    assert mail["subject"] == "Webex trial for Meadow Foods"
    stage.clock.at(E - timedelta(days=6))
    stage.nora.sees(f"I can't reach {NOBODY} in Webex, so the customer gets my messages by e-mail")
    stage.nora.says(f"show {trial.code}")
    stage.nora.sees(f"I can't reach {NOBODY} in Webex, so the customer gets my messages by e-mail")
    stage.nora.says(f"history {trial.code}")
    stage.nora.sees(f"The customer's notices now go to {NOBODY} by e-mail")
    stage.clock.at(E)
    reader.gets("is the last day of your Webex trial", to=NOBODY)
    assert len(reader.mails(NOBODY)) == 2


def test_one_press_stops_them(stage: Stage, reader: Reader, trial: Trial) -> None:
    stage.clock.at(E - timedelta(days=7))
    mail = reader.gets("expires on", to=NOBODY)
    headers = mail["headers"]
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = headers["List-Unsubscribe"].strip("<>")
    assert link == link_in(mail, "unsubscribe")
    assert requests.head(link, timeout=30).ok
    reader.opens(link).shows("Do you want to stop messages from Harbour Networks")
    assert stage.trial(trial.code).customer_notices
    for _ in range(2):
        body = {"List-Unsubscribe": "One-Click"}
        assert requests.post(link, data=body, timeout=30).ok
    assert not stage.trial(trial.code).customer_notices
    reader.opens(link).shows("You won't get any more of these messages").lacks("Do you want")
    stage.nora.says(f"history {trial.code}")
    stage.nora.sees(f"{NOBODY} turned customer notices off")
    assert stage.nora.count("turned customer notices off") == 1
    stage.clock.at(E)
    stage.nora.sees("last day of the trial")
    assert len(reader.mails(NOBODY)) == 1


def test_the_pages_button_stops_them_too(stage: Stage, reader: Reader, trial: Trial) -> None:
    stage.clock.at(E - timedelta(days=7))
    page = reader.opens(link_in(reader.gets("expires on", to=NOBODY), "unsubscribe"))
    wrong = requests.post(page.url, data={"List-Unsubscribe": "No"}, timeout=30)
    assert "Do you want to stop" in wrong.text
    assert stage.trial(trial.code).customer_notices
    page.presses("Stop these messages").shows("You won't get any more of these messages")
    assert not stage.trial(trial.code).customer_notices


def test_a_link_of_a_former_administrator_stops_nothing(
    stage: Stage, reader: Reader, trial: Trial
) -> None:
    stage.clock.at(E - timedelta(days=7))
    link = link_in(reader.gets("expires on", to=NOBODY), "unsubscribe")
    with stage.database.transaction() as session:
        session.get_one(Trial, trial.id).customer.administrator = stage.clara.email
    for answer in (
        requests.get(link, timeout=30),
        requests.post(link, data={"List-Unsubscribe": "One-Click"}, timeout=30),
        requests.post(link.replace("unsubscribe/", "unsubscribe/x"), timeout=30),
    ):
        assert answer.status_code == 404
        assert "Meadow" not in answer.text
    assert stage.trial(trial.code).customer_notices


def test_a_customer_in_webex_gets_no_e_mail(stage: Stage, reader: Reader) -> None:
    without_digest(stage)
    stage.a_trial()
    stage.clock.at(E - timedelta(days=7))
    stage.clara.sees("Your Webex trial expires on")
    stage.idle()
    assert reader.mails() == []


def test_headers_are_those_of_a_program(stage: Stage, reader: Reader, trial: Trial) -> None:
    stage.clock.at(E - timedelta(days=7))
    headers: dict[str, Any] = reader.gets("expires on", to=NOBODY)["headers"]
    assert headers["From"] == "Trialbot <trialbot@harbour.example>"
    assert headers["To"] == NOBODY
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Message-ID"].endswith("@harbour.example>")
    assert headers["Content-Type"].startswith("multipart/alternative")
    assert headers["Date"]


def test_a_mail_server_that_is_set_up_later_is_used_from_then_on(
    stage: Stage, reader: Reader, trial: Trial
) -> None:
    """Webex has refused the first notice before; the next one isn't tried there."""
    with_mail = stage._settings.pop("smtp_url")
    stage.restart()
    stage.clock.at(E - timedelta(days=7))
    stage.nora.sees("Extend")
    stage.idle()
    assert stage.trial(trial.code).customer_unreachable
    stage._settings["smtp_url"] = with_mail
    stage.restart()
    stage.clock.at(E)
    reader.gets("is the last day of your Webex trial", to=NOBODY)
    assert len(reader.mails()) == 1
    stage.nora.says(f"show {trial.code}").sees("the customer gets my messages by e-mail")


def test_a_refused_notice_is_told(stage: Stage, reader: Reader, trial: Trial) -> None:
    stage.fault(NOBODY, "mail-refused")
    stage.clock.at(E - timedelta(days=7))
    stage.nora.sees(f"The e-mail to {NOBODY} couldn't be delivered: 550", trial.code)
    assert reader.mails() == []
    stage.nora.says(f"show {trial.code}")
    stage.nora.sees(f"I can't reach {NOBODY} in Webex, so the customer isn't getting any messages")
    stage.nora.says(f"history {trial.code}")
    stage.nora.sees(f"An e-mail with the customer's notice to {NOBODY} couldn't be delivered")


def test_a_notice_that_waits_is_not_sent_once_notices_are_off(
    stage: Stage, reader: Reader, trial: Trial
) -> None:
    stage.fault("*", "mail-down")
    webex_is_at(stage.url, datetime(2026, 12, 24, 7, 1, tzinfo=UTC))  # E-7, 09:01 in Sofia
    stage.look_at_the_clock()
    wait_for(lambda: any(f["hits"] for f in stage.ask("faults")), "nobody tried")
    with stage.database.transaction() as session:
        customer_notices.stop_by_link(session, id_of(trial), NOBODY, now=stage.clock.now())
    wait_for(lambda: outcomes(stage) in (["skipped"], ["withdrawn"]), "it still waits", 30)
    stage.mend()
    stage.idle()
    assert reader.mails() == []


def test_a_notice_that_waits_is_not_sent_once_the_trial_was_extended(
    stage: Stage, reader: Reader, trial: Trial
) -> None:
    stage.fault("*", "mail-down")
    webex_is_at(stage.url, datetime(2026, 12, 24, 7, 1, tzinfo=UTC))  # E-7, 09:01 in Sofia
    stage.look_at_the_clock()
    wait_for(lambda: any(f["hits"] for f in stage.ask("faults")), "nobody tried")
    stage.tom.says(f"extend {trial.code}").sees("would move the end date").presses("Extend")
    stage.tom.sees("if done today").presses("Done in Partner Hub today")
    stage.tom.sees("Done in Partner Hub on Thu, 24 Dec 2026")
    stage.mend()
    stage.idle()
    assert reader.mails() == []


def outcomes(stage: Stage) -> list[str]:
    """The outcomes so far of all e-mails."""
    with stage.database.reading() as session:
        return list(session.exec(select(Outbox.outcome).where(col(Outbox.call) == "mail")))


def test_who_got_the_request_by_e_mail_only_is_shown_to_get_the_notices_so(
    stage: Stage, reader: Reader
) -> None:
    without_digest(stage)
    trial = stage.a_trial(kind="existing", administrator=NOBODY)
    webex_is_at(stage.url, stage.clock.now() + timedelta(hours=2))
    stage.tom.says(f"resend {trial.code}").sees("The customer can consent").presses(
        "Resend request"
    )
    reader.opens(link_in(reader.gets("consent", to=NOBODY))).presses("Accept")
    stage.tom.sees("through the e-mail link")
    stage.tom.says(f"provisioned {trial.code}")
    stage.tom.sees("The trial runs for 30 days").presses("Mark as provisioned")
    stage.tom.sees("Provisioned on")
    stage.clock.at(E - timedelta(days=7))
    reader.gets("Your Webex trial expires on", to=NOBODY)
    stage.nora.says(f"show {trial.code}")
    stage.nora.sees(f"I can't reach {NOBODY} in Webex, so the customer gets my messages by e-mail")
