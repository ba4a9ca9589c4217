"""The command line: what an operator types and what is printed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result
from pydantic import ValidationError
from sqlmodel import select

from bot.__main__ import main
from bot.clock import queue_now
from bot.settings import Settings
from store.database.database import Database
from store.queues import beats, leases, outbox
from store.queues.leases import OUTBOX
from store.say import Say, To
from store.tables import Outbox, Person, RoleRow, Space
from tests.databases import migrate_to
from tests.people import wait_for
from tests.stage import Stage

TRIALBOT = Path(sys.executable).with_name("trialbot")


def type_in(stage: Stage, *words: str) -> Result:
    """Type a command where the stage's bot runs."""
    settings = stage._settings
    environment = {
        "WEBEX_ACCESS_TOKEN": str(settings["access_token"]),
        "WEBEX_BASE_URL": str(settings["base_url"]),
        "DATABASE_URL": str(settings["database_url"]),
        "TRIALBOT_CLOCK_FILE": str(settings["clock_file"]),
        "TRIALBOT_PUBLIC_URL": stage.bot.url,
    }
    return CliRunner().invoke(main, list(words), env=environment)


NEEDED = {
    "run": "WEBEX_ACCESS_TOKEN and TRIALBOT_PUBLIC_URL and WEBEX_WEBHOOK_SECRET",
    "web": "WEBEX_ACCESS_TOKEN and TRIALBOT_PUBLIC_URL and WEBEX_WEBHOOK_SECRET",
    "worker": "WEBEX_ACCESS_TOKEN and TRIALBOT_PUBLIC_URL and WEBEX_WEBHOOK_SECRET",
    "doctor": "WEBEX_ACCESS_TOKEN and TRIALBOT_PUBLIC_URL and WEBEX_WEBHOOK_SECRET",
    "webhooks": "WEBEX_ACCESS_TOKEN and TRIALBOT_PUBLIC_URL and WEBEX_WEBHOOK_SECRET",
    "setup R --partner=P": "WEBEX_ACCESS_TOKEN",
}
"""The settings that each command demands for real Webex."""

