"""Links in e-mails, without a browser."""

import pytest

from bot.mail.links import Links


@pytest.mark.parametrize(
    ("public_url", "origin"),
    [
        ("https://Bot.Example:443/trialbot/", "https://bot.example"),
        ("https://bot.example:8443/", "https://bot.example:8443"),
        ("https://бот.example/", "https://xn--90a0am.example"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ],
)
def test_our_origin_is_what_browsers_write(public_url: str, origin: str) -> None:
    assert Links(public_url, b"secret").origin == origin
