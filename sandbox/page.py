"""The sandbox's page: a small Webex client in the browser, and its scripts from npm."""

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
# A second line of defence behind the page's own: nothing that people type can run as a script.
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' blob: data: https: http://127.0.0.1:* http://localhost:*",
        "frame-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

page.static("/page", STATIC)


@page.get("/")
async def index(request: web.Request) -> web.StreamResponse:
    """Serve the page; its fragment holds the person played and the open space."""
    return web.FileResponse(STATIC / "index.html")


@page.get("/vendor/{name}")
async def vendored(request: web.Request) -> web.StreamResponse:
    """Serve a script that `npm ci` installed; 404 if it hasn't (the page then says so)."""
    file = NODE_MODULES / VENDORED.get(request.match_info["name"], "nothing")
    if not file.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(file)


async def protect(request: web.Request, response: web.StreamResponse) -> None:
    """Add headers that keep foreign scripts out and make a reload fetch new files."""
    if request.path.startswith(("/v1/", "/sandbox/")):
        return
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-cache"
