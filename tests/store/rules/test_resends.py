"""How often consent may be requested again."""

from datetime import timedelta

import pytest

from store.refusals import Refused
from store.rules import resends
from store.rules.resends import RESENT_RECENTLY
from tests.store.examples import R, at


def test_consent_is_resent_at_most_once_an_hour() -> None:
    asked = at(R, 12)
    resends.check_resend(asked, at(R, 13))
    with pytest.raises(Refused) as refused:
        resends.check_resend(asked, at(R, 13) - timedelta(seconds=1))
    assert refused.value.reason is RESENT_RECENTLY
    assert refused.value.facts["again_at"] == at(R, 13)
