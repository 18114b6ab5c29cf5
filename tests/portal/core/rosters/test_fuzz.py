"""Random lists from reading to undo: never a crash, never a partial write, the undo is exact."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Posting, User
from portal.core.batches import batches
from portal.core.files.models import FileKind, StoredFile
from portal.core.policy import Actor, Grant, Role
from portal.core.rosters import applying, dry_run, known, lines, reading, undoing
from portal.core.rosters.changes import BASIS_FIELDS, POST_FIELDS, USER_FIELDS
from portal.core.rosters.jobs import columns
from portal.core.rosters.models import ImportState, RosterBasis, RosterImport, RosterLine
from portal.core.rosters.plan import Kind, Seen
from portal.core.rosters.rows import COLUMNS, Row, Unusable, read
from portal.core.rosters.undoing import CannotUndo
from portal.core.tables_in.faults import CannotRead
from portal.core.tables_in.reading import read as read_file
from portal.core.tables_in.table import table
from tests.examples import examples
from tests.factories import NOW, TODAY, World
from tests.portal.core.rosters.support import HEAD, workbook

odd = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.integers(-10, 10**12),
    st.floats(allow_nan=True, allow_infinity=True),
    st.dates(date(1900, 3, 1), date(2100, 1, 1)),
    st.sampled_from(
        ["=A1", "#N/A", "'0912345678", " \u200b ", "\ufeff", "e\u0301", "x" * 400, "0912 345 678"]
    ),
)
usual: dict[str, Any] = {
    "unit": st.sampled_from([None, "A", "a ", "B", "K", "L", "Z"]),
    "code": st.sampled_from([None, "GV-1", "GV-2", "gv 1", "T-000001", 17, 17.0, "007"]),
    "name": st.sampled_from([None, "Trần Thị Ánh", "TRẦN THỊ ÁNH", "Trần Thị Ánh".encode().decode(), "Lê Văn Bảo", "Na"]),
    "phone": st.sampled_from([None, 912345678, "0912345678", "+84 912 345 678", "12"]),
    "audience": st.sampled_from(["Giáo viên", "giao vien", "Hiệu trưởng", "Phụ huynh", None, "phi công"]),
    "title": st.sampled_from([None, "Tổ trưởng"]),
    "began": st.sampled_from([None, 45540, "5/9/2024", "31/02/2024", date(2024, 9, 5)]),
}  # fmt: skip
rows_drawn = st.lists(
    st.fixed_dictionaries({key: st.one_of(usual[key], usual[key], usual[key], odd) for key in COLUMNS}),
    max_size=8,
)


@examples(200)
@given(st.fixed_dictionaries(dict.fromkeys(COLUMNS, odd)))
def test_a_row_is_read_or_refused_with_a_reason(cells: dict[str, Any]) -> None:
    try:
        row = read(2, cells, unit="A", as_of=TODAY, may_be_coded=frozenset())
    except Unusable:
        return
    assert row.name == row.name.strip()
    assert 0 < len(row.name) <= 80
    assert row.code is None or 0 < len(row.code) <= 40


@examples(40)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)))
@example(
    b"H\xe1\xbb\x8d v\xc3\xa0 t\xc3\xaan;Nh\xc3\xb3m \xc4\x91\xe1\xbb\x91i t\xc6\xb0\xe1\xbb\xa3ng\nA B;gv\n"
)
def test_any_bytes_are_a_list_or_refused(content: bytes) -> None:
    try:
        lines = list(table(read_file(content, "x.csv"), columns()))
    except CannotRead:
        return
    assert all(line.number > 0 for line in lines)


def everything(session: Session) -> list[Any]:
    return [
        session.execute(select(model.id, *(getattr(model, name) for name in names)).order_by(model.id)).all()
        for model, names in ((User, USER_FIELDS), (Posting, POST_FIELDS), (RosterBasis, BASIS_FIELDS))
    ]


def bring_in(
    session: Session, who: Actor, rows: Sequence[dict[str, Any]], *, full: bool, unit: str | None
) -> RosterImport:
    """Make the dry run of rows, as the job does."""
    stored = StoredFile(
        name="x.xlsx", kind=FileKind.XLSX, size=1, sha256="0" * 64, purpose="roster.import", uploaded_at=NOW
    )
    session.add(stored)
    session.flush()
    one = RosterImport(
        file_id=stored.id, file_name="x.xlsx", full_list=full, as_of=TODAY, state=ImportState.PLANNING, counts={},
        created_by_id=who.id, created_at=NOW,
    )  # fmt: skip
    session.add(one)
    session.flush()
    stream = [
        (number, row, {key: str(value or "") for key, value in row.items()})
        for number, row in enumerate(rows, 2)
    ]
    seen, position = Seen(), -1
    coded = known.coded_units(session, who)
    for batch in batches(reading.items(stream, unit=unit, as_of=TODAY, may_be_coded=coded), 3):
        outcomes, _known = dry_run.planned(session, who, batch, seen, as_of=TODAY, decisions={})
        session.execute(
            insert(RosterLine),
            [
                lines.line_of(one.id, position + place, item, outcome)
                for place, (item, outcome) in enumerate(outcomes, 1)
            ],
        )
        position += len(batch)
    dry_run.finish_plan(session, one, seen, position)
    session.flush()
    return one


def applied(session: Session, who: Actor, one: RosterImport) -> None:
    """Apply an import, as the job does."""
    applying.apply(session, who, one, applying.check(session, who, one), NOW)
    session.flush()


@examples(40)
@given(rows_drawn, st.booleans(), st.sampled_from([None, "A"]), st.sampled_from(["agency", "head"]))
def test_whatever_is_brought_in_can_be_applied_once_and_undone_exactly(
    session: Session, world: World, rows: list[dict[str, Any]], full: bool, unit: str | None, by: str
) -> None:
    who = (
        Actor(world.bruno, (Grant(Role.UNIT_HEAD, unit=world.school),))
        if by == "head"
        else Actor(world.gina, (Grant(Role.DISTRICT_HEAD, area=world.province),))
    )
    nested = session.begin_nested()
    try:
        before = everything(session)
        one = bring_in(session, who, rows, full=full, unit=unit)
        assert sum(one.counts.get(str(kind), 0) for kind in Kind if kind != Kind.LEFT) == len(rows)
        assert everything(session) == before, "a dry run changes nothing"

        applied(session, who, one)
        after = everything(session)
        again = bring_in(session, who, rows, full=full, unit=unit)
        writes = {key: again.counts.get(key, 0) for key in ("added", "changed", "left")}
        assert writes == {"added": 0, "changed": 0, "left": 0}
        assert everything(session) == after

        undoing.undo(session, one, who.id or 0, NOW)
        session.flush()
        assert everything(session) == before
    except CannotUndo as fault:
        pytest.fail(f"nothing was built on it, yet {fault.faults}")
    finally:
        nested.rollback()
        session.expunge_all()


def test_the_same_through_a_file(session: Session, world: World) -> None:
    """One list as a real workbook, so that the fuzz above rests on what files give."""
    content = workbook([("A", "GV-1", "Lê Thị Na", 912345678, "Giáo viên", None, 45540)])
    (line,) = table(read_file(content, "x.xlsx"), columns())

    row = read(line.number, line.values, unit="A", as_of=TODAY, may_be_coded=frozenset())

    assert row == Row(2, "A", "GV-1", "Lê Thị Na", "0912345678", "teacher", None, date(2024, 9, 5))
    assert len(HEAD) == len(COLUMNS)


def test_a_nul_in_a_cell_is_never_stored() -> None:
    """PostgreSQL can keep no NUL, in text or in JSON; Excel writes none, but a damaged CSV may hold one."""
    cells = dict.fromkeys(COLUMNS, "a\0b")
    (item,) = reading.items([(2, cells, cells)], unit="A", as_of=TODAY, may_be_coded=frozenset())

    assert isinstance(item, reading.Unread)
    assert item.seen == dict.fromkeys(COLUMNS, "a\ufffdb")
    assert "\0" not in "".join(str(value) for value in item.values.values())
