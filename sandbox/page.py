"""The sandbox's page: a small Webex client in the browser, and what it takes from npm."""

from pathlib import Path
from typing import Final

from aiohttp import web

page = web.RouteTableDef()

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
NODE_MODULES: Final = HERE / "node_modules"
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

page.static("/page", STATIC)


@page.get("/")
async def index(request: web.Request) -> web.StreamResponse:
    """The page itself; who is played and which space is open stand in its fragment."""
    return web.FileResponse(STATIC / "index.html")


@page.get("/vendor/{name}")
async def vendored(request: web.Request) -> web.StreamResponse:
    """A script that `npm ci` has installed; 404 if it has not (the page then says so)."""
    file = NODE_MODULES / VENDORED.get(request.match_info["name"], "nothing")
    if not file.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(file)


async def protect(request: web.Request, response: web.StreamResponse) -> None:
    """Adds the headers that keep scripts of others out, and lets a reload see new files."""
    if request.path.startswith(("/v1/", "/sandbox/")):
        return
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-cache"
