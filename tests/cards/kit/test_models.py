"""Models and quantities as people write them."""

import pytest

from cards.kit.forms import Form, Invalid
from cards.kit.models import models
from cards.kit.rules import for_anybody
from cards.kit.words import N_, Words


class Wanted(Form, key="test.models", rule=for_anybody()):
    """Models to ship."""

    models: tuple[tuple[str, int], ...] = models(N_("Models"))


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("Room Kit", {"Room Kit": 1}),
        ("2 Room Kit", {"Room Kit": 2}),
        ("2x Room Kit", {"Room Kit": 2}),
        ("2 x Room Kit", {"Room Kit": 2}),
        ("2× Room Kit", {"Room Kit": 2}),
        ("2 pcs Room Kit", {"Room Kit": 2}),
        ("Room Kit x2", {"Room Kit": 2}),
        ("Room Kit x 2 pcs", {"Room Kit": 2}),
        ("Room Kit (2)", {"Room Kit": 2}),
        ("Room Kit (x2)", {"Room Kit": 2}),
        ("Room Kit: 2", {"Room Kit": 2}),
        ("Room Kit 2x", {"Room Kit": 2}),
        ("Room Kit 2 pieces", {"Room Kit": 2}),
        ("8865", {"8865": 1}),
        ("8865x2", {"8865": 2}),
        ("8865 x 2", {"8865": 2}),
        ("2 x 8865", {"8865": 2}),
        ("2 x 840", {"840": 2}),
        ("840 x 12", {"840": 12}),
        ("Board 55", {"Board 55": 1}),
        ("Board Pro 75 x 2", {"Board Pro 75": 2}),
        ("2 Board 55", {"Board 55": 2}),
        ("2 Room Kit and 3 Desk Pro", {"Room Kit": 2, "Desk Pro": 3}),
        ("1 Desk Mini\n8865 x 2; Desk Mini", {"Desk Mini": 2, "8865": 2}),
        ("Wireless Phone 840", {"Wireless Phone 840": 1}),
    ],
)
def test_a_quantity_is_read_wherever_it_stands(typed: str, wanted: dict[str, int]) -> None:
    assert dict(Wanted.parse({"models": typed}).models) == wanted


@pytest.mark.parametrize(
    "typed", ["8865 x 0", "0 Room Kit", "840 Phone", "8865 x 2000", "2", "2 x 3", "55 Board Pro"]
)
def test_an_unclear_quantity_is_asked_for(typed: str) -> None:
    with pytest.raises(Invalid) as wrong:
        Wanted.parse({"models": typed})
    assert "Write it like this: 8865 x 2" in Words()(wrong.value.messages["models"])