NEED_TABLES = (
    "doctor",
    "webhooks",
    "demo",
    "hold",
    "release",
    "retry outbox",
    "export trials.csv",
    "setup R --partner=P --title=T --full=a@b.example --time-zone=Sofia",
)
"""The commands that read or change tables, besides `run`, `web` and `worker`."""


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder without `.env`, and an environment without any of our settings."""
    monkeypatch.chdir(tmp_path)
    for field in Settings.model_fields.values():
        monkeypatch.delenv(field.validation_alias.choices[0], raising=False)  # type: ignore[union-attr]


def say(words: str, **environment: str) -> Result:
    """Type a command with only these settings; it must not end in a traceback."""
    said = CliRunner().invoke(main, words.split(), env=environment)
    assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
    return said


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("words", NEEDED)
def test_commands_name_the_settings_that_real_webex_needs_and_are_missing(words: str) -> None:
    said = say(words)
    assert said.exit_code == 1
    assert said.output.startswith(f"Error: {NEEDED[words]} must be set to talk to https://webex")


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    "words", ["demo", "hold", "release", "retry outbox", NEED_TABLES[-1], "migrate"]
)
def test_commands_that_need_only_the_database_demand_nothing_else(
    words: str, database_url: str
) -> None:
    said = say(words, DATABASE_URL=database_url)
    assert said.exit_code == 0, said.output


@pytest.mark.usefixtures("bare")
def test_the_database_is_read_from_the_dot_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"DATABASE_URL=sqlite:///{tmp_path}/own.db\n")
    assert say("migrate").exit_code == 0
    assert say("hold").exit_code == 0
    assert (tmp_path / "own.db").exists()
    assert not (tmp_path / "trialbot.db").exists()


SANDBOX = {"WEBEX_BASE_URL": "http://127.0.0.1:9/v1/", "WEBEX_ACCESS_TOKEN": "t"}


@pytest.mark.usefixtures("bare")
@pytest.mark.enable_socket
def test_without_tables_every_command_says_so_and_migrate_creates_them(empty_url: str) -> None:
    for words in NEED_TABLES:
        said = say(words, DATABASE_URL=empty_url, **SANDBOX)
        assert said.exit_code == 1
        assert said.output == "Error: no tables yet: run `trialbot migrate`\n", words
    assert say("migrate", DATABASE_URL=empty_url).exit_code == 0
    assert say("hold", DATABASE_URL=empty_url).exit_code == 0


@pytest.mark.parametrize("empty_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("words", ["run", "web", "worker"])
def test_on_postgresql_a_bot_does_not_start_without_tables(words: str, empty_url: str) -> None:
    said = start_in_vain(words, empty_url)
    assert said == "Error: no tables yet: run `trialbot migrate`\n"


def start_in_vain(words: str, database_url: str) -> str:
    """The error output of a process that exits with code 1 instead of starting."""
    environment = os.environ | SANDBOX | {"DATABASE_URL": database_url, "PORT": "0"}
    done = subprocess.run(
        [TRIALBOT, words], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1, done.stderr
    return done.stderr


AWAY = "postgresql://nobody:secret@127.0.0.1:1/trialbot"


@pytest.mark.usefixtures("bare")
@pytest.mark.enable_socket
@pytest.mark.parametrize("revision", ["0002", "0005", "0008"])
def test_migrate_refuses_while_a_process_of_the_previous_release_is_running(
    empty_url: str, revision: str
) -> None:
    database = Database(empty_url)
    migrate_to(database, revision)
    beat_for(database, seconds=60)
    said = say("migrate", DATABASE_URL=empty_url)
    assert said.exit_code == 1
    assert "stop the previous release first: worker/host/7 is still running" in said.output
    assert database.revision() == revision
    beat_for(database, seconds=-1)
    assert say("migrate", DATABASE_URL=empty_url).exit_code == 0
    beat_for(database, seconds=60)
    assert say("migrate", DATABASE_URL=empty_url).exit_code == 0
    database.close()


def beat_for(database: Database, seconds: float) -> None:
    with database.writing() as connection:
        until = queue_now() + timedelta(seconds=seconds)
        beats.beat(connection, "worker/host/7", until=until)


@pytest.mark.parametrize("words", [*NEED_TABLES, "migrate"])
@pytest.mark.parametrize("url", [AWAY, "sqlite:////no/such/folder/trialbot.db"])
def test_an_unusable_database_is_reported_in_one_line(words: str, url: str) -> None:
    said = say(words, DATABASE_URL=url, **SANDBOX)
    assert said.exit_code == 1
    assert said.output.startswith("Error: the database can't be used: ")
    assert said.output.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "url"),
    [
        ("run", AWAY),
        ("web", AWAY),
        ("worker", AWAY),
        ("run", "sqlite:////no/such/folder/trialbot.db"),
    ],
)
def test_a_bot_does_not_start_on_an_unusable_database(words: str, url: str) -> None:
    said = start_in_vain(words, url)
    assert said.startswith("Error: the database can't be used: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize("words", ["web", "worker"])
def test_half_a_bot_does_not_start_on_sqlite(words: str, sqlite_url: str) -> None:
    said = start_in_vain(words, sqlite_url)
    assert said.startswith("Error: on SQLite one process does everything: start `trialbot run`")
    assert said.count("\n") == 1


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("words", [*NEED_TABLES, "migrate", "run", "web", "worker"])
@pytest.mark.parametrize("url", ["nonsense", "mysql://a/b", "sqlite://", "postgresql://h:abc/x"])
def test_an_unsupported_database_url_is_refused_in_one_line(words: str, url: str) -> None:
    said = say(words, DATABASE_URL=url, **SANDBOX)
    assert said.exit_code == 1
    expected = "DATABASE_URL must be sqlite:///FILE or postgresql://HOST/DATABASE"
    assert said.output == f"Error: {expected}\n"


TOKEN, SECRET = "WEBEX_ACCESS_TOKEN", "WEBEX_WEBHOOK_SECRET"
UNUSABLE = {
    (TOKEN, "t0ken\n"): f"{TOKEN} has a blank or line end too many: copy it again without",
    (TOKEN, "t0ken\r\n"): f"{TOKEN} has a blank or line end too many: copy it again without",
    (TOKEN, "„t0ken“"): f"{TOKEN} isn't a token: copy it again from developer.webex.com",
    (TOKEN, "Bearer t0ken"): f"{TOKEN} isn't a token: copy it again from developer.webex.com",
    (SECRET, "s3cret\n"): f"{SECRET} has a blank or line end too many: copy it again without",
    (SECRET, " s3cret"): f"{SECRET} has a blank or line end too many: copy it again without",
    ("WEBEX_BASE_URL", "webexapis.com"): "WEBEX_BASE_URL must be a web address",
    ("TRIALBOT_PUBLIC_URL", "https://"): "TRIALBOT_PUBLIC_URL must be a web address",
    ("TRIALBOT_LOG_LEVEL", "loud"): "TRIALBOT_LOG_LEVEL must be one of DEBUG",
}


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("words", ["run", "doctor"])
@pytest.mark.parametrize("name_value", UNUSABLE)
def test_an_unusable_setting_is_refused_in_one_sentence(
    words: str, name_value: tuple[str, str]
) -> None:
    name, value = name_value
    said = say(words, **(SANDBOX | {name: value}))
    assert said.exit_code == 1
    assert said.output.startswith(f"Error: {UNUSABLE[name_value]}")
    assert said.output.count("\n") == 1
    assert "t0ken" not in said.output
    assert "s3cret" not in said.output


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_dot_env_file_in_another_encoding_is_refused_in_one_sentence(
    tmp_path: Path, encoding: str
) -> None:
    (tmp_path / ".env").write_text(f"{SECRET}=schlüssel\n", encoding=encoding)
    for words in ("run", "doctor", "migrate"):
        said = say(words, **SANDBOX)
        assert said.output == "Error: .env isn't in UTF-8: save it again as UTF-8\n"


@pytest.mark.usefixtures("bare")
def test_a_dot_env_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DATABASE_URL=nonsense\n", encoding="utf-8-sig")
    assert "DATABASE_URL must be" in say("migrate").output


@pytest.mark.usefixtures("bare")
def test_an_address_of_another_computer_is_refused_in_one_sentence() -> None:
    said = say("run", TRIALBOT_HOST="192.0.2.1", PORT="0", DATABASE_URL="sqlite:///a.db", **SANDBOX)
    assert said.output.startswith("Error: TRIALBOT_HOST=192.0.2.1 PORT=0 can't be listened on: ")
    assert said.output.count("\n") == 1


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_bot_that_cannot_start_leaves_its_port_free(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    Path("a.db").write_text("no database")
    given = {"TRIALBOT_HOST": host, "PORT": str(port), "DATABASE_URL": "sqlite:///a.db"}
    assert say("run", **given, **SANDBOX).exit_code == 1
    socket.create_server(("127.0.0.1", port)).close()


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root, who may write to every file."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("words", ["run", "hold", "migrate"])
def test_a_database_file_without_rights_is_reported_in_one_sentence(
    words: str, sqlite_url: str
) -> None:
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    file.chmod(0o444)
    for folder in (file.parent, *file.parents[1:3]):
        folder.chmod(0o555 if folder == file.parent else 0o755)
    with as_nobody():
        said = say(words, DATABASE_URL=sqlite_url, PORT="0", TRIALBOT_HOST="127.0.0.1", **SANDBOX)
    file.parent.chmod(0o700)
    assert said.exit_code == 1
    assert said.output.startswith("Error: the database can't be used: ")
    assert said.output.endswith("must be able to write to the file and to its folder\n")
    assert said.output.count("\n") == 1


@pytest.mark.usefixtures("bare")
def test_an_unreadable_setting_is_named() -> None:
    assert say("run", PORT="many", **SANDBOX).output.startswith("Error: PORT: ")


def test_a_core_that_does_not_exist_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WEBEX_BASE_URL", "http://127.0.0.1:9/v1/")
    monkeypatch.setenv("TRIALBOT_CORE", "4000")
    said = subprocess.run([TRIALBOT, "run"], capture_output=True, text=True, timeout=60)
    assert said.returncode == 1
    assert said.stderr.startswith("Error: TRIALBOT_CORE=4000:")


def test_a_bot_stays_on_its_assigned_core(bare_stage: Stage) -> None:
    core = min(os.sched_getaffinity(0))
    environment = os.environ | {
        "WEBEX_ACCESS_TOKEN": "nobody's",
        "WEBEX_BASE_URL": str(bare_stage._settings["base_url"]),
        "DATABASE_URL": str(bare_stage._settings["database_url"]),
        "TRIALBOT_CORE": str(core),
        "PORT": "0",
    }
    bot = subprocess.Popen([TRIALBOT, "run"], env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: os.sched_getaffinity(bot.pid) == {core}, "it never moved")
    finally:
        bot.terminate()
        assert bot.wait(20) == 0


def test_settings_refuse_impossible_values() -> None:
    sandbox: dict[str, Any] = {"_env_file": None, "base_url": "http://127.0.0.1:8090/v1"}
    for wrong in ({"port": 70000}, {"lease": 0}, {"messengers": 0}):
        with pytest.raises(ValidationError):
            Settings(**sandbox, **wrong)
    right = Settings(**sandbox, operators=" Ops@Partner.Example, two@partner.example,")
    assert right.operators == ("ops@partner.example", "two@partner.example")
    assert right.base_url == "http://127.0.0.1:8090/v1/"


def test_setup_links_a_space_as_the_card_does(bare_stage: Stage) -> None:
    stage = bare_stage
    room = stage.rooms["partner-space"]
    said = type_in(
        stage,
        "setup",
        room,
        "--partner=Harbour Networks",
        "--time-zone=Europe/Sofia",
        f"--full={stage.nora.email}",
        f"--administrator={stage.tom.email}",
    )
    assert said.exit_code == 0, said.output
    with stage.database.reading() as session:
        space = session.exec(select(Space).where(Space.room_id == room)).one()
        roles = session.exec(
            select(Person.email, RoleRow.role).join(RoleRow, RoleRow.person_id == Person.id)  # type: ignore[arg-type]
        ).all()
    assert space.time_zone == "Europe/Sofia"
    assert set(roles) == {(stage.nora.email, "full"), (stage.tom.email, "admin")}
    stage.tom.says("list")
    stage.tom.sees("trial")


def test_setup_gives_the_reason_for_a_refusal(stage: Stage) -> None:
    room = stage.rooms["partner-space"]
    for wrong, reason in {
        ("--time-zone=Europe/Nowhere", "--full=a@b.example"): "I don't know this time zone",
        ("--time-zone=GMT+2", "--full=a@b.example"): "Enter a city, such as Sofia",
        ("--country=Atlantis",): "I don't know this country",
        ("--partner=7", "--full=a@b.example"): "another partner",
    }.items():
        said = type_in(stage, "setup", room, "--partner=Harbour", *wrong)
        assert said.exit_code == 1
        assert reason in said.output


def test_setup_of_a_new_space_needs_a_time_zone(bare_stage: Stage) -> None:
    room = bare_stage.rooms["partner-space"]
    said = type_in(bare_stage, "setup", room, "--partner=Harbour", "--full=a@b.example")
    assert said.exit_code == 1
    assert "a new space needs --time-zone" in said.output
    with bare_stage.database.reading() as session:
        assert session.exec(select(Space)).all() == []


def test_setup_of_a_linked_space_changes_only_what_is_named(stage: Stage) -> None:
    room = stage.rooms["partner-space"]
    named = ("--time-zone=oslo", "--country=Norway", "--hour=7", "--language=en")
    assert type_in(stage, "setup", room, "--partner=1", *named).exit_code == 0
    with stage.database.transaction() as session:
        space = session.exec(select(Space).where(Space.room_id == room)).one()
        space.working_days, space.weekly_digest, space.language = True, False, "bg"
    said = type_in(stage, "setup", room, "--partner=1", "--full=second@harbour.example")
    assert said.exit_code == 0, said.output
    with stage.database.reading() as session:
        space = session.exec(select(Space).where(Space.room_id == room)).one()
    stands = (space.time_zone, space.country, space.reminder_hour, space.language)
    assert stands == ("Europe/Oslo", "NO", 7, "bg")
    assert (space.working_days, space.weekly_digest) == (True, False)
    assert type_in(stage, "setup", room, "--partner=1", "--hour=0").exit_code == 0
    with stage.database.reading() as session:
        space = session.exec(select(Space).where(Space.room_id == room)).one()
    assert (space.time_zone, space.reminder_hour) == ("Europe/Oslo", 0)


def test_webhooks_are_repaired_on_demand(stage: Stage) -> None:
    assert "created 0, repaired 0" in type_in(stage, "webhooks").output


def test_the_doctor_is_green_for_a_healthy_bot_and_red_for_a_broken_one(stage: Stage) -> None:
    stage.idle()
    well = type_in(stage, "doctor")
    assert well.exit_code == 0, well.output
    assert "RED" not in well.output

    stage.bot.stop()
    stage._bots.clear()
    type_in(stage, "hold")
    put(stage.database, Say(To.email("x@y.example"), "What would be said"))
    ill = type_in(stage, "doctor")
    assert ill.exit_code == 1
    assert "RED  workers: none is running" in ill.output
    assert "RED  web processes: none is running" in ill.output
    assert "What would be said" in ill.output
    type_in(stage, "release")
    assert "ok   held: no" in type_in(stage, "doctor").output


def put(database: Database, *says: Say) -> None:
    from bot.clock import queue_now

    with database.transaction() as session:
        outbox.put(session, says, now=queue_now())


def test_failed_messages_are_listed_and_retried_unless_obsolete(stage: Stage) -> None:
    room = To.room(stage.rooms["partner-space"])
    stage.fault("POST /v1/messages", "403")
    put(stage.database, Say(room, "Old news", slot="trial/1/summary"), Say(room, "Plain news"))
    stage.idle()
    listed = type_in(stage, "retry", "outbox").output
    assert listed.count("403") == 2

    stage.mend()
    put(stage.database, Say(room, "Newer news", slot="trial/1/summary"))
    stage.idle()
    said = type_in(stage, "retry", "outbox", "--all").output
    assert "skipped: something newer has replaced it" in said
    assert "queued again as" in said
    stage.tom.sees("Plain news")
    assert stage.tom.finds("Old news") is None
    with stage.database.reading() as session:
        assert len(leases.buried(session.connection(), OUTBOX)) == 1
    assert "nothing failed with this number" in type_in(stage, "retry", "outbox", "9999").output


def test_a_process_is_ready_within_seconds_and_stops_when_asked(
    stage: Stage, tmp_path: Path
) -> None:
    port = free_port()
    environment = os.environ | {
        "WEBEX_ACCESS_TOKEN": str(stage._settings["access_token"]),
        "WEBEX_BASE_URL": str(stage._settings["base_url"]),
        "DATABASE_URL": str(stage._settings["database_url"]),
        "TRIALBOT_HOST": "127.0.0.1",
        "PORT": str(port),
    }
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([TRIALBOT, "run"], env=environment, stderr=log, stdout=log)
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/ready"), "it never became ready", 30)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert time.monotonic() - began < 15
    finally:
        process.kill()
    with stage.database.reading() as session:
        assert session.exec(select(Outbox).where(Outbox.lease != None)).all() == []  # noqa: E711


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.ConnectionError:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# ------------------------------------------------------------------ trials from and to files

TRIALS = """Customer,Administrator e-mail,First day,Duration (days),Services
Meadow Foods,clara@meadow-foods.example,2026-11-20,30,Messaging
No Address,,2026-11-20,30,Messaging
"""


@pytest.fixture
def trials_file(tmp_path: Path) -> str:
    """A file with a good row and a bad one."""
    file = tmp_path / "trials.csv"
    file.write_text(TRIALS)
    return str(file)


def test_import_says_what_it_would_do_and_does_it(stage: Stage, trials_file: str) -> None:
    said = type_in(stage, "import", trials_file, "--space", "partner-space", "--yes")
    assert said.exit_code == 0, said.output
    assert "Line 3 · No Address · Administrator e-mail · This is required." in said.output
    assert "1 trials can be imported, 0 rows are here already, 1 can't be imported." in said.output
    assert "1 trials imported." in said.output
    stage.nora.says("list").sees("Meadow Foods", "19 days left").opens("Meadow Foods")
    stage.nora.sees("Trial active", "Messaging").presses("History")
    stage.nora.sees("Nora Lindqvist imported this trial from trials.csv")
    said = type_in(stage, "import", trials_file, "--space", "partner-space", "--yes")
    assert "0 trials can be imported, 1 rows are here already" in said.output


def test_import_asks_first_and_writes_nothing_without_a_yes(stage: Stage, trials_file: str) -> None:
    said = type_in(stage, "import", trials_file, "--space", "partner-space")
    assert "Import them?" in said.output
    stage.nora.says("list").sees("No trials to show")


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (TRIALS, ["--space=nowhere"], "no linked space has this title or id: nowhere"),
        (TRIALS, ["--as=tom@x.example"], "not a full administrator of the space's partner"),
        ("one sentence", [], "This isn't a CSV file with headings"),
        ("Customer,Services\nMeadow,Messaging\n", [], "no column for this: Administrator e-mail"),
        ("Customer,E-mail\nMeadow,a@b.example\n", [], "--first-day and --duration and --service"),
        ("Customer,E-mail\nMeadow,a@b.example\n", ["--service=Fax"], "Fax isn't a service"),
    ],
)
def test_import_refuses_in_one_line(
    stage: Stage, trials_file: str, content: str, options: list[str], said: str
) -> None:
    Path(trials_file).write_text(content)
    space = [] if any("--space" in each for each in options) else ["--space=partner-space"]
    answer = type_in(stage, "import", trials_file, *space, *options)
    assert answer.exit_code == 1
    assert said in answer.output
    assert answer.output.count("Error: ") == 1


def test_export_writes_a_file_that_import_reads(stage: Stage, tmp_path: Path) -> None:
    trial = stage.a_trial(company="Meadow Foods")
    file = str(tmp_path / "out.csv")
    assert "name one partner with --partner: " in type_in(stage, "export", file).output
    said = type_in(stage, "export", file, "--partner", "harbour networks")
    assert said.exit_code == 0, said.output
    assert "1 trials written" in said.output
    assert trial.code in Path(file).read_text(encoding="utf-8-sig")
    said = type_in(stage, "import", file, "--space=partner-space", "--yes")
    assert "0 trials can be imported, 1 rows are here already" in said.output
    assert type_in(stage, "export", str(tmp_path), "--partner=1").exit_code == 2
