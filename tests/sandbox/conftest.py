"""A separate sandbox for every test, its people as API callers, and an app with a webhook."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from sandbox.server import Sandbox
from tests.people import wait_for

Json = dict[str, Any]


@dataclass
class Caller:
    """Somebody who calls Webex's API with their own token."""

    url: str
    about: Json
    session: requests.Session

    @property
    def id(self) -> str:
        return str(self.about["personId"])

    @property
    def email(self) -> str:
        return str(self.about["email"])

    @property
    def mention(self) -> str:
        return f"<@personEmail:{self.email}|{self.about['name']}>"

    def call(self, method: str, path: str, **request: Any) -> requests.Response:
        address = path if path.startswith("http") else f"{self.url}/v1/{path}"
        return self.session.request(method, address, headers=self.headers, timeout=20, **request)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.about['token']}"}

    def get(self, path: str, **params: Any) -> Json:
        return ok(self.call("GET", path, params=params))

    def post(self, path: str, **body: Any) -> Json:
        return ok(self.call("POST", path, json=body))

    def put(self, path: str, **body: Any) -> Json:
        return ok(self.call("PUT", path, json=body))

    def delete(self, path: str) -> None:
        assert self.call("DELETE", path).status_code == 204

    def refused(self, method: str, path: str, **body: Any) -> tuple[int, str]:
        """The status and message of a call that must fail, in Webex's error format."""
        answer = self.call(method, path, json=body or None)
        error = answer.json()
        assert set(error) == {"message", "errors", "trackingId"}
        assert answer.headers["TrackingID"] == error["trackingId"]
        return answer.status_code, error["message"]


@dataclass
class Controls:
    """The sandbox's own controls."""

    url: str
    session: requests.Session

    def get(self, path: str, **params: Any) -> Any:
        return ok(self.session.get(f"{self.url}/sandbox/{path}", params=params, timeout=20))

    def post(self, path: str, **body: Any) -> Any:
        answer = self.session.post(f"{self.url}/sandbox/{path}", json=body, timeout=20)
        return ok(answer) if answer.content else None

    def delete(self, path: str) -> None:
        assert self.session.delete(f"{self.url}/sandbox/{path}", timeout=20).status_code == 204

    def room(self, role: str = "partner-space") -> str:
        return next(str(r["id"]) for r in self.get("rooms") if r["role"] == role)


@dataclass
class App:
    """An app with a webhook. It answers `status`, but for room `held` only once `gate` is open."""

    url: str = ""
    status: int = 200
    held: str = ""
    got: list[tuple[Json, dict[str, str], bytes]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    def of(self, resource: str, event: str = "created") -> list[Json]:
        found = [body for body, _, _ in list(self.got)]
        return [b for b in found if (b["resource"], b["event"]) == (resource, event)]

    def waits_for(self, count: int, resource: str, event: str = "created") -> list[Json]:
        wait_for(
            lambda: len(self.of(resource, event)) >= count,
            f"{count} {resource}.{event} expected, got {len(self.of(resource, event))}",
            within=8,
        )
        return self.of(resource, event)


def ok(answer: requests.Response) -> Any:
    assert answer.status_code == 200, f"{answer.status_code}: {answer.text}"
    return answer.json()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(hook_threads=4, hook_timeout=1) as running:
        yield running


@pytest.fixture
def controls(sandbox: Sandbox) -> Iterator[Controls]:
    with requests.Session() as session:
        yield Controls(sandbox.url, session)


@pytest.fixture
def people(sandbox: Sandbox, controls: Controls) -> dict[str, Caller]:
    return {p["role"]: Caller(sandbox.url, p, controls.session) for p in controls.get("people")}


@pytest.fixture
def nora(people: dict[str, Caller]) -> Caller:
    return people["partner-full-admin"]


@pytest.fixture
def tom(people: dict[str, Caller]) -> Caller:
    return people["partner-admin"]


@pytest.fixture
def clara(people: dict[str, Caller]) -> Caller:
    return people["customer-full-admin"]


@pytest.fixture
def outsider(people: dict[str, Caller]) -> Caller:
    return people["outsider"]


@pytest.fixture
def bot(people: dict[str, Caller]) -> Caller:
    return people["bot"]


@pytest.fixture
def room(controls: Controls) -> str:
    return controls.room()


@pytest.fixture
def app() -> Iterator[App]:
    state = App()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            event = json.loads(body)
            if event["data"].get("roomId") == state.held:
                state.gate.wait(10)
            state.got.append((event, dict(self.headers), body))
            self.send_response(state.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}/webhook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield state
    state.gate.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def listen(bot: Caller, app: App) -> Callable[..., Json]:
    """Register a webhook for the bot; returns Webex's registration."""

    def register(resource: str, event: str = "created", **more: str) -> Json:
        wish = {"name": resource, "targetUrl": app.url, "resource": resource, "event": event}
        return bot.post("webhooks", **wish | more)

    return register
