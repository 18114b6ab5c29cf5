"""Numbers as Vietnamese and English readers write them."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.kinds.base import Malformed, Mark
from quizzes.kinds.numeric import Numeric, readings
from tests.quizzes.conftest import both

KIND = Numeric()
SHOWN = {"unit": {"vi": "giờ", "en": "hours"}}


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("24", {"24"}),
        ("1,5", {"1.5"}),
        ("1.5", {"1.5"}),
        (",5", {"0.5"}),
        ("-3", {"-3"}),
        ("−3,25", {"-3.25"}),
        ("+ 7", {"7"}),
        ("1.234,5", {"1234.5"}),
        ("1,234.5", {"1234.5"}),
        ("1.234.567", {"1234567"}),
        ("1 234 567", {"1234567"}),
        ("1 234,5", {"1234.5"}),
        ("12 345", {"12345"}),
        ("1.234", {"1.234", "1234"}),
        ("1,234", {"1.234", "1234"}),
        ("0,125", {"0.125"}),
        ("1.2345", {"1.2345"}),
        ("1234,567", {"1234.567"}),
        ("007", {"7"}),
        ("", set()),
        ("-", set()),
        ("--5", set()),
        ("+-5", set()),
        ("1.23.456", set()),
        ("1.234,567.8", set()),
        ("1,234,56", set()),
        ("1.234.567.8", set()),
        ("1e5", set()),
        ("٣", set()),
        ("hai", set()),
        ("5 6", set()),
    ],
)
def test_readings(typed: str, numbers: set[str]) -> None:
    assert readings(typed) == {Decimal(number) for number in numbers}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("24", "24"),
        (" 24\u00a0giờ ", "24"),
        ("24 GIỜ", "24"),
        ("1,5 hours", "1,5"),
        ("50%", "50"),
        ("", None),
        ("  ", None),
    ],
)
def test_parse(typed: str, kept: str | None) -> None:
    assert KIND.parse(SHOWN, {"": [typed]}) == kept


def test_parse_without_fields_is_nothing() -> None:
    assert KIND.parse({"unit": {}}, {}) is None


@pytest.mark.parametrize(
    "fields", [{"": ["hai tư"]}, {"": ["2" * 41]}, {"": ["1", "2"]}, {"x": ["1"]}, {"": ["24\x00"]}]
)
def test_parse_refuses_the_rest(fields: dict[str, list[str]]) -> None:
    with pytest.raises(Malformed):
        KIND.parse(SHOWN, fields)


@pytest.mark.parametrize(
    ("answer", "tolerance", "typed", "share"),
    [
        ("24", "0", "24", 1),
        ("24", "0", "24,0", 1),
        ("24", "0", "25", 0),
        ("24", "0.5", "24,5", 1),  # both ends are inside
        ("24", "0.5", "23.5", 1),
        ("24", "0.5", "24,51", 0),
        ("1234", "0", "1.234", 1),  # read as a thousand
        ("1.234", "0", "1,234", 1),  # read as a decimal
        ("0.1", "0", "0,1", 1),  # exact: 0.1 is one tenth
        ("0.3", "0.1", "0,2", 1),  # |0.2 - 0.3| = 0.1 exactly
        ("-2", "0", "2", 0),
    ],
)
def test_mark(answer: str, tolerance: str, typed: str, share: int) -> None:
    assert KIND.mark({"answer": answer, "tolerance": tolerance}, typed) == Mark(Fraction(share))


def test_nothing_is_unfinished() -> None:
    assert KIND.mark({"answer": "1", "tolerance": "0"}, None) == Mark(Fraction(0), unfinished=True)


@given(
    wanted=st.integers(-10_000, 10_000),
    tolerance=st.integers(0, 500),
    away=st.integers(0, 600),
    comma=st.booleans(),
)
def test_tolerance_is_symmetric_and_inclusive(wanted: int, tolerance: int, away: int, comma: bool) -> None:
    """In hundredths; two decimals are read in one way only."""

    def typed(hundredths: int) -> str:
        text = str(Decimal(hundredths).scaleb(-2).quantize(Decimal("0.01")))
        return text.replace(".", ",") if comma else text

    key = {"answer": str(Decimal(wanted).scaleb(-2)), "tolerance": str(Decimal(tolerance).scaleb(-2))}
    expected = Mark(Fraction(1 if away <= tolerance else 0))

    assert KIND.mark(key, typed(wanted + away)) == expected
    assert KIND.mark(key, typed(wanted - away)) == expected


@pytest.mark.parametrize(
    ("raw", "paths"),
    [
        ({"answer": "24", "tolerance": "0"}, []),
        ({"answer": "1.5", "tolerance": "0.25", "unit": both("giờ")}, []),
        ({"answer": 24, "tolerance": "0"}, [("answer",)]),
        ({"answer": "24,5", "tolerance": "-1"}, [("answer",), ("tolerance",)]),
        ({"answer": "24"}, [("tolerance",)]),
        ({"answer": "NaN", "tolerance": "1e3"}, [("answer",), ("tolerance",)]),
        ({"answer": "1", "tolerance": "0", "unit": "giờ"}, [("unit",)]),
    ],
)
def test_check(raw: dict[str, object], paths: list[tuple[str]]) -> None:
    assert [fault.path for fault in KIND.check(raw, ("vi", "en"))] == paths


def test_form_and_review_write_numbers_as_the_reader_does() -> None:
    parts = KIND.item({"answer": "1.5", "tolerance": "0", "unit": {"vi": "giờ", "en": "hours"}})
    assert KIND.form(parts.shown, "2") == {"value": "2", "unit": {"vi": "giờ", "en": "hours"}}
    assert KIND.form(parts.shown, None)["value"] == ""

    (line,) = KIND.review(parts.shown, parts.key, "1.5")
    assert line.right
    assert line.given == {"": "1.5"}
    assert line.expected == {"vi": "1,5 giờ", "en": "1.5 hours"}

    bare = KIND.item({"answer": "3", "tolerance": "0"})
    (line,) = KIND.review(bare.shown, bare.key, None)
    assert (line.chosen, line.right, line.given, line.expected) == (
        False,
        False,
        None,
        {"vi": "3", "en": "3"},
    )
