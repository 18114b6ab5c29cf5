"""Serials: unguessable, readable from paper, and wrong ones show."""

import itertools
import secrets
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.certificates.serial import ALPHABET, RANDOM_LENGTH, is_valid, new_serial, normalise


def constant(value: int) -> Callable[[int], int]:
    return lambda limit: value % limit


def drawn(values: list[int]) -> Callable[[int], int]:
    """Return a source that gives `values` one after the other."""
    source = iter(values)
    return lambda _: next(source)


serials = st.builds(
    lambda year, values: new_serial(year, drawn(values)),
    st.integers(1000, 9999),
    st.lists(st.integers(0, 31), min_size=RANDOM_LENGTH, max_size=RANDOM_LENGTH),
)


def plain(serial: str) -> str:
    return serial.replace("-", "")


def test_serial_has_the_form_printed_on_paper() -> None:
    serial = new_serial(2026, secrets.randbelow)

    assert [len(group) for group in serial.split("-")] == [2, 4, 4, 4, 4, 1]
    assert serial.startswith("CN-2026-")
    assert is_valid(serial)


def test_check_character_of_known_serials() -> None:
    # Worked by hand for 1000 and twelve zeros: the 1 stands first of sixteen, so the check is x^16 in GF(32).
    # x^5 = x^2+1; x^8 = x^3·x^5 = x^5+x^3 = x^3+x^2+1; x^16 = (x^8)^2 = x^6+x^4+1 = x(x^2+1)+x^4+1 = x^4+x^3+x+1
    # = 0b11011 = 27 = V.
    assert new_serial(1000, constant(0)) == "CN-1000-0000-0000-0000-V"


def test_randomness_is_sixty_bits_and_all_of_it_is_used() -> None:
    asked: list[int] = []

    def spy(limit: int) -> int:
        asked.append(limit)
        return len(asked)

    serial = new_serial(2026, spy)

    assert asked == [32] * 12
    assert 32**RANDOM_LENGTH == 2**60
    assert plain(serial)[6:18] == "123456789ABC"


@pytest.mark.parametrize("year", [-1, 0, 999, 10000])
def test_year_needs_four_digits(year: int) -> None:
    with pytest.raises(ValueError, match="four digits"):
        new_serial(year, secrets.randbelow)


@given(serials)
def test_every_single_wrong_character_shows(serial: str) -> None:
    body = plain(serial)

    for position in range(2, len(body)):
        for wrong in set(ALPHABET) - {body[position]}:
            changed = normalise(body[:position] + wrong + body[position + 1 :])

            assert changed is None or not is_valid(changed)


@given(serials)
def test_every_exchange_of_two_different_characters_shows(serial: str) -> None:
    body = plain(serial)

    for first, second in itertools.combinations(range(len(body)), 2):
        if body[first] == body[second]:
            continue
        letters = list(body)
        letters[first], letters[second] = letters[second], letters[first]
        changed = normalise("".join(letters))

        assert changed is None or not is_valid(changed)


def test_each_adjacent_pair_shows_when_exchanged_at_each_place() -> None:
    filler = 7
    for place in range(RANDOM_LENGTH - 1):
        for left, right in itertools.permutations(range(32), 2):
            values = [filler] * RANDOM_LENGTH
            values[place : place + 2] = [left, right]
            true = new_serial(2026, drawn(values))
            values[place : place + 2] = [right, left]
            exchanged = new_serial(2026, drawn(values))

            assert true[-1] != exchanged[-1]


@given(serials)
def test_what_people_type_is_understood(serial: str) -> None:
    assert normalise(serial) == serial
    assert normalise(serial.lower()) == serial
    assert normalise(serial.replace("-", "")) == serial
    assert normalise(f"  {serial.replace('-', ' ')}\n") == serial
    assert normalise(serial.replace("-", " – ")) == serial
    assert normalise(serial.replace("0", "o").replace("1", "l")) == serial
    assert normalise(serial.replace("0", "O").replace("1", "I")) == serial


@given(st.text())
def test_normalise_gives_a_form_that_it_keeps_or_none(text: str) -> None:
    form = normalise(text)

    assert form is None or normalise(form) == form


@given(st.text(alphabet="CN0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ- cn", max_size=30))
def test_near_serials_never_crash(text: str) -> None:
    normalise(text)
    is_valid(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CN",
        "CN-2026-0000-0000-0000",
        "CN-2026-0000-0000-0000-00",
        "XN-2026-0000-0000-0000-0",
        "CN-2O2G-0000-0000-0000-0",
        "CN-2026-0000-0000-000U-0",
        "CN-2026-0000-0000-000Đ-0",
        "CN-2026-0000-0000-000/-0",
        "2026-0000-0000-0000-0",
        "CN-2026-0000-0000-0000-0" + " " * 80,
    ],
)
def test_what_cannot_be_a_serial_is_none(text: str) -> None:
    assert normalise(text) is None
    assert not is_valid(text)


def test_only_the_canonical_form_is_valid() -> None:
    serial = new_serial(1000, constant(0))

    assert is_valid(serial)
    assert not is_valid(serial.lower())
    assert not is_valid(serial.replace("-", ""))
