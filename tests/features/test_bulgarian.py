"""Conversations in Bulgarian, from the words that people type to what they read."""

import re
from datetime import date, timedelta

import pytest

from store.terms import State
from tests.cards.test_bulgarian import english_in
from tests.cards.test_translatable import shown
from tests.features.test_consent import start
from tests.lives import ending, without_digest
from tests.people import Message, plain
from tests.stage import Stage

NAMES = re.compile(r"(?:Clara|Ines|Jo|Viktor|Lena|Samir) \w+|Soon Over|In Grace")


@pytest.fixture
def bulgarian(stage: Stage) -> Stage:
    """The partner's space, in Bulgarian."""
    without_digest(stage)
    stage.nora.says("language bg").sees("български")
    return stage


def only_bulgarian(message: Message) -> Message:
    """Assert that a message has no English, but for names."""
    said = [plain(text) for text in (*message.text.split("\n"), *shown(message.card))]
    left = {line: list(english_in(NAMES.sub("·", line))) for line in said}
    assert {line: words for line, words in left.items() if words} == {}
    return message


def test_a_trial_from_start_to_extension_and_back_to_english(bulgarian: Stage) -> None:
    stage = bulgarian
    stage.tom.says("започни")
    about = {"kind": "new", "company": "Meadow Foods", "administrator": stage.clara.email}
    where = {"vertical": "retail", "country": "Германия", "supported": True}
    form = only_bulgarian(stage.tom.sees("Стъпка 1 от"))
    form.fills(**about, **where).presses("Напред")
    form = only_bulgarian(stage.tom.sees("Стъпка 2 от"))
    form.fills(services="messaging").presses("Напред")
    check = only_bulgarian(stage.tom.sees("Проверка и запис", "Германия"))
    check.fills(done_on=stage.clock.today()).presses("Запази")
    saved = only_bulgarian(stage.tom.sees("Запазено: пробен период T-", "остават 30 дни"))
    code = saved.text.split("пробен период ")[1].split(" ")[0]

    stage.tom.says(f"покажи {code}")
    shown = stage.tom.sees(code, "Активен пробен период (Trial active)", "Изтича на")
    only_bulgarian(shown).presses("Удължи…")
    sheet = only_bulgarian(stage.tom.sees("Удължаването се брои от днес"))
    sheet.fills(days="30", done_on=stage.clock.today(), shorten=True).presses("Удължи")
    only_bulgarian(stage.tom.sees(code, "остават 30 дни"))

    stage.tom.says("списък изтичащи")
    only_bulgarian(stage.tom.sees("Пробни периоди, които изтичат", code))
    stage.tom.says(f"история {code}")
    only_bulgarian(stage.tom.sees("Tom Okafor", "запази пробния период"))
    stage.tom.says(f"show {code}").sees("Активен пробен период")
    stage.nora.says("език английски").sees("I'll use English here from now on")
    stage.tom.says(f"виж {code}").sees(code, "Trial active · 30 days left")


def test_a_customer_decides_in_their_own_language(stage: Stage) -> None:
    trial = start(stage, language="bg")
    asked = stage.clara.sees("Tom Okafor", "от Harbour Networks иска съгласието Ви", "30 дни")
    only_bulgarian(asked).fills(full_access=True).presses("Приеми")
    only_bulgarian(stage.clara.sees("Благодаря! Приехте пробния период"))
    stage.tom.sees("Clara Bauer accepted on the Webex card and gave you full administrator access")
    assert stage.trial(trial.code).state == State.PROVISIONING


def test_refusals_and_near_misses(bulgarian: Stage) -> None:
    stage = bulgarian
    trial = stage.a_trial()
    stage.viktor.says(f"удължи {trial.code}")
    only_bulgarian(stage.viktor.sees("Ролята Ви не позволява това"))
    stage.tom.says(f"удалжи {trial.code}")
    meant = stage.tom.sees("Може би имате предвид", f"удължи {trial.code}")
    meant.presses(f"удължи {trial.code}")
    only_bulgarian(stage.tom.sees("Удължаването се брои от днес"))
    stage.tom.says("абракадабра")
    only_bulgarian(stage.tom.sees("Не познавам „абракадабра“. Напишете помощ"))
    stage.tom.says("помощ")
    only_bulgarian(stage.tom.sees("Команди", "покажи X", "удължи X", "изпрати отново X"))
    stage.tom.says("списък утре").sees("Няма списък с име „утре“", "изтичащи, чакащи")
    stage.tom.says("задачи").sees("За вършене в Partner Hub")


def test_reminders_come_in_the_spaces_and_the_customers_language(bulgarian: Stage) -> None:
    stage = bulgarian
    trial = stage.a_trial(language="bg", customer_notices=True)
    assert trial.ends is not None
    stage.clock.at(trial.ends - timedelta(days=14))
    only_bulgarian(stage.tom.sees(trial.code, "изтича на"))
    stage.clock.at(trial.ends - timedelta(days=7))
    only_bulgarian(stage.clara.sees("Пробният Ви период на Webex изтича на"))
    stage.clock.at(trial.ends + timedelta(days=1))
    only_bulgarian(stage.nora.sees(trial.code, "гратисният период изтича на"))


def test_roles_handovers_and_days_are_typed_in_bulgarian(bulgarian: Stage) -> None:
    stage = bulgarian
    trial = stage.a_trial()
    stage.nora.says(f"роли {stage.jo.email} само за четене")
    only_bulgarian(stage.nora.sees("Администратор на партньора само за четене"))
    stage.nora.says(f"предай Tom {stage.ines.email} до 24 декември 2026 г.")
    stage.nora.sees("Предаден е 1 пробен период от Tom Okafor на")
    stage.nora.says(f"история {trial.code}").sees(stage.ines.email, "до чт, 24.12.2026")
    stage.nora.says(f"роли {stage.jo.email} шеф").sees("Изберете една от възможностите")


def test_the_summary_and_the_morning_card(stage: Stage) -> None:
    stage.nora.says("language bg").sees("български")
    stage.a_trial(company="Soon Over", **ending(date(2026, 12, 20)))
    stage.a_trial(company="In Grace", administrator="g@g.example", **ending(date(2026, 11, 20)))
    stage.clock.at(date(2026, 12, 7), 8, 59)
    stage.clock.at(date(2026, 12, 7))
    week = stage.nora.sees("Следващите две седмици от пн, 7.12.2026", "остават 13 дни")
    only_bulgarian(week)
    without_digest(stage)
    stage.a_trial(administrator="m@m.example", **ending(date(2026, 12, 27)))
    stage.clock.at(date(2026, 12, 20))
    card = only_bulgarian(stage.nora.sees("3 напомняния за днес", "изтича днес"))
    card.opens("Soon Over", "Покажи")
    assert "Удължи…" in only_bulgarian(stage.nora.sees("Изтича на", "Soon Over")).buttons
