"""Roles: given by address, bound to a person, changed, removed; one full administrator remains."""

from pathlib import Path

from sqlmodel import col, select

from store.features import roles
from store.features.shared import people
from store.tables import RoleRow, Trial
from store.terms import Role
from tests.people import Person
from tests.rooms import add_person, adds, anew, moves, shown
from tests.stage import HARBOUR, Stage, staged


def role_of(stage: Stage, who: str, partner_id: int = 1) -> Role | None:
    with stage.database.reading() as session:
        person = people.known(session, getattr(stage, who).about["personId"])
        return people.role_of(session, person, partner_id) if person else None


def test_a_full_administrator_gives_changes_and_removes_roles(stage: Stage) -> None:
    nora, ben = stage.nora, stage.ben
    card = (
        nora.says("roles")
        .sees("People at Harbour Networks", "Viktor Hahn", "read-only")
        .lacks("Petra")
    )
    values = {"email.roles.give": ben.email, "role.roles.give": "read-only"}
    card.fills(**values).presses("Save role")
    card = nora.sees("New role for ben.carter@meadow.example: Partner read-only administrator")
    card.shows("not seen in Webex yet")
    stage.ben.says("home").sees("Partner read-only administrator")
    card.fills(**values | {"role.roles.give": "admin"}).presses("Save role")
    card = nora.sees("New role for Ben Carter: Partner administrator")
    ben_id = next(
        c["value"] for c in card.inputs["person.roles.take"]["choices"] if "Ben" in c["title"]
    )
    card.fills(**{"person.roles.take": ben_id}).presses("Remove role")
    card = nora.sees("Tick this box")
    card.fills(**{"person.roles.take": ben_id, "sure.roles.take": True}).presses("Remove role")
    nora.sees("Ben Carter no longer has a role")
    stage.ben.says("home").sees("You need a role at a Webex partner").lacks("Harbour")
    assert role_of(stage, "ben") is None


def test_roles_can_be_typed_by_their_new_and_old_names(stage: Stage) -> None:
    nora = stage.nora
    for typed, role in (
        ("sales administrator", Role.ADMIN),
        ("Sales full administrator", Role.FULL),
        ("partner read-only administrator", Role.READ_ONLY),
    ):
        nora.says(f"roles {stage.ben.email} {typed}").sees("New role for", ": Partner")
        stage.ben.says("home").sees("Harbour Networks")
        assert role_of(stage, "ben") is role
        with stage.database.transaction() as session:
            ben = people.known(session, stage.ben.about["personId"])
            roles.take(session, 1, person_id=ben.id, by=None)
    nora.says(f"roles {stage.ben.email} boss")
    card = nora.sees("Choose one of the options")
    assert card.inputs["email.roles.give"]["value"] == stage.ben.email
    nora.says("roles ben admin").sees("ben isn't a valid e-mail address")


def test_the_last_full_administrator_cannot_be_removed(stage: Stage) -> None:
    nora = stage.nora
    nora.says(f"roles {nora.email} admin").sees("at least one full administrator")
    card = nora.says("roles").sees("People at Harbour Networks")
    own = next(
        c["value"] for c in card.inputs["person.roles.take"]["choices"] if "Nora" in c["title"]
    )
    card.fills(**{"person.roles.take": own, "sure.roles.take": True}).presses("Remove role")
    nora.sees("at least one full administrator")
    assert role_of(stage, "nora") is Role.FULL
    nora.says(f"roles {stage.tom.email} full").sees("New role for Tom Okafor")
    card = nora.says("roles").sees("People at Harbour Networks")
    card.fills(**{"person.roles.take": own, "sure.roles.take": True}).presses("Remove role")
    nora.sees("Nora Lindqvist no longer has a role").lacks("Viktor")
    nora.says("roles").sees("nothing I can show you here")


def test_a_role_stays_with_the_first_person_at_its_address(stage: Stage) -> None:
    stage.nora.says(f"roles {stage.ben.email} admin").sees("New role for")
    stage.ben.says("home").sees("Harbour Networks")
    with stage.database.transaction() as session:
        for who, address in (
            (stage.ben, "ben.moved@meadow.example"),
            (stage.lena, stage.ben.email),
        ):
            people.meet(
                session,
                who.about["personId"],
                emails=[address],
                name=who.name,
                org_id=who.about["orgId"],
                now=stage.clock.now(),
            )
    assert role_of(stage, "ben") is Role.ADMIN
    stage.lena.says("home").sees("You need a role at a Webex partner").lacks("Harbour")


