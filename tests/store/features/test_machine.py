"""Random people do random things on random days; a small model predicts the results."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import Session, func, select

from store.act import Act
from store.database.database import Database
from store.features import (
    cancel,
    consent,
    convert,
    expiry,
    extend,
    let_go,
    note,
    partner_hub,
    provisioned,
    services,
)
from store.features.consent import (
    CONSENT_20,
    CONSENT_DECIDED,
    CONSENT_LAPSED,
    CONSENT_NOT_YOURS,
    CONSENT_WITHDRAWN,
)
from store.features.convert import CONVERSION
from store.features.expiry import (
    CALLING_STOPS,
    END,
    END_MINUS_14,
    GRACE_15,
    NUMBERS_7,
    NUMBERS_RELEASED,
)
from store.features.provisioned import PROVISIONING
from store.features.services import Wanted
from store.features.shared.open_changes import TO_BE_CANCELLED, TOO_LATE_TO_UNDO
from store.features.start import STARTED_BY
from store.refusals import (
    DAY_TOO_LATE,
    NOT_ALLOWED,
    NOTHING_FOR_YOU,
    NOTHING_TO_DO,
    WRONG_STATUS,
    Reason,
    Refused,
)
from store.rules.hub import NOT_ORDERED, open_changes
from store.rules.reminder_kinds import ReminderKind
from store.rules.statuses import status
from store.tables import History, Person, Reminder, Reservation, Trial, id_of
from store.terms import CancelledBy, Kind, Outcome, Service, State
from tests.store.cast import NOW, a_house, begun, meet
from tests.store.examples import CUSTOMERS

RIGHT = {"full", "admin"}  # the administrator starts every trial
STRANGERS = {"stranger", "rival"}
PEOPLE = ["admin"] * 4 + ["full"] * 4 + ["other", "reader", *sorted(STRANGERS)]
DAYS = [1, 2, 7, 20, 29, 30, 31, 45]
RUNNING = {"active", "grace"}
ASKING = {"to-request", "pending-consent"}
ACCEPTED = {"accepted-here", "pending-provisioning"}
LIVE = RUNNING | ASKING | ACCEPTED | {"to-start", "declined-here", "unsure"}
OVER = {"ended", "converted", "cancelled"}
ANY = LIVE | OVER
OPEN = ACCEPTED | {"to-start", "active"}
WHEN = {
    "record": ASKING | {"declined-here"},
    "resend": ASKING,
    "provisioned": ACCEPTED,
    "extend": RUNNING,
    "services": OPEN,
    "licences": OPEN,
    "let go": RUNNING,
    "order": RUNNING,
    "convert": RUNNING,
    "cancel": LIVE,
    "note": ANY,
    "confirm": ANY,
    "withdraw": ANY,
}
REPORTED = {PROVISIONING, CONVERSION}
"""Changes that somebody reports in their own words; all others are confirmed or withdrawn."""

STARTS = {"start", "add", "request"}
LEADS = STARTS | {"acceptance", "declined"}
KEEPS = {"extend", "cancel", "services", "licences"}
QUIET = {"cancel", "declined"}


@dataclass
class Model:
    """The expected facts of a trial: what is confirmed, and what is open, oldest first.

    `recorded`: consent, provisioning, active or how it is over. `day`: R or E. `card`: the answer
    on the newest consent card. `wanted`: the services of the open change.
    """

    recorded: str
    services: list[str]
    day: date | None = None
    licences: int = 100
    extensions: int = 0
    ordered: bool = False
    card: str = ""
    changes: int = 1
    open: list[str] = field(default_factory=list)
    wanted: list[str] = field(default_factory=list)

    def on(self, today: date) -> str:
        """The status by dates: R+30, E and E+30 are inclusive, and so is E+60 if it is unsure."""
        late = (today - self.day).days if self.day else 0
        if self.recorded == "consent":
            return "cancelled" if late > 30 else self.instead("pending-consent")
        if self.recorded == "provisioning":
            return self.instead("pending-provisioning")
        if self.recorded == "active" and late > 30:
            return "unsure" if "extend" in self.open and late <= 60 else "ended"
        return "grace" if self.recorded == "active" and late > 0 else self.recorded

    def instead(self, plain: str) -> str:
        """What a status is called while a change that leads to a running trial is open."""
        names = {"request": "to-request", "declined": "declined-here"}
        if self.recorded == "provisioning":
            names = {"start": "to-start", "add": "to-start", "acceptance": "accepted-here"}
        return next((names[each] for each in self.open if each in names), plain)

    def want(self, change: str) -> None:
        """Open a change instead of one of its kind."""
        self.drop(change)
        self.open.append(change)

    def drop(self, *changes: str) -> None:
        """Close changes, if they are open."""
        self.open = [each for each in self.open if each not in changes]

    def toggled(self) -> list[str]:
        """Other services than now: with Meetings instead of Calling, or Messaging alone."""
        return ["messaging"] if "meetings" in self.services else ["messaging", "meetings"]


class Life(RuleBasedStateMachine):
    """Trials of one partner that its people and some strangers try to change."""

    database: Database
    trials = Bundle("trials")
    touched: set[int] = set()

    @initialize()
    def begin(self) -> None:
        self.now = NOW
        self.models: dict[int, Model] = {}
        with self.database.transaction() as session:
            self.house = a_house(session, time_zone="UTC")
            rival = a_house(session, "summit").full
            self.people = {
                "full": self.house.full,
                "admin": self.house.admin,
                "other": self.house.other,
                "reader": self.house.reader,
                "rival": rival,
                "stranger": meet(session, "stranger@x.example", "org-x"),
            }

    @property
    def today(self) -> date:
        return self.now.date()

    @precondition(lambda self: len(self.models) < 3)
    @rule(target=trials, kind=st.sampled_from(Kind), calling=st.booleans())
    def start(self, kind: Kind, calling: bool) -> int:
        chosen = [Service.MESSAGING, *([Service.CALLING] if calling else [])]
        address = f"a@c{len(self.models)}.example"
        with self.database.transaction() as session:
            form: dict[str, Any] = {"kind": kind, "administrator": address, "services": chosen}
            form["done_on"] = None
            trial = begun(session, self.house, now=self.now, **form).trial
            meet(session, address, "org-customer")
        recorded, card = ("consent", "asked") if kind is Kind.EXISTING else ("provisioning", "")
        model = Model(recorded, [*chosen], card=card, open=[STARTED_BY[kind]])
        self.models[id_of(trial)] = model
        return id_of(trial)

    @rule(days=st.sampled_from(DAYS))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.touched = set(self.models)

    @rule(trial=trials, what=st.sampled_from(sorted(WHEN)), who=st.sampled_from(PEOPLE))
    def somebody_tries(self, trial: int, what: str, who: str) -> None:
        self.now += timedelta(hours=1)
        self.touched = {trial}
        model = self.models[trial]
        refused = self.try_it(trial, what, self.people[who])
        expected = self.refusal(model, what, who)
        assert refused == expected, (what, who, model)
        if refused is None:
            model.changes += 1
            self.follow(model, what)

    @rule(trial=trials, accept=st.booleans(), theirs=st.sampled_from([True, True, True, False]))
    def the_customer_answers(self, trial: int, accept: bool, theirs: bool) -> None:
        model = self.models[trial]
        if not model.card:
            return
        self.now += timedelta(hours=1)
        self.touched = {trial}
        refused = self.answer(trial, accept, theirs)
        if not theirs:
            assert refused == CONSENT_NOT_YOURS
            return
        lapsed = model.recorded == "consent" and model.on(self.today) == "cancelled"
        if lapsed or model.card == "lapsed":
            assert refused == CONSENT_LAPSED
        elif model.card == "withdrawn":
            assert refused == CONSENT_WITHDRAWN
        elif model.card != "asked":
            assert refused == CONSENT_DECIDED
        else:
            assert refused is None
            model.changes += 1
            self.answered(model, accept)

    def answer(self, trial: int, accept: bool, theirs: bool) -> Reason | None:
        """Answer on the newest card, as the customer's administrator or as a stranger."""
        facts: dict[str, Any] = {"room_id": "r", "direct": True, "full_access": True}
        try:
            with self.database.transaction() as session:
                card = consent.consents(session, trial)[-1]
                by = (
                    meet(session, card.email, "org-customer") if theirs else self.people["stranger"]
                )
                consent.decide(session, id_of(card), Act(by, self.now), accept=accept, **facts)
        except Refused as refusal:
            return refusal.reason
        return None

    def answered(self, model: Model, accept: bool) -> None:
        model.card = "answered"
        if accept:
            model.recorded = "provisioning"
            model.want("acceptance")
        elif "request" in model.open:
            self.over(model, "cancelled")
        else:
            model.want("declined")

    @rule(trial=trials, minutes=st.sampled_from([5, 10, 11]))
    def a_confirmation_is_taken_back(self, trial: int, minutes: int) -> None:
        before = replace(self.models[trial], open=[*self.models[trial].open])
        self.somebody_tries(trial, "confirm", "admin")
        model = self.models[trial]
        if model.changes == before.changes:
            return
        self.now += timedelta(minutes=minutes)
        with self.database.reading() as session:
            task = newest(session, trial)
        refused = self.tries(
            lambda session, act: partner_hub.undo(session, trial, act, task_id=task)
        )
        assert refused == (TOO_LATE_TO_UNDO if minutes > 10 else None)
        if refused is None:
            self.models[trial] = before
            before.changes += 2

    @rule(trial=trials)
    def the_date_is_written_down(self, trial: int) -> None:
        self.touched = {trial}
        model = self.models[trial]
        with self.database.transaction() as session:
            written = consent.lapse(session, trial, now=self.now)
            written = written or expiry.end(session, trial, now=self.now)
        shown = model.on(self.today)
        decided = shown in OVER and model.recorded not in OVER
        assert (written is not None) == decided
        if written:
            model.card = "lapsed" if model.card == "asked" else model.card
            self.over(model, shown)
            model.changes += 1

    def refusal(self, model: Model, what: str, who: str) -> Reason | None:
        if who in STRANGERS:
            return NOTHING_FOR_YOU
        if who not in RIGHT:
            return NOT_ALLOWED
        if model.on(self.today) not in WHEN[what]:
            return WRONG_STATUS
        if what in ("extend", "resend", "services", "licences") and "cancel" in model.open:
            return TO_BE_CANCELLED
        if what in ("confirm", "withdraw"):
            return self.refused_hub(model, what)
        return NOT_ORDERED if what == "convert" and not model.ordered else None

    def refused_hub(self, model: Model, what: str) -> Reason | None:
        if not model.open:
            return NOTHING_TO_DO
        if what == "withdraw":
            return None if model.open[0] in KEEPS else NOTHING_TO_DO
        late = (self.today - model.day).days if model.day else 0
        return DAY_TOO_LATE if model.open[0] == "extend" and late > 30 else None

    def follow(self, model: Model, what: str) -> None:
        if what == "confirm":
            self.confirm(model, model.open.pop(0))
        elif what == "withdraw":
            model.open.pop(0)
            if model.on(self.today) == "ended" and model.recorded == "active":
                self.over(model, "ended")
                model.changes += 1
        elif what in ("services", "licences"):
            self.wants(model, what)
        elif what == "extend":
            model.want("extend")
        elif what == "let go":
            model.drop("extend")
        elif what == "resend":
            model.card = "asked"
        elif what == "convert":
            self.over(model, "converted")
        elif what == "cancel":
            self.cancel(model)
        else:
            self.report(model, what)

    def report(self, model: Model, what: str) -> None:
        if what == "record":
            model.recorded, model.day = "provisioning", None
            model.card = "answered" if model.card == "asked" else model.card
            model.drop(*LEADS)
        elif what == "provisioned":
            self.runs(model)
        model.ordered = model.ordered or what == "order"

    def wants(self, model: Model, what: str) -> None:
        """Open a change of services or licences; what Cisco doesn't know changes at once."""
        model.wanted = model.toggled() if what == "services" else model.wanted
        if STARTS & set(model.open):
            self.apply(model, what)
        else:
            model.want(what)

    def apply(self, model: Model, what: str) -> None:
        if what == "services":
            model.services = model.wanted
        else:
            model.licences = 300 - model.licences

    def cancel(self, model: Model) -> None:
        model.card = "withdrawn" if model.card == "asked" else model.card
        if STARTS & set(model.open):
            self.over(model, "cancelled")
        else:
            model.want("cancel")

    def confirm(self, model: Model, change: str) -> None:
        if change in QUIET:
            self.over(model, "cancelled")
        elif change == "request":
            model.day = self.today if model.recorded == "consent" else None
        elif change in ("services", "licences"):
            self.apply(model, change)
        elif change == "extend":
            model.day, model.extensions = self.today + timedelta(days=30), model.extensions + 1
        elif change != "acceptance":
            self.runs(model)

    def runs(self, model: Model) -> None:
        model.recorded, model.day = "active", self.today + timedelta(days=30)
        model.drop(*LEADS)

    def over(self, model: Model, recorded: str) -> None:
        model.recorded, model.open = recorded, []
        model.card = "withdrawn" if model.card == "asked" else model.card

    def try_it(self, trial: int, what: str, by: Person) -> Reason | None:
        model = self.models[trial]
        facts: dict[str, Any] = {"act": Act(by, self.now)}
        if what == "services":
            facts["wanted"] = Wanted([Service(name) for name in model.toggled()])
        if what == "licences":
            facts["licences"] = 300 - model.licences
        return self.tries(lambda session, _: self.acts[what](session, trial, self.today, facts))

    def tries(self, change: Callable[[Session, Act], object]) -> Reason | None:
        """Run an operation as the administrator, unless it brings its own act."""
        try:
            with self.database.transaction() as session:
                change(session, Act(self.people["admin"], self.now))
        except Refused as refusal:
            return refusal.reason
        return None

    acts: dict[str, Callable[[Session, int, date, dict[str, Any]], object]] = {
        "record": lambda session, trial, today, facts: consent.record(
            session, trial, accepted=True, day=today, full_access=True, **facts
        ),
        "resend": lambda session, trial, today, facts: consent.resend(session, trial, **facts),
        "provisioned": lambda session, trial, today, facts: provisioned.provisioned(
            session, trial, day=today, **facts
        ),
        "extend": lambda session, trial, today, facts: extend.extend(
            session, trial, days=30, shorten=True, **facts
        ),
        "services": lambda session, trial, today, facts: services.set_services(
            session, trial, sure=True, **facts
        ),
        "licences": lambda session, trial, today, facts: services.set_licences(
            session, trial, device_licences=None, **facts
        ),
        "let go": lambda session, trial, today, facts: let_go.let_go(
            session, trial, outcome=Outcome.PRICE, **facts
        ),
        "order": lambda session, trial, today, facts: convert.ordered(
            session, trial, order_number="A1", day=today, **facts
        ),
        "convert": lambda session, trial, today, facts: convert.converted(
            session, trial, day=today, why="by phone", **facts
        ),
        "cancel": lambda session, trial, today, facts: cancel.cancel(
            session,
            trial,
            whose=CancelledBy.PARTNER,
            typed=session.get_one(Trial, trial).code,
            **facts,
        ),
        "confirm": lambda session, trial, today, facts: partner_hub.done_on(
            session, trial, task_id=oldest(session, trial), **facts
        ),
        "withdraw": lambda session, trial, today, facts: partner_hub.withdraw(
            session, trial, task_id=oldest(session, trial), **facts
        ),
        "note": lambda session, trial, today, facts: note.note(session, trial, text="n", **facts),
    }

    @invariant()
    def the_store_agrees_with_the_model(self) -> None:
        if not self.touched:
            return
        with self.database.reading() as session:
            for trial_id in self.touched:
                model = self.models[trial_id]
                trial = session.get_one(Trial, trial_id)
                assert status(trial, self.today) == model.on(self.today)
                assert trial.version == model.changes
                lines = select(func.count()).where(History.trial_id == trial_id)
                assert session.exec(lines).one() == model.changes
                waiting = [task.change for task in open_changes(trial)]
                assert [each for each in waiting if each not in REPORTED] == model.open
                assert {row.service for row in trial.services} == set(model.services)
                assert (trial.licences, trial.extensions) == (model.licences, model.extensions)
                self.check_what_hangs_on(session, trial, model)
        self.touched = set()

    def check_what_hangs_on(self, session: Session, trial: Trial, model: Model) -> None:
        over = trial.state in (State.ENDED, State.CONVERTED, State.CANCELLED)
        held = session.exec(select(Reservation.key).where(Reservation.trial_id == trial.id)).all()
        kept = set(model.services) | set(model.wanted if "services" in model.open else ())
        assert {key.rpartition(":")[2] for key in held} == (set() if over else kept)
        rows = session.exec(select(Reminder).where(Reminder.trial_id == trial.id)).all()
        bells = {ReminderKind.of(row.kind) for row in rows}
        if trial.state is State.ENDED:
            bells -= {CALLING_STOPS, NUMBERS_7, NUMBERS_RELEASED}
        if over:
            assert not bells
            return
        assert (trial.ends, trial.asked_on) in ((model.day, trial.asked_on), (None, model.day))
        confirmed = trial.ends or (trial.asked_on if trial.state is State.CONSENT else None)
        dated = [row for row in rows if row.kind in OF_A_DATE]
        assert all(row.anchor == confirmed for row in dated)
        if QUIET & set(model.open):
            assert not bells & (CUSTOMERS | {END_MINUS_14, CONSENT_20, GRACE_15})


OF_A_DATE = {END_MINUS_14, END, GRACE_15, CONSENT_20}


def oldest(session: Session, trial_id: int) -> int:
    """The oldest change that can be confirmed; 0 if there is none."""
    trial = session.get_one(Trial, trial_id)
    ids = [id_of(task) for task in open_changes(trial) if task.change not in REPORTED]
    return min(ids, default=0)


def newest(session: Session, trial_id: int) -> int:
    """The change that was confirmed last."""
    done = [task for task in session.get_one(Trial, trial_id).hub_tasks if task.done_at]
    return id_of(max(done, key=lambda task: (task.done_at, task.id)))


def test_the_store_matches_the_model_whatever_people_do(
    sqlite_template: Path, tmp_path: Path
) -> None:
    file = tmp_path / "life.db"

    class Fresh(Life):
        @initialize()
        def begin(self) -> None:
            shutil.copyfile(sqlite_template, file)
            self.database = Database(f"sqlite:///{file}")
            super().begin()

        def teardown(self) -> None:
            if hasattr(self, "database"):
                self.database.close()
            for rest in file.parent.glob("life.db*"):
                rest.unlink()

    run_state_machine_as_test(
        Fresh,
        settings=settings(
            max_examples=25,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
