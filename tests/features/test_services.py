"""Services and licences: adding, removing, changing; old and new values; Partner Hub tasks."""

from sqlmodel import select

from store.features.expiry import CALLING_STOPS, NUMBERS_7, NUMBERS_RELEASED
from store.features.services import SERVICE_CHANGE
from store.tables import Person, Probe, Trial
from store.terms import Service
from tests.stage import Stage


def services_of(trial: Trial) -> set[Service]:
    return {Service(row.service) for row in trial.services}


def test_enterprise_edition_asks_for_its_site_and_history_has_the_change(stage: Stage) -> None:
    trial = stage.a_trial(done_on=stage.clock.today())
    stage.tom.says(f"services {trial.code}")
    form = stage.tom.sees("Now: Messaging, with 100 licences")
    form.fills(services="messaging,meetings", meetings_options="enterprise").presses(
        "Save services"
    )
    form = stage.tom.sees("This is required")
    assert services_of(stage.trial(trial.code)) == {Service.MESSAGING}
    form.fills(site="Meadow", site_time_zone="sofia").presses("Save services")
    card = stage.tom.sees("Services: Messaging → Messaging and Meetings", "meadow.webex.com")
    card.shows(
        "To do in Partner Hub: Change the services",
        "Press *Edit* next to Trial",
        "Tick Messaging and",
    )
    card.shows("Enter the site URL meadow.webex.com and the time zone Europe/Sofia")
    card.shows("wanted: Messaging and Meetings")
    assert services_of(stage.trial(trial.code)) == {Service.MESSAGING}
    card.presses("Done in Partner Hub today")
    card = stage.tom.sees("Done in Partner Hub on").lacks("wanted")
    assert stage.trial(trial.code).site_time_zone == "Europe/Sofia"
    card.presses("History")
    history = stage.tom.sees("asked to change the services", "Messaging → Messaging and Meetings")
    history.shows("Tom Okafor changed the services", "Enterprise Edition")


def test_a_change_already_made_in_partner_hub_needs_no_steps(stage: Stage) -> None:
    trial = stage.a_trial(done_on=stage.clock.today())
    stage.tom.says(f"services {trial.code}")
    form = stage.tom.sees("Now: Messaging").fills(services="messaging,calling", locations=2)
    form.fills(done_on="2026-12-02").presses("Save services")
    form = stage.tom.sees("Wed, 2 Dec 2026 is in the future")
    form.fills(done_on="2026-12-01").presses("Save services")
    stage.tom.sees("Calling locations: 0 → 2").lacks("To do in Partner Hub")
    [task] = [t for t in stage.trial(trial.code).hub_tasks if t.change == SERVICE_CHANGE]
    assert task.done_on == stage.clock.today()


def test_removing_calling_lists_the_losses_and_asks_to_confirm(stage: Stage) -> None:
    trial = stage.a_trial(services=["messaging", "calling"])
    assert "calling+30" in stage.open_reminders(trial)
    stage.tom.says(f"services {trial.code}")
    form = stage.tom.sees("Now: Messaging and Calling").lacks("remove it")
    form.fills(services="messaging").presses("Save services")
    form = stage.tom.sees("Calling: it stops at once", "Tick the box to confirm")
    assert services_of(stage.trial(trial.code)) == {Service.MESSAGING, Service.CALLING}
    form.fills(sure=True).presses("Save services")
    card = stage.tom.sees("Services: Messaging and Calling → Messaging")
    assert "calling+30" in stage.open_reminders(trial)
    card.presses("Done in Partner Hub today")
    stage.tom.sees("Done in Partner Hub on")
    kept = stage.open_reminders(trial)
    assert "end" in kept
    assert not {CALLING_STOPS, NUMBERS_7, NUMBERS_RELEASED} & set(kept)


def test_removing_the_last_service_or_changing_nothing_is_refused(stage: Stage) -> None:
    trial = stage.a_trial()
    alone = stage.tom.alone()
    alone.says(f"services {trial.code}")
    alone.sees("Now: Messaging").fills(services="").presses("Save services")
    form = alone.sees("needs at least one service", "cancel it or let it expire")
    form.fills(services="messaging").presses("Save services")
    alone.sees("Nothing to change")
    assert stage.trial(trial.code).version == trial.version


