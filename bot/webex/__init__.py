"""Webex as the bot uses it: the gateway over webexpythonsdk, and the connections under it."""
