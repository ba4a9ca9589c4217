"""`python -m sandbox --port N -- python -m sandbox.prepare [--empty]`: a bot with linked spaces.

It talks to the sandbox over HTTP and to the bot over its command line, like any operator.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

PATIENCE = 60.0
BOT = str(Path(sys.executable).with_name("trialbot"))
PARTNERS = {
    "partner-space": {
        "--partner": ["Harbour Networks"],
        "--full": ["partner-full-admin"],
        "--administrator": ["partner-admin", "partner-admin-2"],
        "--read-only": ["partner-read-only"],
    },
    "other-partner-space": {
        "--partner": ["Summit Voice"],
        "--full": ["other-partner-full-admin"],
    },
}
TIME_ZONE = "Europe/Sofia"


def main() -> int:
    """Run the bot, link both partners' spaces, print the page's URL and wait for the bot to end."""
    page = "{0.scheme}://{0.netloc}".format(urlsplit(os.environ["WEBEX_BASE_URL"]))
    people = {person["role"]: person["email"] for person in ask(f"{page}/sandbox/people")}
    rooms = {room["role"]: room["id"] for room in ask(f"{page}/sandbox/rooms")}
    os.environ.setdefault("TRIALBOT_OPERATORS", people["partner-full-admin"])
    if code := subprocess.run([BOT, "migrate"], stdout=subprocess.DEVNULL, check=False).returncode:
        return code
    bot = subprocess.Popen([BOT, "run"])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: bot.terminate())
    if not is_ready(bot, f"http://127.0.0.1:{os.environ.get('PORT', '8080')}/ready"):
        bot.terminate()
        return bot.wait() or 1
    prepared = [setup(role, rooms[role], people) for role in PARTNERS]
    if "--empty" not in sys.argv:
        prepared.append([BOT, "demo"])
    if any(subprocess.run(command, stdout=2, check=False).returncode for command in prepared):
        bot.terminate()
    else:
        print(f"\nOpen {page}/ and be somebody. Ctrl-C ends all.\n", flush=True)
    return bot.wait()


def setup(role: str, room_id: str, people: dict[str, str]) -> list[str]:
    """The operator's command line that links a space."""
    given = PARTNERS[role] | {"--time-zone": [TIME_ZONE], "--country": ["BG"]}
    options = (
        (option, people.get(value, value)) for option, values in given.items() for value in values
    )
    return [BOT, "setup", room_id, *(part for pair in options for part in pair)]


def is_ready(bot: "subprocess.Popen[bytes]", url: str) -> bool:
    """Wait for the web door to be ready; false if the bot ends or it takes too long."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while bot.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=2):
                return True
        except (URLError, OSError):
            pause.wait(0.05)
    return False


def ask(url: str) -> Any:
    """Get JSON from the sandbox."""
    with urlopen(url, timeout=10) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
