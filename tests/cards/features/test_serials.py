"""Serial numbers as people paste them: every format gives the same numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.features.serials import MAX_TYPED, RecordSerials
from cards.kit.forms import Invalid
from cards.kit.words import Words

THREE = ("FOC2401ABCD", "FOC2402ABCD", "FOC2403ABCD")

serial = st.from_regex(r"[A-Z]{3}[0-9]{4}[A-Z0-9]{4}", fullmatch=True)
between = st.sampled_from(
    [",", ", ", "\n", " ", "\t", ";", "\r\n", " | ", "\u00a0", "\u200b", "/", ",\n\n"]
)
label = st.sampled_from(
    [
        "",
        "S/N: ",
        "s/n:",
        "SN ",
        "S/N#",
        "Serial number: ",
        "serial no. ",
        "\n- ",
        "\n• ",
        "\n3) ",
        '"',
    ]
)


def read(typed: str) -> tuple[str, ...]:
    inputs = {"trial": 17, "version": 1, "shipment": 9, "serials": typed}
    return RecordSerials.parse(inputs).serials


@pytest.mark.parametrize(
    "typed",
    [
        "FOC2401ABCD,FOC2402ABCD,FOC2403ABCD",
        "foc2401abcd foc2402abcd foc2403abcd",
        "FOC2401ABCD\nFOC2402ABCD\nFOC2403ABCD\n",
        "S/N: FOC2401ABCD\nS/N:FOC2402ABCD\ns/n FOC2403ABCD",
        "S/N:FOC2401ABCD S/N:FOC2402ABCD S/N:FOC2403ABCD",
        "SN FOC2401ABCD; SN#FOC2402ABCD; sn=FOC2403ABCD",
        "Serial number: FOC2401ABCD, Serial numbers: FOC2402ABCD. Serial No FOC2403ABCD.",
        "Сериен номер: FOC2401ABCD, сериен № FOC2402ABCD; сер. № FOC2403ABCD",
        "Серийни номера: FOC2401ABCD FOC2402ABCD FOC2403ABCD",
        "1. FOC2401ABCD\n2) FOC2402ABCD\n- FOC2403ABCD",
        "“FOC2401ABCD” (FOC2402ABCD) [FOC2403ABCD]",
        "  FOC2401ABCD ,, FOC2402ABCD ;\u00a0FOC2403ABCD  ",
        "CP-8865-K9\tFOC2401ABCD\nCP-8865-K9=\tFOC2402ABCD\ncp-8845-k9\tFOC2403ABCD",
        "FOC2401ABCD CS-KIT-K9; FOC2402ABCD CS-BOARD55-G2; FOC2403ABCD CS-DESKPRO-K9",
        "8865 FOC2401ABCD\n8845 FOC2402ABCD\n840 FOC2403ABCD",
        "FOC2401ABCD 2cabeb123456\nFOC2402ABCD SEP2CABEB123457\nFOC2403ABCD 2CABEB123458",
    ],
)
def test_every_format_gives_the_same_three_numbers(typed: str) -> None:
    assert read(typed) == THREE


@given(st.lists(st.tuples(label, serial, between, st.booleans()), min_size=1, max_size=30))
def test_labels_separators_and_case_are_ignored(
    parts: list[tuple[str, str, str, bool]],
) -> None:
    typed = "".join(
        before + (number.lower() if small else number) + after
        for before, number, after, small in parts
    )
    assert read(typed) == tuple(number for _, number, _, _ in parts)


@pytest.mark.parametrize("typed", ["NOPE", "ФОС2401ABCD", "12", "FOC 2401ABCD_X", "FOC@2401ABCD"])
def test_an_invalid_serial_number_is_reported(typed: str) -> None:
    with pytest.raises(Invalid) as wrong:
        read(f"FOC2401ABCD {typed}")
    said = Words()(wrong.value.messages["serials"])
    assert "doesn't look like a serial number" in said
    assert wrong.value.values["serials"] == f"FOC2401ABCD {typed}"


def test_a_product_number_alone_is_no_device() -> None:
    for typed in ("CP-8865-K9", "cs-board55-g2", "A1AZ20D00123 CP-8865-K9"):
        with pytest.raises(Invalid) as wrong:
            read(typed)
        assert "is a product number" in Words()(wrong.value.messages["serials"])


def test_a_serial_number_of_another_form_is_kept_beside_ciscos() -> None:
    assert read("A1AZ20D00123, FOC2401ABCD") == ("A1AZ20D00123", "FOC2401ABCD")


def test_duplicate_numbers_are_kept_so_that_they_can_be_refused() -> None:
    assert read("FOC2401ABCD foc2401abcd") == ("FOC2401ABCD", "FOC2401ABCD")


@given(st.text(max_size=MAX_TYPED + 500))
def test_any_pasted_text_is_parsed_or_reported_as_invalid(typed: str) -> None:
    wrong: set[str] = set()
    numbers: tuple[str, ...] = ()
    try:
        numbers = read(typed)
    except Invalid as problem:
        wrong = set(problem.messages)
    assert wrong == {"serials"} or all(number.isupper() or number.isdigit() for number in numbers)


@given(st.lists(serial, max_size=300, unique=True))
def test_numbers_shown_on_the_card_parse_to_the_same_numbers(numbers: list[str]) -> None:
    written = RecordSerials.fields["serials"].write(tuple(numbers))
    if written:
        assert read(written) == tuple(numbers)
