"""docs/run.md is true: each recipe, followed from an empty folder, gives a running bot."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import tomllib
from collections.abc import Iterator
from configparser import RawConfigParser
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests

from bot.webex.webhooks import WANTED
from sandbox.server import Sandbox
from tests.soak.processes import free_port, wait_for

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
GUIDE = (DOCS / "run.md").read_text()
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
SOURCES = ("bot", "cards", "store")
NETWORK = ("PIP_", "HTTP", "NO_PROXY", "SSL_", "REQUESTS_", "CURL_")
STARTED_WITHIN = 60.0

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def webex() -> Iterator[Sandbox]:
    """A Webex for this test only."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files of a fresh checkout, without anything built from them."""
    folder = tmp_path / "checkout"
    made = shutil.ignore_patterns("__pycache__", "node_modules", "*.egg-info")
    for name in (*SOURCES, "docs", ".make"):
        shutil.copytree(ROOT / name, folder / name, ignore=made)
    for name in ("Makefile", "Procfile", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    shutil.copy(ROOT / ".constraints.txt", folder)
    return folder


@pytest.fixture
def dist(checkout: Path) -> Path:
    """What `make wheel` builds."""
    follow(recipe("Build the wheel"), checkout)
    found = checkout / "dist"
    assert {each.name for each in found.iterdir()} == {
        f"trialbot-{VERSION}-py3-none-any.whl",
        "constraints.txt",
    }
    return found


def test_the_recipe_for_a_server_gives_a_running_bot(
    dist: Path, webex: Sandbox, tmp_path: Path
) -> None:
    opt, home = tmp_path / "opt/trialbot", tmp_path / "var/lib/trialbot"
    home.mkdir(parents=True)
    port = free_port()

    def here(text: str) -> str:
        """Put this test's folders, user, address and Webex into a recipe."""
        text = text.replace("/opt/trialbot", str(opt)).replace("/var/lib/trialbot", str(home))
        text = text.replace("runuser -u trialbot -- ", "").replace("chown trialbot", "true")
        text = text.replace("https://trialbot.example", f"http://127.0.0.1:{port}")
        text = text.replace("PORT=8080", f"PORT={port}\nWEBEX_BASE_URL={webex.url}/v1/")
        return text.replace("ACCESS_TOKEN=…", f"ACCESS_TOKEN={token(webex)}")

    install, _, settings = (here(recipe("Install it on a server", n)) for n in range(3))
    follow(install, dist)
    follow(settings, dist)
    start = unit(here((DOCS / "trialbot@.service").read_text()), tmp_path)
    doctor = here(recipe("Start it with systemd")).splitlines()[-1]
    with running(start["ExecStart"].replace("%i", "run"), start["WorkingDirectory"]):
        wait_until_ready(port, webex)
        follow(doctor, home)
        back_up(home / "trialbot.db", home / "backup.db")
    upgrade = here(recipe("Upgrade")).replace("0.2.0", VERSION)
    follow(without_systemctl(upgrade), dist)
    follow(without_systemctl(here(recipe("Back up and restore", 1))), home)
    with running(start["ExecStart"].replace("%i", "run"), start["WorkingDirectory"]):
        wait_until_ready(port, webex)
        assert "this database was restored" in follow(f"{doctor} || true", home)
        follow(doctor.replace("doctor", "release"), home)
        follow(doctor, home)
    assert missing_in(opt / "current") == set()


def test_the_recipe_for_a_container_gives_a_running_bot(
    dist: Path, webex: Sandbox, tmp_path: Path
) -> None:
    image, home = tmp_path / "image", tmp_path / "home"
    home.mkdir()
    follow(f"python3 -m venv {image}", tmp_path)
    port, path = free_port(), f"{image}/bin:{os.environ['PATH']}"
    instructions = dockerfile()
    *names, into = instructions["COPY"][0].split()
    copied = tmp_path / "copied"
    copied.mkdir()
    for name in names:
        for file in dist.glob(name):
            shutil.copy(file, copied)
    install, user = instructions["RUN"]
    assert user.startswith("useradd --system")
    follow(install.replace(into, f"{copied}/"), tmp_path, PATH=path)
    settings = {
        "PATH": path,
        "PORT": str(port),
        "WEBEX_ACCESS_TOKEN": token(webex),
        "WEBEX_BASE_URL": f"{webex.url}/v1/",
        "WEBEX_WEBHOOK_SECRET": "a long random text",
        "TRIALBOT_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    command, health = instructions["CMD"][0], instructions["HEALTHCHECK"][0].removeprefix("CMD ")
    with running(words(command), home, **settings):
        wait_until_ready(port, webex)
        follow(words(health.replace("8080", str(port))), home, PATH=path)
        follow("trialbot doctor", home, **settings)


@pytest.mark.parametrize("empty_url", ["postgres"], indirect=True)
def test_the_procfile_runs_on_a_platform(
    checkout: Path, webex: Sandbox, tmp_path: Path, empty_url: str
) -> None:
    follow(recipe("Or run it on Heroku or Dokku"), checkout)
    slug = tmp_path / "slug"
    follow(f"python3 -m venv {slug}", checkout)
    follow(f"{slug}/bin/pip install --requirement requirements.txt", checkout)
    port = free_port()
    settings = {
        "PATH": f"{slug}/bin:{os.environ['PATH']}",
        "PORT": str(port),
        "DATABASE_URL": empty_url,
        "WEBEX_ACCESS_TOKEN": token(webex),
        "WEBEX_BASE_URL": f"{webex.url}/v1/",
        "WEBEX_WEBHOOK_SECRET": "a long random text",
        "TRIALBOT_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    lines = (checkout / "Procfile").read_text().splitlines()
    processes = dict(line.split(": ", 1) for line in lines)
    assert set(processes) == {"release", "web", "worker"}
    follow(processes["release"], checkout, **settings)
    with (
        running(processes["web"], checkout, **settings),
        running(processes["worker"], checkout, **settings),
    ):
        wait_until_ready(port, webex)
        follow("trialbot doctor", checkout, **settings)


# ------------------------------------------------------------------ reading the documents


def recipe(heading: str, number: int = 0) -> str:
    """One of the shell blocks under a heading of the guide."""
    chapter = GUIDE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```$", chapter, re.M | re.S)[number]


def dockerfile() -> dict[str, list[str]]:
    """The instructions of docs/Dockerfile, by name, in order."""
    found: dict[str, list[str]] = {}
    for line in (DOCS / "Dockerfile").read_text().splitlines():
        if line and not line.startswith("#"):
            name, _, rest = line.partition(" ")
            found.setdefault(name, []).append(rest)
    return found


def words(command: str) -> str:
    """A command of the Dockerfile, quoted for the shell."""
    return " ".join("'" + word.replace("'", "'\\''") + "'" for word in json.loads(command))


def without_systemctl(script: str) -> str:
    """A recipe without its `systemctl` lines."""
    return re.sub(r"^systemctl .*\n", "", script, flags=re.M)


def unit(text: str, folder: Path) -> dict[str, str]:
    """The service section of a systemd unit, verified with systemd where it is installed."""
    file = folder / "trialbot@.service"
    file.write_text(text)
    if shutil.which("systemd-analyze"):
        follow(f"systemd-analyze verify {file}", folder)
    parsed = RawConfigParser()
    parsed.optionxform = str  # type: ignore[assignment, method-assign]
    parsed.read_string(text)
    return dict(parsed["Service"])


# ------------------------------------------------------------------ following the recipes


def environment(**more: str) -> dict[str, str]:
    """The environment of a login that can reach the registries, without this checkout's .venv."""
    kept = {name: os.environ[name] for name in os.environ if name.upper().startswith(NETWORK)}
    path = [each for each in os.environ["PATH"].split(":") if not each.startswith(str(ROOT))]
    home = {"HOME": os.environ.get("HOME", "/")}
    # pip would compile every module before it is needed
    return kept | home | {"PATH": ":".join(path), "PIP_NO_COMPILE": "1"} | more


def follow(script: str, folder: Path, **more: str) -> str:
    """Run a recipe in a folder; its output."""
    done = subprocess.run(
        ["sh", "-ec", script],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def back_up(database: Path, copy: Path) -> None:
    """Do what `sqlite3`'s `.backup` does; that program isn't installed everywhere."""
    with closing(sqlite3.connect(database)) as one, closing(sqlite3.connect(copy)) as other:
        one.backup(other)


@contextmanager
def running(command: str, folder: str | Path, **more: str) -> Iterator[None]:
    """Run a process of the bot until the end; it must exit with 0 when asked to stop."""
    process = subprocess.Popen(["sh", "-c", f"exec {command}"], cwd=folder, env=environment(**more))
    try:
        yield
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()


def wait_until_ready(port: int, webex: Sandbox) -> None:
    """Wait until the web door is open and the webhooks exist."""

    def is_ready() -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{port}/ready", timeout=5).ok
        except requests.RequestException:
            return False

    def is_told() -> bool:
        return len(webex.webhooks.all()) == len(WANTED)

    wait_for(is_ready, "the bot never answered /ready", STARTED_WITHIN)
    wait_for(is_told, "the webhooks were never made", STARTED_WITHIN)


def token(webex: Sandbox) -> str:
    people = requests.get(f"{webex.url}/sandbox/people", timeout=5).json()
    return next(str(each["token"]) for each in people if each["role"] == "bot")


def missing_in(installed: Path) -> set[str]:
    """Files of the checkout that the bot needs and an installation lacks."""
    packages = next(installed.glob("lib/python*/site-packages"))
    sources = {
        str(file.relative_to(ROOT))
        for name in SOURCES
        for file in (ROOT / name).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and file.suffix not in (".pot", ".mo")
    }
    return {name for name in sources if not (packages / name).exists()}
