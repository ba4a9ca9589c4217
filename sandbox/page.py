"""The sandbox's page: a small Webex client in the browser, and what it takes from npm."""

from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, send_from_directory

page = Blueprint("page", __name__, static_folder="static", static_url_path="/page")

NODE_MODULES: Final = Path(__file__).parent / "node_modules"
VENDORED: Final = {
    "adaptivecards.min.js": "adaptivecards/dist/adaptivecards.min.js",
    "markdown-it.min.js": "markdown-it/dist/browser/markdown-it.umd.min.js",
}
# A second wall behind the page's own care: nothing that people type can run as a script here.
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' blob: data: https: http://127.0.0.1:* http://localhost:*",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


@page.get("/")
def index() -> Response:
    """The page itself; who is played and which space is open stand in its fragment."""
    return page.send_static_file("index.html")


@page.get("/vendor/<name>")
def vendored(name: str) -> Response:
    """A script that `npm ci` has installed; 404 if it has not (the page then says so)."""
    if name not in VENDORED:
        abort(404)
    return send_from_directory(NODE_MODULES, VENDORED[name])


@page.after_request
def protect(response: Response) -> Response:
    """Adds the headers that keep scripts of others out, and lets a reload see new files."""
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-cache"
    return response