def test_a_read_only_person_sees_roles_but_cannot_change_them(stage: Stage) -> None:
    nora, viktor, tom = stage.nora, stage.viktor, stage.tom
    card = viktor.says("roles").sees("People at Harbour Networks", "Nora Lindqvist")
    assert card.buttons == []
    viktor.says(f"roles {viktor.email} full").sees("Your role doesn't allow this")
    assert nora.says("roles").sees("People at Harbour").buttons[0] == "Give or change a role…"
    give = {"form": "roles.give", "partner": 1, "role": "full", "email": tom.email}
    take = {"form": "roles.take", "partner": 1, "sure": "true", "person": 1}
    for person in (viktor, tom):
        for inputs in (give, take):
            person.finds("People at Harbour").submits(inputs)
            person.sees("Your role doesn't allow this")
    petra = stage.petra
    there = petra.says("roles").sees("People at Summit Voice").lacks("Nora", "Harbour")
    for inputs in (give, take):
        there.submits(inputs)
        petra.sees("there's nothing I can show you here")
        alone = petra.alone().says("help").sees("Commands")
        alone.submits(inputs)
        alone.who.sees("nothing I can show you here")
    assert (role_of(stage, "tom"), role_of(stage, "viktor")) == (Role.ADMIN, Role.READ_ONLY)


def test_a_person_can_act_for_all_their_partners_one_to_one(stage: Stage) -> None:
    stage.petra.says(f"roles {stage.nora.email} full").sees("New role for Nora Lindqvist")
    alone = stage.nora.alone()
    alone.says("roles")
    summit = alone.sees("People at Summit Voice")
    assert alone.finds("People at Harbour Networks")
    summit.fills(**{"email.roles.give": stage.ben.email}).presses("Save role")
    alone.sees(f"New role for {stage.ben.email}", "People at Summit Voice")
    stage.nora.says("roles").sees("People at Harbour Networks").lacks("Ben", "Summit")
    summit.who = stage.nora
    stage.nora.sees("People at Harbour Networks").submits(
        {"form": "roles.give", "partner": 2, "role": "full", "email": stage.tom.email}
    )
    stage.nora.sees("belongs to another partner")
    assert role_of(stage, "tom", 2) is None


# ------------------------------------------------------------------ accounts made anew


def test_a_new_account_gets_its_role_and_trials_with_one_press(stage: Stage) -> None:
    trial = stage.a_trial()
    tom, nora = anew(stage.tom).alone(), stage.nora.alone()
    tom.says(f"show {trial.code}").sees("You have a new Webex account", "I've asked").lacks(
        "Meadow"
    )
    told = nora.sees("Tom Okafor (tom.okafor@harbour.example) has a new Webex account")
    told.shows("The role at Harbour Networks belongs to the former account")
    for said in ("home", "list", "start", f"extend {trial.code}"):
        tom.says(said).sees("You have a new Webex account").lacks("Meadow")
    stage.idle()
    assert nora.count("has a new Webex account") == 1
    told.presses("Give the role to the new account")
    nora.sees("New role for Tom Okafor: Partner administrator", "People at Harbour Networks")
    tom.sees("Your role at Harbour Networks now belongs to this account")
    tom.says(f"extend {trial.code}").sees("days from today")
    assert role_of(stage, "tom") is None
    assert owners(stage, trial) == [tom.about["personId"]]
    told.presses("Give the role to the new account")
    nora.sees("Nothing to change")
    nora.says(f"history {trial.code}").sees("tom.okafor@harbour.example")


def test_a_new_account_in_its_partners_space_is_told_there(stage: Stage) -> None:
    tom = anew(stage.tom)
    adds(stage.nora, stage.rooms["partner-space"], tom.about)
    tom.says("list").sees("You have a new Webex account")
    stage.nora.alone().sees("Tom Okafor", "has a new Webex account")
    there = stage.rooms["other-partner-space"]
    adds(stage.petra, there, tom.about)
    tom.in_room(there).says("list").sees("nothing I can show you here").lacks("new Webex account")


