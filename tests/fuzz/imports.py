"""Staff lists, tables of units and decrees, broken on purpose: read or refused in words; written wholly or not at all.

`python -m tests.fuzz.imports --read 100000 --run 3000 --seed 1`: `--read` files for each reader, and `--run` for each
import from dry run to application and undo, on a small province in memory. An input that crashes, takes longer than
two seconds of the processor, or leaves something behind though it was refused or undone, is printed and ends the run.
"""

import argparse
import io
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import xlsxwriter
from sqlalchemy import create_engine, insert, select
from sqlalchemy.orm import Session

from portal import tables
from portal.core.batches import batches
from portal.core.db import Base
from portal.core.errors import Refused
from portal.core.files.models import FileKind, StoredFile
from portal.core.organisation import reading, reorganising, unit_files
from portal.core.organisation.decrees import COLUMNS as DECREE_COLUMNS
from portal.core.organisation.decrees import Unreadable
from portal.core.organisation.models import Area, Unit
from portal.core.policy import Actor, Grant, Role
from portal.core.rosters import applying, dry_run, known, lines, undoing
from portal.core.rosters.jobs import columns
from portal.core.rosters.models import ImportState, RosterImport, RosterLine
from portal.core.rosters.plan import Seen
from portal.core.rosters.reading import Unread, items
from portal.core.rosters.rows import HEADINGS
from portal.core.tables_in.faults import CannotRead
from portal.core.tables_in.reading import read
from portal.core.tables_in.table import table
from tests.factories import NOW, TODAY, World, build
from tests.fuzz.tables_in import scramble

SECONDS = 2.0
MOST_ROWS = 7
ODD: tuple[Any, ...] = (
    None, "", " ", "x" * 300, "=A1", "#N/A", "'09", "\u200b", "\ufeff", "e\u0301", "\x00", "1/1/1800", "31/02/2024", -1,
    10**15, 1.5, 1e300, "1e9", "0" * 41, "<b>", "%s", "%(code)s", "a;b", "a\nb", "ấ" * 90, "\ud7ff", "🙂", "true", "NaN",
)  # fmt: skip
DAYS = (None, 45540, "5/9/2024", "2025-07-01", "1/1/2026", "24/11/2026", "1/1/2030", "9/4/2020", "32/1/2024")
NAMES = ("Trần Thị Ánh", "TRẦN THỊ ÁNH", "Lê Văn Bảo", "Na", "Trường A", "Xã Mới", "Huyện Một")
CODES = (
    "A",
    "a",
    "B",
    "K",
    "L",
    "Z",
    "P",
    "D1",
    "D2",
    "C1",
    "C2",
    "C3",
    "S1",
    "GV-1",
    "GV-2",
    "gv 1",
    "007",
    17,
)
ROSTER = {
    "unit": ("A", "a ", "B", "K", "L", "Z"), "code": CODES, "name": NAMES,
    "phone": (912345678, "0912345678", "+84 912 345 678", "12", None),
    "audience": ("Giáo viên", "giao vien", "Hiệu trưởng", "Phụ huynh", "phi công", None), "title": ("Tổ trưởng", None),
    "began": DAYS,
}  # fmt: skip
UNITS = {
    "code": CODES, "name": NAMES, "kind": ("school", "Trường", "trạm y tế", "tàu"), "sector": ("education", "Y tế", "?"),
    "area": CODES, "parent": CODES, "roster_on": DAYS, "valid_from": DAYS,
}  # fmt: skip
DECREE: dict[str, Sequence[Any]] = {
    "title": ("Quyết định thử",), "legal_basis": ("Nghị quyết 1",), "effective_on": ("2026-12-01", "2025-07-01", *DAYS),
    "kind": ("merge", "split", "rename", "move", "abolish", "Sáp nhập"), "subject": ("area", "unit", "Địa bàn"),
    "predecessors": ("C1, C2", "A, B", "A", "C1", "D1, D2", "A; A", "P", "Z"), "code": CODES, "name": NAMES,
    "unit_kind": ("school", None), "sector": ("education", None), "parent": CODES, "area": CODES,
    "share": ("1/2", "1/3", "0/1", "-1/2", "1", "2/0", None), "goes_on": ("có", "x", "no", None), "assign": ("A=B", "T-000001: A", None),
    "along": ("A, B", None), "outside": ("C9", None),
}  # fmt: skip
for _key in DECREE_COLUMNS:
    DECREE.setdefault(_key, (None,))


