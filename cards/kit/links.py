"""Cisco's pages and mailboxes that cards name."""

PARTNER_HUB = "https://admin.webex.com"
CONTROL_HUB = PARTNER_HUB
"""Webex shows a partner Partner Hub and a customer Control Hub at the same address."""

EXTENSIONS_MAILBOX = "Webextrials_deviceextensions@cisco.com"
