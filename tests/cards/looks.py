"""Draw the trial's card anew, once somebody has looked at it: `make looks`."""

from tests.cards.features.test_trial import GOLDEN, drawn

GOLDEN.write_text(drawn())
