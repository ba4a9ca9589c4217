"""What Webex couldn't give a route that needs it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that a route needs and Webex doesn't give: the status of its answer."""

    status: int