def rows_of(dice: random.Random, usual: dict[str, Sequence[Any]], odd: float) -> list[dict[str, Any]]:
    """Return a few rows, most cells as people fill them."""
    return [
        {key: dice.choice(ODD) if dice.random() < odd else dice.choice(kind) for key, kind in usual.items()}
        for _row in range(dice.randrange(MOST_ROWS))
    ]


def file_of(
    dice: random.Random, rows: Sequence[dict[str, Any]], headings: dict[str, str], broken: float = 0.33
) -> tuple[bytes, str]:
    """Return rows as CSV or (one in twenty-five) as a workbook; some files are broken besides."""
    kept = [key for key in headings if dice.random() > broken / 8]
    if dice.random() < 0.2:
        dice.shuffle(kept)
    lines = [[headings[key] for key in kept], *[[row[key] for key in kept] for row in rows]]
    if dice.random() < 0.04:
        out = io.BytesIO()
        book = xlsxwriter.Workbook(
            out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        sheet = book.add_worksheet()
        for number, line in enumerate(lines):
            for column, cell in enumerate(line):
                if cell is not None:
                    sheet.write(number, column, str(cell) if isinstance(cell, int) and cell > 2**53 else cell)
        book.close()
        raw, name = out.getvalue(), "fuzz.xlsx"
    else:
        mark = dice.choice(";,\t")
        text = "\r\n".join(
            mark.join(
                '"' + str(cell).replace('"', '""') + '"'
                if mark in str(cell) or "\n" in str(cell)
                else str("" if cell is None else cell)
                for cell in line
            )
            for line in lines
        )
        raw, name = text.encode(dice.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16")), "replace"), "fuzz.csv"
    return (scramble(dice, raw) if raw and dice.random() < broken else raw), name


def _toml(dice: random.Random, rows: Sequence[dict[str, Any]]) -> bytes:
    out = [
        'title = "T"',
        'legal_basis = "L"',
        f"effective_on = {dice.choice(('2026-12-01', chr(34) + 'x' + chr(34), '1'))}",
    ]
    for row in rows:
        out.append("[[event]]" if dice.random() < 0.9 else "[[events]]")
        out += [f"{key} = {dice.choice((repr(str(value)), '[1]', 'true'))}" if dice.random() < 0.2 else f'{key} = "{value}"' for key, value in row.items() if value is not None]  # fmt: skip
    return scramble(dice, "\n".join(out).encode("utf-8", "replace"))


def _headings(names: Sequence[Any]) -> dict[str, str]:
    return {column.key: column.heading for column in names}


# -- the readers


def read_roster(dice: random.Random) -> str:
    """Read one broken staff list to rows or refusals."""
    raw, name = file_of(dice, rows_of(dice, ROSTER, 0.2), HEADINGS)
    try:
        lines = list(table(read(raw, name), columns()))
    except CannotRead as refusal:
        return type(refusal).__name__
    stream = [(line.number, line.values, line.seen) for line in lines]
    for item in items(stream, unit=dice.choice((None, "A")), as_of=TODAY, may_be_coded=frozenset({"K"})):
        if isinstance(item, Unread):
            assert item.reason
    return "list"


def read_units(dice: random.Random) -> str:
    """Read one broken table of units."""
    raw, name = file_of(dice, rows_of(dice, UNITS, 0.2), _headings(reading.UNIT_COLUMNS))
    try:
        reading.units_in(raw, name)
    except CannotRead as refusal:
        return type(refusal).__name__
    return "table"


def read_decree(dice: random.Random) -> str:
    """Read one broken decree: table or TOML."""
    rows = rows_of(dice, DECREE, 0.1)
    raw, name = (_toml(dice, rows), "x.toml") if dice.random() < 0.25 else file_of(dice, rows, {key: key for key in DECREE})  # fmt: skip
    try:
        reading.decree_in(raw, name)
    except Unreadable as refusal:
        for fault in refusal.faults:
            assert fault.message % fault.values
        return "Unreadable"
    except (CannotRead, Refused) as refusal:
        return type(refusal).__name__
    return "decree"


# -- whole imports


class Province:
    """A small province in memory, and what of it an import may touch."""

    KEPT = (
        "area", "area_past", "area_lineage", "unit", "unit_past", "unit_lineage", "user", "posting", "roster_basis",
        "membership", "household", "workshop", "enrolment",
    )  # fmt: skip

    def __init__(self) -> None:
        assert tables
        engine = create_engine("sqlite://")
        Base.metadata.create_all(engine)
        self.session = Session(engine, join_transaction_mode="create_savepoint")
        self.world: World = build(self.session)
        self.session.flush()
        self.kept = [Base.metadata.tables[name] for name in self.KEPT]
        self.before = self.look()
        self.areas = list(self.session.scalars(select(Area.code).order_by(Area.id)))
        self.units = list(self.session.scalars(select(Unit.code).order_by(Unit.id)))

    def look(self) -> list[Any]:
        """Return every row that an import may touch."""
        connection = self.session.connection()
        return [connection.execute(select(one).order_by(one.c.id)).all() for one in self.kept]

    def try_out(self, dice: random.Random, what: Callable[["Province", random.Random], str]) -> str:
        """Do one import and forget it."""
        nested = self.session.begin_nested()
        try:
            return what(self, dice)
        finally:
            nested.rollback()
            self.session.expunge_all()


def run_roster(here: Province, dice: random.Random) -> str:
    """Bring in a staff list: dry run, application, undo."""
    session, world = here.session, here.world
    who = (
        Actor(world.bruno, (Grant(Role.UNIT_HEAD, unit=world.school),))
        if dice.random() < 0.5
        else Actor(world.gina, (Grant(Role.DISTRICT_HEAD, area=world.province),))
    )
    unit = dice.choice((None, "A"))
    stored = StoredFile(name="x.xlsx", kind=FileKind.XLSX, size=1, sha256="0" * 64, purpose="roster.import", uploaded_at=NOW)  # fmt: skip
    session.add(stored)
    session.flush()
    one = RosterImport(
        file_id=stored.id, file_name="x.xlsx", full_list=dice.random() < 0.5, as_of=TODAY, state=ImportState.PLANNING,
        counts={}, created_by_id=who.id, created_at=NOW,
    )  # fmt: skip
    session.add(one)
    session.flush()
    rows = [(number, row, {key: str(value or "") for key, value in row.items()}) for number, row in enumerate(rows_of(dice, ROSTER, 0.1), 2)]  # fmt: skip
    seen, position = Seen(), -1
    stream = items(rows, unit=unit, as_of=TODAY, may_be_coded=known.coded_units(session, who))
    for batch in batches(stream, 3):
        outcomes, _known = dry_run.planned(session, who, batch, seen, as_of=TODAY, decisions={})
        session.execute(insert(RosterLine), [lines.line_of(one.id, position + place, item, outcome) for place, (item, outcome) in enumerate(outcomes, 1)])  # fmt: skip
        position += len(batch)
    dry_run.finish_plan(session, one, seen, position)
    session.flush()
    assert here.look() == here.before, "a dry run wrote"
    applying.apply(session, who, one, applying.check(session, who, one), NOW)
    session.flush()
    changed = here.look() != here.before
    undoing.undo(session, one, who.id or 0, NOW)
    session.flush()
    assert here.look() == here.before, "the undo is not exact"
    return "applied and undone" if changed else "nothing to do"


def run_units(here: Province, dice: random.Random) -> str:
    """Bring in a table of units: refused and nothing written, or written, and then the same file changes nothing."""
    raw, name = file_of(dice, rows_of(dice, UNITS, 0.03), _headings(reading.UNIT_COLUMNS))
    try:
        rows, _left_out = reading.units_in(raw, name)
    except CannotRead as refusal:
        return type(refusal).__name__
    done = unit_files.write_units(here.session, rows, today=TODAY, now=NOW, by_id=None, source="fuzz")
    here.session.flush()
    if done.refused:
        assert here.look() == here.before, "refused, and yet something was written"
        return "refused"
    after = here.look()
    here.session.expunge_all()
    again = unit_files.write_units(here.session, rows, today=TODAY, now=NOW, by_id=None, source="fuzz")
    here.session.flush()
    assert not again.refused, "the same file is refused the second time"
    assert here.look() == after, "the same file changed something the second time"
    return "written"


def likely(dice: random.Random, areas: Sequence[str], units: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows of a decree that could be meant so; a cell in thirty is odd."""
    rows: list[dict[str, Any]] = []
    for number in range(dice.choice((1, 1, 2, 3))):
        subject = dice.choice(("area", "unit"))
        codes = areas if subject == "area" else units
        kind = dice.choice(("merge", "merge", "split", "rename", "move", "abolish"))
        old = dice.sample(codes, dice.choice((1, 2, 2, 3)) if kind == "merge" else 1)
        event = {
            **dict.fromkeys(DECREE), "kind": kind, "subject": subject, "predecessors": "; ".join(old),
            "code": dice.choice((old[0], f"N{number}", f"N{number}", dice.choice(codes))), "name": dice.choice(NAMES),
            "title": "Quyết định thử", "legal_basis": "Nghị quyết 1", "effective_on": "2026-11-01",
            "goes_on": dice.choice(("", "", "yes")), "along": dice.choice(("", "", "committee; school")),
        }  # fmt: skip
        if kind == "move" or dice.random() < 0.2:
            event["area"] = dice.choice(areas) if subject == "unit" else None
            event["parent"] = dice.choice(codes) if dice.random() < 0.6 else None
        if kind == "abolish" and dice.random() < 0.5:
            event |= {"code": None, "name": None, "goes_on": None}
        rows.append(event)
        if kind == "split":
            event["share"] = dice.choice(("1/2", "1/3", "1"))
            rows.append({**event, "code": f"M{number}", "name": "Nơi mới", "share": dice.choice(("1/2", "2/3")), "assign": dice.choice((None, "T-000001", "A", f"A=M{number}"))})  # fmt: skip
    for row in rows:
        for key in row:
            if dice.random() < 1 / 30 and key not in ("title", "legal_basis", "effective_on"):
                row[key] = dice.choice(ODD)
    return rows


def run_decree(here: Province, dice: random.Random) -> str:
    """Carry a decree out and take it back."""
    session = here.session
    raw, name = file_of(dice, likely(dice, here.areas, here.units), {key: key for key in DECREE}, broken=0.05)
    try:
        decree = reading.decree_in(raw, name)
    except Unreadable:
        return "unreadable"
    except (CannotRead, Refused) as refusal:
        return type(refusal).__name__
    try:
        one = reorganising.write_down(session, decree, by_id=None, now=NOW)
        _state, plan = reorganising.preview(session, one)
        faults = [fault.message % fault.values for fault in plan.faults]
        assert here.look() == here.before, "a preview wrote"
        reorganising.carry_out(session, one.id, by_id=None, now=NOW, today=max(TODAY, date(2031, 1, 1)))
    except Refused as refusal:
        session.flush()
        assert here.look() == here.before, "refused, and yet something was written"
        return f"refused: {type(refusal).__name__}"
    assert not faults, "a decree with faults was carried out"
    session.flush()
    reorganising.take_back(session, one.id, by_id=None, now=NOW)
    session.flush()
    session.expire_all()
    assert here.look() == here.before, "taking it back is not exact"
    return "carried out and taken back"


READERS = {"roster": read_roster, "units": read_units, "decree": read_decree}
IMPORTS = {"roster": run_roster, "units": run_units, "decree": run_decree}


def repeat(many: int, seed: int, name: str, once: Callable[[random.Random], str], seconds: float | None = None) -> tuple[Counter[str], float]:  # fmt: skip
    """Do `once` many times, each with dice of its own; return how they ended, and the longest time of the processor."""
    ends: Counter[str] = Counter()
    longest, began = 0.0, time.monotonic()
    for number in range(many):
        if seconds is not None and time.monotonic() - began > seconds:
            break
        begin = time.process_time()
        try:
            ends[once(random.Random(f"{seed}:{name}:{number}"))] += 1
        except BaseException:
            sys.stderr.write(f"input {number} of seed {seed} of {name}: neither done nor refused\n")
            raise
        took = time.process_time() - begin
        longest = max(longest, took)
        if took > SECONDS:
            raise TimeoutError(f"input {number} of seed {seed} of {name} took {took:.1f} s")
    return ends, longest


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--read", type=int, default=100_000, help="files for each reader")
    parser.add_argument("--run", type=int, default=3_000, help="whole imports of each kind")
    parser.add_argument("--seconds", type=float, help="at most so long for each of the six")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=[*READERS], help="one kind of import")
    asked = parser.parse_args()
    for name in [asked.only] if asked.only else READERS:
        begin = time.monotonic()
        ends, longest = repeat(asked.read, asked.seed, f"read {name}", READERS[name], asked.seconds)
        _say(f"{name}, read", ends, longest, begin)
    for name in [asked.only] if asked.only else IMPORTS:
        here, begin = Province(), time.monotonic()
        ends, longest = repeat(
            asked.run, asked.seed, f"run {name}", lambda dice, what=IMPORTS[name], at=here: at.try_out(dice, what), asked.seconds
        )  # fmt: skip
        _say(f"{name}, whole", ends, longest, begin)


def _say(what: str, ends: Counter[str], longest: float, begin: float) -> None:
    shown = ", ".join(f"{end} {many:,}" for end, many in ends.most_common())
    took = time.monotonic() - begin
    sys.stdout.write(
        f"{what}: {ends.total():,} in {took:.0f} s, the longest {longest * 1000:.0f} ms: {shown}\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    main()
