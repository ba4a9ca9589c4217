"""A listening socket of the sandbox's servers, at its end."""

import asyncio
import socket

SETTLING = 0.02
"""Seconds until a connection that was just accepted is known to its server."""


async def accept_no_more(listener: socket.socket) -> None:
    """Stop accepting, and wait until what was accepted is known to the server.

    asyncio's server, closed at once, forgets connections that it was just accepting.
    """
    asyncio.get_running_loop().remove_reader(listener)
    await asyncio.sleep(SETTLING)
