"""Roles: given by address, bound to a person, changed, removed; one full administrator remains."""

from store.features import roles
from store.features.shared import people
from store.terms import Role
from tests.stage import Stage


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
