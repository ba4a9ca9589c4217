"""History: every kind of row has a sentence, whatever facts a row has."""

import pytest

from cards.features.history import what_happened
from cards.kit.history import tells
from cards.kit.words import Words
from store.history import HistoryKind
from store.tables import History
from tests.cards.make import NOW


@pytest.mark.parametrize("kind", list(HistoryKind.all()))
def test_every_kind_has_a_sentence_even_without_facts(kind: HistoryKind) -> None:
    said, used = what_happened(History(trial_id=17, at=NOW, what=kind), "Nora", Words())
    assert said != kind
    assert used <= {"who"}
    assert "{" not in said


def test_a_kind_that_always_needs_facts_is_an_error() -> None:
    with pytest.raises(ValueError, match="needs a sentence without facts"):
        tells("painted", "{who} painted it {colour}")  # type: ignore[arg-type]
