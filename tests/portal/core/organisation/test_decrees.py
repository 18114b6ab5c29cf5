"""Files of decrees: what is read, what is refused and where, and that nothing at all makes them crash."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.errors import Refused
from portal.core.organisation import decrees, reading, shipped
from portal.core.organisation.decrees import (
    COLUMNS,
    Unreadable,
    from_rows,
    from_toml,
    read_event,
    rows_of,
    written,
)
from portal.core.organisation.planning import plan
from portal.core.organisation.reorganise import Event, Kind, State, Subject, Successor
from tests.examples import examples

TOML = """
title = "Nhập hai xã"
legal_basis = "Nghị quyết số 1/NQ"
effective_on = 2025-07-01
[[event]]
kind = "merge"
predecessors = ["C1", "C2 Xã Bốn"]
along = ["committee"]
[[event.successor]]
code = "C1"
name = "Xã  Hòa Bình"
[[event]]
kind = "split"
subject = "unit"
predecessors = ["A"]
assign = { "person:T-1" = "A2" }
successor = [
  { code = "A", share = "3/5", goes_on = true },
  { code = "A2", name = "Trường Hai", share = "2/5" },
]
"""


def test_toml_and_table_say_the_same() -> None:
    decree = from_toml(TOML)
    again = from_rows(
        (number, dict(zip(COLUMNS, row, strict=True))) for number, row in enumerate(rows_of(decree), 2)
    )

    assert decree == again
    assert (decree.effective_on, len(decree.events)) == (date(2025, 7, 1), 2)
    assert decree.events[0].predecessors == ("C1", "C2 Xã Bốn")
    assert decree.events[0].successors == (Successor("C1", "Xã Hòa Bình"),)
    assert decree.events[1].subject == Subject.UNIT
    assert [one.share for one in decree.events[1].successors] == [Fraction(3, 5), Fraction(2, 5)]
    assert decree.events[1].assign == {"person:T-1": "A2"}
    assert [read_event(written(event)) for event in decree.events] == list(decree.events)


def test_a_file_from_a_spreadsheet_is_read_with_vietnamese_headings() -> None:
    text = "Tên quyết định;Căn cứ pháp lý;Ngày hiệu lực;Hình thức;Mã cũ;Mã mới;Tên mới\r\n"
    decree = reading.decree_in(
        f'\ufeff{text}Nhập xã;NQ 1;01/07/2025;merge;"12433 Xã A; 12436";12500;Xã Mới\r\n'.encode(), "a.csv"
    )

    assert (decree.title, decree.effective_on) == ("Nhập xã", date(2025, 7, 1))
    assert decree.events == (
        Event(Kind.MERGE, Subject.AREA, ("12433 Xã A", "12436"), (Successor("12500", "Xã Mới"),)),
    )


@pytest.mark.parametrize(
    ("rows", "row", "words"),
    [
        ([], 0, "There is no event in the file."),
        (
            [{"kind": "marry", "code": "X"}],
            2,
            "marry is no kind of event; there are merge, split, rename, move, abolish.",
        ),
        ([{"kind": "merge", "subject": "ship"}], 2, "ship is neither area nor unit."),
        ([{"kind": "merge", "code": "X Y"}], 2, "X Y is no code: at most 40 letters, digits, dots, hyphens."),
        ([{"kind": "split", "code": "X", "share": "half"}], 1, "half is no share; write it like 2/5."),
        ([{"kind": "split", "code": "X", "share": "7/5"}], 1, "7/5 is no share; write it like 2/5."),
        ([{"kind": "split", "code": "X", "share": "1/0"}], 1, "1/0 is no share; write it like 2/5."),
        ([{"kind": "merge", "code": "X", "goes_on": "maybe"}], 2, "goes_on is yes or empty, not maybe."),
        (
            [{"kind": "merge"}, {"kind": "merge", "title": "Một"}],
            3,
            "title differs from that of the rows above: one file is one decree.",
        ),
        (
            [{"kind": "merge", "effective_on": "1/7"}],
            0,
            "effective_on is missing or no day; write it like 2025-07-01.",
        ),
    ],
)
def test_faults_say_where_and_what(rows: list[dict[str, str]], row: int, words: str) -> None:
    first = {"title": "T", "legal_basis": "L", "effective_on": "2025-07-01", "kind": ""}
    if "effective_on" in (rows or [{}])[0]:
        del first["effective_on"]
    with pytest.raises(Unreadable) as caught:
        from_rows([(1, {**first, **rows[0]}), *enumerate(rows, 2)] if rows else [])

    # the first row carries the head of the file as well, so what is wrong with it is said of both
    assert (row, words) in [(one.row, one.message % one.values) for one in caught.value.faults]


def test_a_decree_that_is_shipped_survives_every_way_of_writing_it() -> None:
    for name in shipped.DECREES:
        decree = shipped.decree(name)
        rows = [(n, dict(zip(COLUMNS, row, strict=True))) for n, row in enumerate(rows_of(decree), 2)]
        assert from_rows(rows) == decree
    with pytest.raises(KeyError):
        shipped.decree("1999-01-01")


# --- fuzzing -------------------------------------------------------------------------------------------------------

words = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["merge", "split", "rename", "move", "abolish", "area", "unit", "A", "B; C", "1/2", "x", "unit:A=B", "2025-07-01"]),
    st.integers(-5, 10**12), st.floats(), st.booleans(), st.none(), st.dates(), st.lists(st.text(max_size=3), max_size=3),
)  # fmt: skip
tables = st.lists(st.dictionaries(st.sampled_from([*COLUMNS, "other"]), words, max_size=9), max_size=6)


def tried(read: Any) -> None:
    """Read; whatever is read can be planned on an empty province without a crash."""
    try:
        decree = read()
    except (Unreadable, Refused):
        return
    found = plan(list(enumerate(decree.events, 1)), decree.effective_on, State({}))
    assert found.faults or not found.changes or any(event.outside or event.kind for event in decree.events)
    assert [read_event(written(event)) for event in decree.events] == list(decree.events)


@given(tables)
@examples(200)
def test_any_table_is_read_or_refused(rows: list[dict[str, Any]]) -> None:
    head = {"title": "T", "legal_basis": "L", "effective_on": "2025-07-01"}
    tried(lambda: from_rows([(1, {**rows[0], **head}), *enumerate(rows[1:], 2)] if rows else []))


@given(
    st.one_of(
        st.text(max_size=200),
        st.text(max_size=60).map(lambda text: TOML + text),
        st.integers(0, len(TOML)).map(lambda at: TOML[:at] + "\x00[[" + TOML[at:]),
    )
)
@examples(150)
def test_any_toml_is_read_or_refused(text: str) -> None:
    tried(lambda: from_toml(text))


@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=120).map(
            lambda text: ("title,legal_basis,effective_on,kind,code\n" + text).encode()
        ),
    )
)
@examples(100)
def test_any_file_is_read_or_refused(data: bytes) -> None:
    tried(lambda: reading.decree_in(data, "a.csv"))
    tried(lambda: reading.decree_in(data, "a.toml"))


def test_an_event_is_kept_whole() -> None:
    event = Event(
        Kind.ABOLISH,
        Subject.AREA,
        ("A",),
        (Successor("B", share=Fraction(1)),),
        ("33 X",),
        {"unit:A": "B"},
        ("school",),
    )
    assert read_event(written(event)) == event
    assert decrees.MOST_EVENTS == 5000