def test_a_service_on_trial_elsewhere_is_refused_anonymously(stage: Stage) -> None:
    theirs = {"services": ["calling", "meetings"], "meetings_options": ["enterprise"]}
    site = {"site": "meadow", "site_time_zone": "Europe/Sofia"}
    stage.a_trial("petra", "other-partner-space", **theirs, **site, company="Meadow Ltd")
    trial = stage.a_trial()
    stage.tom.says(f"services {trial.code}")
    form = stage.tom.sees("Now: Messaging").fills(services="messaging,calling")
    form.presses("Save services")
    form = stage.tom.sees("Calling: already on trial with this customer").lacks("Summit", "Ltd")
    assert services_of(stage.trial(trial.code)) == {Service.MESSAGING}
    form.fills(services="messaging,devices").presses("Save services")
    stage.tom.sees("Device licences: 0 → 5").lacks("Summit")

    other = stage.a_trial(administrator="lena@elsewhere.example", company="Elsewhere")
    stage.nora.says(f"services {other.code}")
    form = stage.nora.sees("Now: Messaging").fills(services="messaging,meetings")
    form.fills(meetings_options="enterprise", **site).presses("Save services")
    stage.nora.sees("site URL is already taken").lacks("Summit", "Ltd")
    assert stage.trial(other.code).site == ""
    with stage.database.reading() as session:  # limited to ten an hour
        probes = [
            session.get_one(Person, row.person_id).email for row in session.exec(select(Probe))
        ]
    assert probes == [stage.tom.email, stage.nora.email]


def test_a_service_in_our_own_trial_links_to_that_trial(stage: Stage) -> None:
    stage.a_trial(services=["meetings"])
    trial = stage.a_trial()
    stage.tom.says(f"services {trial.code}")
    stage.tom.sees("Now: Messaging").fills(services="messaging,meetings").presses("Save services")
    stage.tom.sees("already has your trial", "This customer already has")
    assert services_of(stage.trial(trial.code)) == {Service.MESSAGING}


def test_a_licence_change_shows_both_values_and_warns_above_a_thousand(stage: Stage) -> None:
    trial = stage.a_trial(done_on=stage.clock.today())
    alone = stage.tom.alone()
    alone.says(f"services {trial.code}")
    form = alone.sees("with 100 licences each")
    form.fills(**{"licences.licences": 2000}).presses("Save licences")
    form = alone.sees("That's unusual")
    assert stage.trial(trial.code).licences == 100
    form.fills(**{"many.licences": True}).presses("Save licences")
    alone.sees("Licences: 100 → 2,000", "set the licence quantity to 2,000")
    stage.tom.sees("Licences: 100 → 2,000")
    stage.viktor.says(f"history {trial.code}").sees("asked to change the licences", "100 → 2000")


def test_only_people_who_may_change_the_trial_can_change_its_services(stage: Stage) -> None:
    trial = stage.a_trial()
    stage.tom.says(f"services {trial.code}")
    stage.tom.sees("Now: Messaging")
    for bystander in (stage.viktor, stage.ines):
        bystander.says(f"services {trial.code}").sees("Your role doesn't allow this")
        form = bystander.finds("Now: Messaging").fills(services="messaging,calling")
        form.presses("Save services")
        bystander.sees("Your role doesn't allow this")
    free = {"trial": trial.id, "version": trial.version, "services": "calling", "sure": "true"}
    for stranger in (stage.petra, stage.jo, stage.clara):
        stranger.says("help").sees("help").submits({"form": "trial.services", **free})
        stranger.sees("Sorry").lacks("Meadow", trial.code)
        licences = {"form": "trial.licences", **free, "licences": 7}
        stranger.says("help").sees("help").submits(licences)
        stranger.sees("Sorry").lacks("Meadow", trial.code)
    assert stage.trial(trial.code).version == trial.version


def test_a_press_on_an_old_form_shows_the_current_card(stage: Stage) -> None:
    trial = stage.a_trial()
    alone = stage.tom.alone()
    alone.says(f"services {trial.code}")
    old = alone.sees("Now: Messaging")
    stage.nora.says(f"services {trial.code}")
    form = stage.nora.sees("Now: Messaging").fills(services="messaging,calling")
    form.presses("Save services")
    stage.nora.sees("Services: Messaging →")
    old.fills(services="messaging,devices").presses("Save services")
    alone.sees("That card is out of date", "wanted: Messaging and Calling")
    assert services_of(stage.trial(trial.code)) == {Service.MESSAGING}
