"""Consent by e-mail: looking decides nothing, one answer counts, dead links reveal nothing."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path

import pytest
import requests
from sqlmodel import col, select

from sandbox.server import Sandbox
from store.features.consent import ACCEPTED, DECLINED
from store.tables import Consent, History, Trial
from store.terms import Access, State
from tests.apart import apart
from tests.mail.reader import FETCHED, Page, Reader, link_in
from tests.people import wait_for
from tests.stage import Stage, webex_is_at

NEVER_IN_WEBEX = "paula.stein@meadow.example"


def asked(stage: Stage, reader: Reader, to: str = NEVER_IN_WEBEX) -> tuple[Trial, Page]:
    """Tom starts a trial for an existing customer; the administrator opens the link."""
    stage.tom.says("start")
    about = {
        "kind": "existing",
        "company": "Meadow Foods",
        "administrator": to,
        "vertical": "retail",
        "country": "DE",
        "supported": True,
    }
    stage.tom.sees("Step 1 of").fills(**about).presses("Next")
    stage.tom.sees("Step 2 of").fills(services="messaging,meetings").presses("Next")
    stage.tom.sees("Check and save").fills(done_on=stage.clock.today()).presses("Save")
    code = stage.tom.sees("Saved: trial T-").text.split("trial ")[1].split(" ")[0]
    return stage.trial(code), reader.opens(link_in(reader.gets("asking for your consent", to=to)))


def test_who_is_not_in_webex_accepts_with_full_access(stage: Stage, reader: Reader) -> None:
    trial, page = asked(stage, reader)
    facts = (
        "Tom Okafor (tom.okafor@harbour.example) from Harbour Networks",
        "Messaging and Meetings",
        "100 per service",
        "30 days",
        "Thu, 31 Dec 2026",
        "Cisco needs your answer too: use its e-mail or Control Hub",
        f"This request is for {NEVER_IN_WEBEX}.",
    )
    page.shows(*facts, "Give Harbour Networks full administrator access")
    mail = reader.gets(*facts, to=NEVER_IN_WEBEX)
    assert mail["subject"] == "Webex trial for Meadow Foods"
    stage.tom.sees(f"I can't reach {NEVER_IN_WEBEX} in Webex, so I sent the request by e-mail")
    page.ticks("full_access").presses("Accept").shows(
        f"{NEVER_IN_WEBEX} accepted the trial on Tue, 1 Dec 2026", "Cisco needs your answer too"
    ).lacks("Give Harbour")
    stage.tom.sees(
        f"{NEVER_IN_WEBEX} accepted through the e-mail link and gave you full administrator access",
        "Accepted here, not seen in Partner Hub",
    )
    assert stage.trial(trial.code).access == Access.FULL
    stage.tom.says(f"history {trial.code}")
    stage.tom.sees(f"{NEVER_IN_WEBEX} accepted on Tue, 1 Dec 2026 through the e-mail link")


def test_declining_by_link_shows_on_the_card_in_webex(stage: Stage, reader: Reader) -> None:
    trial, page = asked(stage, reader, stage.clara.email)
    card = stage.clara.sees("is asking for your consent")
    stage.clara.says("help").sees("home")
    page.presses("Decline").shows("Clara Bauer declined the trial on")
    stage.clara.sees("You declined the trial")
    stage.tom.sees("Clara Bauer declined the trial through the e-mail link", "Declined here")
    card.presses("Accept")
    stage.clara.sees("This request has already been answered")
    assert stage.trial(trial.code).state == State.CONSENT


def test_looking_decides_nothing(stage: Stage, reader: Reader) -> None:
    trial, page = asked(stage, reader)
    before = stage.trial(trial.code)
    for method in ("GET", "HEAD", "OPTIONS"):
        for query in ("", "?answer=accept&full_access=true", "?answer=decline"):
            found = requests.request(method, page.url + query, timeout=30)
            assert found.ok, (method, query)
    for method in ("PUT", "DELETE", "PATCH"):
        assert requests.request(method, page.url, timeout=30).status_code == 405
    after = stage.trial(trial.code)
    assert (after.version, after.state) == (before.version, before.state)
    assert reader.opens(page.url).buttons.keys() == {"Accept", "Decline"}


@pytest.mark.parametrize(
    ("headers", "other"),
    [
        ({"Origin": "https://elsewhere.example"}, {}),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, {}),
        ({"Origin": "null", "Sec-Fetch-Site": "same-site"}, {}),
        (FETCHED, {"form": ""}),
        (FETCHED, {"form": "made-up"}),
        (FETCHED, {"answer": "perhaps"}),
    ],
)
def test_only_our_own_form_decides(
    stage: Stage, reader: Reader, headers: dict[str, str], other: dict[str, str]
) -> None:
    trial, page = asked(stage, reader)
    refused = page.presses("Accept", headers, **other)
    assert refused.answer.status_code == 403
    refused.shows("nothing was decided")
    assert stage.trial(trial.code).state == State.CONSENT
    refused.presses("Accept").shows("accepted the trial")


def test_another_browsers_form_decides_nothing(stage: Stage, reader: Reader) -> None:
    trial, page = asked(stage, reader)
    page.reader = Reader(stage)
    assert page.presses("Accept").answer.status_code == 403
    other = Reader(stage).opens(page.url)
    other.reader.session.cookies.clear()
    assert other.presses("Accept").answer.status_code == 403
    assert stage.trial(trial.code).state == State.CONSENT


def test_a_browser_without_cookies_is_told_that_they_are_needed(
    stage: Stage, reader: Reader
) -> None:
    trial, page = asked(stage, reader)
    reader.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    reader.session.cookies.clear()
    refused = page.presses("Accept")
    assert refused.answer.status_code == 403
    refused.shows("Your browser doesn't keep this page's cookie, so nothing was decided")
    assert stage.trial(trial.code).state == State.CONSENT
    reader.session.cookies.set_policy(DefaultCookiePolicy())
    reader.opens(page.url).presses("Accept").shows("accepted the trial")


def test_two_tabs_of_one_browser_both_count(stage: Stage, reader: Reader) -> None:
    trial, page = asked(stage, reader)
    reader.opens(page.url)
    page.presses("Accept").shows("accepted the trial")
    assert stage.trial(trial.code).state == State.PROVISIONING


def test_an_answer_is_final(stage: Stage, reader: Reader) -> None:
    trial, page = asked(stage, reader)
    page.presses("Accept").shows("accepted the trial")
    again = page.presses("Decline")
    assert again.answer.status_code == 409
    again.shows("already been answered", f"{NEVER_IN_WEBEX} accepted the trial on Tue, 1 Dec 2026")
    assert again.buttons == {}
    assert stage.trial(trial.code).state == State.PROVISIONING


def test_a_request_decided_on_the_card_says_so_on_the_page(stage: Stage, reader: Reader) -> None:
    trial, page = asked(stage, reader, stage.clara.email)
    stage.clara.sees("is asking for your consent").presses("Accept")
    stage.clara.sees("You accepted")
    late = page.presses("Decline")
    assert late.answer.status_code == 409
    late.shows("Clara Bauer accepted the trial on Tue, 1 Dec 2026")
    assert stage.trial(trial.code).state == State.PROVISIONING
    stage.tom.says(f"history {trial.code}")
    stage.tom.sees("accepted on Tue, 1 Dec 2026 on the Webex card (recorded by Clara Bauer)")


def test_the_thirty_days_end_the_link(stage: Stage, reader: Reader) -> None:
    trial, page = asked(stage, reader)
    stage.clock.days(30)
    reader.opens(page.url).shows("Thu, 31 Dec 2026")
    stage.clock.days(1)
    reader.opens(page.url).shows("expired after 30 days").lacks("Accept")
    late = page.presses("Accept")
    assert late.answer.status_code == 409
    late.shows("The 30 days to answer are over")
    assert stage.trial(trial.code).state == State.CANCELLED


def test_a_newer_request_replaces_the_link(stage: Stage, reader: Reader) -> None:
    trial, page = asked(stage, reader)
    stage.clock.to(stage.clock.now() + timedelta(hours=2))
    stage.tom.says(f"resend {trial.code}").sees("The customer can consent").presses(
        "Resend request"
    )
    wait_for(lambda: len(reader.mails(NEVER_IN_WEBEX)) == 2, "no second e-mail")
    old = page.presses("Accept")
    assert old.answer.status_code == 409
    old.shows("A newer request has replaced this one", "Your answer came too late")
    old.lacks("Decline", "card")
    newer = link_in(reader.mails(NEVER_IN_WEBEX)[-1])
    assert newer != page.url
    reader.opens(newer).presses("Accept").shows("accepted the trial")


def test_another_address_gets_its_own_link(stage: Stage, reader: Reader) -> None:
    trial, page = asked(stage, reader)
    stage.tom.says(f"resend {trial.code}")
    card = stage.tom.sees("The customer can consent")
    card.fills(**{name: "paul@meadow.example" for name in card.inputs if name.startswith("new")})
    card.presses("Send to this address")
    other = reader.opens(link_in(reader.gets("consent", to="paul@meadow.example")))
    reader.opens(page.url).shows("A newer request has replaced this one")
    other.presses("Accept").shows("paul@meadow.example accepted the trial")


def test_a_cancelled_trial_ends_the_link(stage: Stage, reader: Reader) -> None:
    trial, page = asked(stage, reader)
    stage.tom.says(f"cancel {trial.code}")
    card = stage.tom.sees("This withdraws the request")
    card.fills(**{n: "true" for n, each in card.inputs.items() if each["type"] == "Input.Toggle"})
    card.presses("Cancel trial")
    stage.tom.sees("cancelled")
    gone = page.presses("Accept")
    assert gone.answer.status_code == 409
    gone.shows("Your answer came too late", "The partner withdrew this request")
    gone.lacks("Decline", "already been answered")
    assert not stage.trial(trial.code).accepted_on


def test_links_survive_gateways(stage: Stage, reader: Reader) -> None:
    _, page = asked(stage, reader)
    token = page.url.rstrip("/").rpartition("/")[2]
    escaped = page.url.replace(token, re.sub(r"[._-]", lambda c: f"%{ord(c[0]):02x}", token))
    twice = escaped.replace("%", "%25")
    for url in (
        page.url.rstrip("/"),
        page.url + ".",
        page.url + ")",
        page.url + "?utm_source=gateway&x=1",
        page.url + "#top",
        page.url + "%3Ex",
        page.url.rstrip("/") + ".",
        escaped,
        twice,
    ):
        reader.opens(url).shows("is asking for your consent")
    reader.opens(page.url + "?utm_source=gateway").presses("Accept").shows("accepted the trial")


def test_a_changed_link_reveals_nothing(stage: Stage, reader: Reader) -> None:
    trial, page = asked(stage, reader)
    start, _, token = page.url.rstrip("/").rpartition("/")
    flipped = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
    for bad in (flipped, token[:-1], "x", "W10", token.partition(".")[0], "%00", "é"):
        found = reader.opens(f"{start}/{bad}/")
        assert found.answer.status_code == 404, bad
        found.shows("This link isn't valid").lacks("Meadow", "Harbour")
        posted = requests.post(f"{start}/{bad}/", data={"answer": "accept"}, timeout=30)
        assert posted.status_code == 404
    other_page = f"{start.removesuffix('consent')}unsubscribe/{token}/"
    assert reader.opens(other_page).answer.status_code == 404
    assert stage.trial(trial.code).state == State.CONSENT


@pytest.mark.parametrize(
    ("preferred", "said"),
    [
        ("bg-BG,bg;q=0.9,en;q=0.8", "Тази връзка не е валидна"),
        ("de,en;q=0.5,bg;q=0.1", "This link isn't valid"),
        ("de", "This link isn't valid"),
        ("*", "This link isn't valid"),
        ("%%%;q=x", "This link isn't valid"),
    ],
)
def test_a_dead_link_speaks_the_browsers_language(
    stage: Stage, reader: Reader, preferred: str, said: str
) -> None:
    url = f"{stage.bot.url}consent/x/"
    reader.opens(url, headers={"Accept-Language": preferred}).shows(said)


def test_who_works_for_the_partner_decides_nothing(stage: Stage, reader: Reader) -> None:
    trial, page = asked(stage, reader)
    stage.nora.says(f"roles {NEVER_IN_WEBEX} read-only").sees("New role for")
    refused = page.presses("Accept")
    assert refused.answer.status_code == 409
    refused.shows("You belong to the partner")
    assert stage.trial(trial.code).state == State.CONSENT


def test_pages_keep_to_themselves(stage: Stage, reader: Reader) -> None:
    _, page = asked(stage, reader)
    for found in (page.answer, requests.get(page.url.replace("consent/", "consent/x"), timeout=30)):
        headers = found.headers
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        assert headers["Cache-Control"] == "no-store"
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        [nonce] = re.findall(r"'nonce-([^']+)'", policy)
        assert found.text.count(f'nonce="{nonce}"') == found.text.count("<style") == 1
        assert "<script" not in found.text
        assert "style=" not in found.text
        assert re.findall(r'(?:src|action)="[^"]*"', found.text) == []
    cookie = page.answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie, "else a second link from web mail ends the first tab's form"
    assert "meadow" not in page.url.lower()


def test_without_a_mail_server_there_is_no_page(bare_stage: Stage) -> None:
    found = requests.get(f"{bare_stage.bot.url}consent/x/", timeout=30)
    assert (found.status_code, "This link" in found.text) == (404, False)


def test_of_many_answers_at_once_one_counts(stage: Stage, reader: Reader) -> None:
    trial, page = asked(stage, reader, stage.clara.email)
    card = stage.clara.sees("is asking for your consent")
    pages = [Reader(stage).opens(page.url) for _ in range(6)]
    with ThreadPoolExecutor(7) as crowd:
        pressed = crowd.submit(card.presses, "Accept")
        titles = ["Accept", "Decline"] * 3
        codes = list(crowd.map(lambda each, title: each.presses(title), pages, titles))
        pressed.result()
    stage.idle()
    with stage.database.reading() as session:
        facts = session.exec(select(History.what).where(col(History.trial_id) == trial.id)).all()
        answers = session.exec(select(Consent.answer)).all()
    assert len([fact for fact in facts if fact in (ACCEPTED, DECLINED)]) == 1
    assert len(answers) == 1
    assert sorted(each.answer.status_code for each in codes) in ([200] + [409] * 5, [409] * 6)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("pause", [0.0, 0.02, 0.05])
def test_a_killed_process_decides_once_or_not_at_all(
    sqlite_url: str, tmp_path: Path, pause: float
) -> None:
    """The decision and what the partner hears of it are one commit."""
    with Sandbox() as post:
        mail = {"SMTP_URL": post.mail_server.url, "TRIALBOT_MAIL_FROM": "bot@harbour.example"}
        with apart(sqlite_url, tmp_path, **mail) as alone:
            alone.start()
            stage = alone.stage
            stage.tom.says("help").sees("home")
            about = {"kind": "existing", "administrator": NEVER_IN_WEBEX}
            trial = stage.a_trial(**about)
            webex_is_at(stage.url, stage.clock.now() + timedelta(hours=2))
            stage.tom.says(f"resend {trial.code}")
            stage.tom.sees("The customer can consent").presses("Resend request")
            sent = wait_for(post.mails.all, "no e-mail came")
            page = Reader(stage).opens(link_in(sent[-1].view()))
            with ThreadPoolExecutor(1) as browser:
                pressing = browser.submit(page.presses, "Accept")
                time.sleep(pause)
                alone.kill()
                pressing.exception()
            alone.processes.start()
            again = wait_for(lambda: _pressed(page), "the page never came back", 30)
            assert again.answer.status_code in (200, 409)
            again.shows("accepted the trial")
            stage.tom.sees("accepted through the e-mail link", within=30)
            stage.tom.says("help").sees("home", within=30)
            # Killed between sending and noting it, the bot says it once more.
            assert stage.tom.count("accepted through the e-mail link") in (1, 2)
            with stage.database.reading() as session:
                facts = list(session.exec(select(History.what)))
            assert facts.count(ACCEPTED) == 1


def _pressed(page: Page) -> Page | None:
    """The page after a press; None while the bot starts."""
    try:
        pressed = page.presses("Accept")
    except requests.ConnectionError:
        return None
    return None if pressed.answer.status_code == 503 else pressed


def test_the_page_and_the_e_mail_speak_the_customers_language(stage: Stage, reader: Reader) -> None:
    trial = stage.a_trial(kind="existing", administrator=NEVER_IN_WEBEX, language="bg")
    webex_is_at(stage.url, stage.clock.now() + timedelta(hours=2))
    stage.tom.says(f"resend {trial.code}")
    stage.tom.sees("The customer can consent").presses("Resend request")
    mail = reader.gets("Прочетете и отговорете", to=NEVER_IN_WEBEX)
    assert mail["subject"] == "Пробен период на Webex за Meadow Foods"
    page = reader.opens(link_in(mail))
    assert '<html lang="bg">' in page.answer.text
    page.shows("Тази заявка е за").presses("Приеми").shows("прие пробния период на")
    stage.tom.sees("accepted through the e-mail link")


def test_web_and_worker_apart(postgres_url: str, tmp_path: Path) -> None:
    """The web process decides; the worker says so in Webex."""
    with Sandbox() as post:
        mail = {"SMTP_URL": post.mail_server.url, "TRIALBOT_MAIL_FROM": "bot@harbour.example"}
        commands = ["web", "worker"]
        with apart(postgres_url, tmp_path, commands=commands, **mail) as alone:
            alone.start()
            stage = alone.stage
            trial = stage.a_trial(kind="existing", administrator=NEVER_IN_WEBEX)
            webex_is_at(stage.url, stage.clock.now() + timedelta(hours=2))
            stage.tom.says(f"resend {trial.code}")
            stage.tom.sees("The customer can consent").presses("Resend request")
            sent = wait_for(post.mails.all, "no e-mail came")
            page = Reader(stage).opens(link_in(sent[-1].view()))
            page.presses("Decline").shows("declined the trial")
            stage.tom.sees("declined the trial through the e-mail link")