def test_the_only_full_administrators_new_account_is_reported_to_the_operators(
    database_url: str, stage: Stage, tmp_path: Path
) -> None:
    stage.bot.stop()
    with staged(database_url, tmp_path, operators=(stage.jo.email,)) as stage:
        nora = anew(stage.nora).alone()
        nora.says("roles").sees("You have a new Webex account", "I've asked")
        told = stage.jo.sees("Nora Lindqvist", "has a new Webex account", "Harbour Networks")
        press = told.press_of("Give the role to the new account")
        for who in (nora, stage.petra, stage.petra.alone(), stage.tom, stage.clara):
            refused(who, press)
        stage.tom.sees("Your role doesn't allow this")
        told.presses("Give the role to the new account")
        stage.jo.sees("New role for Nora Lindqvist: Partner full administrator").lacks("Tom")
        nora.sees("now belongs to this account: Partner full administrator")
        card = nora.says("roles").sees("People at Harbour Networks")
        assert card.buttons[0] == "Give or change a role…"
        with stage.database.reading() as session:
            full = select(RoleRow).where(RoleRow.partner_id == 1, col(RoleRow.role) == Role.FULL)
            assert len(session.exec(full).all()) == 1


def refused(who: Person, press: dict[str, object]) -> None:
    """Somebody sends a press that isn't for them; nothing comes of it."""
    card = who.says("help").sees("Commands")
    card.submits(press)
    who.sees_nothing_of("New role for")


def test_without_anybody_to_ask_a_new_account_is_told_what_to_do(stage: Stage) -> None:
    nora = anew(stage.nora).alone()
    nora.says("home").sees("You have a new Webex account", "Ask my operator")
    nora.says("setup")
    adds(stage.tom, stage.rooms["partner-space"], nora.about)
    nora.in_room(stage.rooms["partner-space"]).says("setup").sees("You have a new Webex account")


def test_an_account_from_elsewhere_with_the_same_address_is_a_stranger(stage: Stage) -> None:
    stage.nora.says(f"roles {stage.jo.email} admin").sees("New role for")
    stage.jo.says("home").sees("Harbour Networks")
    for person, org in ((stage.tom, {"org": "other-partner"}), (stage.jo, {"org": "consumer"})):
        new = anew(person, **org).alone()
        new.says("home").sees("You need a role at a Webex partner").lacks("Harbour")
        new.says("list").sees("nothing I can show you here").lacks("new Webex account")
    stage.idle()
    assert stage.nora.alone().messages() == []
    assert role_of(stage, "tom") is Role.ADMIN


def test_an_address_that_its_owner_gave_up_gives_nobody_their_role(stage: Stage) -> None:
    """A colleague who gets the address later isn't a new account of the one who had it."""
    old = stage.tom.email
    moves(stage.tom, "tom.adler@harbour.example")
    shown(stage, stage.tom)
    kim = add_person(stage, "Kim Berg", old, org="partner")
    kim.says("list").sees("nothing I can show you here").lacks("new Webex account")
    stage.tom.says("list").sees("Trials")
    stage.idle()
    assert stage.nora.alone().messages() == []


def test_forged_moves_of_a_role_change_nothing(stage: Stage) -> None:
    ids = [row.person_id for row in rows(stage)]
    card = stage.nora.alone().says("help").sees("Commands")
    for former, person in ((ids[1], ids[2]), (ids[1], ids[1]), (999, ids[1]), (ids[1], 999)):
        about = {"form": "roles.move", "partner": 1, "former": former, "person": person}
        card.submits(about)
        card.who.sees("Nothing to change")
    assert [(row.person_id, row.role) for row in rows(stage)] == [
        (row, role) for row, role in zip(ids, HARBOUR.values(), strict=True)
    ]


def rows(stage: Stage) -> list[RoleRow]:
    """Harbour's roles."""
    with stage.database.reading() as session:
        ours = select(RoleRow).where(RoleRow.partner_id == 1).order_by(col(RoleRow.id))
        return list(session.exec(ours))


def owners(stage: Stage, trial: Trial) -> list[str | None]:
    """The accounts that may change a trial as its owners."""
    with stage.database.reading() as session:
        found = session.get_one(Trial, trial.id)
        ids = people.owners(session, found, stage.clock.today())
        return [session.get_one(people.Person, number).webex_id for number in ids]
