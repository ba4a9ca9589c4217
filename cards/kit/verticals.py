"""Business verticals to choose from; Cisco doesn't publish its own list, so the closest will do."""

from cards.kit.words import N_

VERTICALS = (
    ("education", N_("Education")),
    ("energy", N_("Energy and utilities")),
    ("finance", N_("Financial services")),
    ("government", N_("Government")),
    ("health", N_("Healthcare")),
    ("hospitality", N_("Hospitality and travel")),
    ("manufacturing", N_("Manufacturing")),
    ("media", N_("Media and entertainment")),
    ("services", N_("Professional services")),
    ("retail", N_("Retail")),
    ("technology", N_("Technology")),
    ("telecom", N_("Telecommunications")),
    ("transport", N_("Transport and logistics")),
    ("other", N_("Other")),
)

NAMES_OF_VERTICALS = dict(VERTICALS)
