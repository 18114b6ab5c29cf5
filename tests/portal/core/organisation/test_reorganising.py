"""Decrees on the database: applied in one transaction, undone byte for byte, refused with reasons."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses.assignments.models import AssignmentRule
from courses.models import Course
from courses.workshops.models import Workshop
from portal.core.accounts.models import Audience, Membership, Posting
from portal.core.audit.models import Entry
from portal.core.db import Base
from portal.core.files.models import FileKind, StoredFile
from portal.core.households.models import Household
from portal.core.organisation import history, reorganising, shipped
from portal.core.organisation.decrees import Decree
from portal.core.organisation.models import (
    Area,
    AreaPast,
    Reorganisation,
    Sector,
    Unit,
    UnitKind,
    UnitPast,
)
from portal.core.organisation.queries import subtree
from portal.core.organisation.reorganise import Event, Kind, Subject, Successor
from portal.core.organisation.services import area_named
from portal.core.policy import Role
from portal.core.rosters.models import (
    Evidence,
    ImportState,
    RosterBasis,
    RosterImport,
    Transfer,
    TransferState,
)
from tests.factories import NOW, TODAY, World, grant, person, unit

DAY = date(2025, 7, 1)
EVE = DAY - timedelta(days=1)
#: What a decree leaves behind on purpose: itself, the record of it, and marks that sums kept of figures are to be made anew.
KEPT = ("reorganisation", "reorganisation_event", "audit_entry", "tally_mark")
MERGE = Event(
    Kind.MERGE, Subject.AREA, ("C1", "C2"), (Successor("C1", "Xã Hòa Bình"),), along=("community", "clinic")
)


def decree(*events: Event, day: date = DAY) -> Decree:
    return Decree("Quyết định thử", "Nghị quyết số 1/NQ", day, events)


def dump(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table, but of those that keep the decree itself."""
    session.flush()
    return {
        table.name: [
            tuple(row) for row in session.execute(select(table).order_by(*table.primary_key.columns))
        ]
        for table in Base.metadata.sorted_tables
        if table.name not in KEPT
    }


def planned(session: Session, *events: Event, day: date = DAY) -> Reorganisation:
    return reorganising.write_down(session, decree(*events, day=day), by_id=None, now=NOW)


def applied(session: Session, *events: Event, day: date = DAY) -> Reorganisation:
    one = planned(session, *events, day=day)
    return reorganising.carry_out(session, one.id, by_id=None, now=NOW, today=TODAY)


def test_two_communes_merge_and_everything_goes_on_at_the_new_one(session: Session, world: World) -> None:
    grant(session, world.fay, Role.COLLABORATOR, area_id=world.commune)
    one = applied(session, MERGE)

    new = area_named(session, "C1")
    assert new is not None
    assert (new.name, new.valid_from, new.id != world.commune) == ("Xã Hòa Bình", DAY, True)
    assert session.get_one(Area, world.commune).valid_to == EVE
    assert session.get_one(Unit, world.school).area_id == new.id
    past = session.scalars(select(UnitPast).where(UnitPast.unit_id == world.school)).one()
    assert (past.area_id, past.valid_to) == (world.commune, EVE)
    # one community and one clinic stood there: they get the new name and go on
    assert session.get_one(Unit, world.community).name == "Cộng đồng Xã Hòa Bình"
    assert session.scalars(select(Membership.area_id).where(Membership.user_id == world.fay)).all() == [
        world.commune,
        new.id,
    ]
    entry = session.scalars(select(Entry).where(Entry.code == "reorganisation.apply")).one()
    assert entry.target == f"reorganisation:{one.id}"


def test_posts_end_on_the_day_before_and_begin_at_the_successor(session: Session, world: World) -> None:
    applied(session, Event(Kind.MERGE, Subject.UNIT, ("A", "B"), (Successor("AB", "Trường TH và THCS Mới"),)))

    new = session.scalars(select(Unit).where(Unit.code == "AB")).one()
    posts = session.scalars(select(Posting).where(Posting.user_id == world.ana).order_by(Posting.id)).all()
    assert [(one.unit_id, one.valid_from, one.valid_to) for one in posts] == [
        (world.school, date(2024, 1, 1), EVE),
        (new.id, DAY, None),
    ]
    assert posts[1].audience == Audience.TEACHER
    bases = session.scalars(select(RosterBasis).order_by(RosterBasis.id)).all()
    assert {one.unit_id: one.valid_to for one in bases if one.unit_id in (world.school, new.id)} == {
        world.school: EVE
    }, "school B has given no list, so the new one has no denominator"
    heads = session.scalars(
        select(Membership).where(Membership.user_id == world.bruno).order_by(Membership.id)
    ).all()
    assert [(one.unit_id, one.valid_to) for one in heads] == [(world.school, EVE), (new.id, None)]


def everything_that_follows(session: Session, world: World) -> dict[str, int]:
    """Add one row of each thing that goes on at a successor, and one that is history; return their ids by name."""
    c2 = session.scalars(select(Area).where(Area.code == "C2")).one()
    other = unit(session, "Q2", UnitKind.COMMUNITY, Sector.COMMUNITY, "Cộng đồng Xã Bốn", c2, roster=False)
    session.add(RosterBasis(unit_id=world.other_school, evidence=Evidence.CODED, valid_from=date(2025, 1, 6)))
    paper = StoredFile(
        name="tong-so.pdf", kind=FileKind.PDF, size=9, sha256="0" * 64, purpose="roster.totals",
        uploaded_by_id=world.admin, uploaded_at=NOW,
    )  # fmt: skip
    session.add(paper)
    session.flush()
    session.add(
        RosterBasis(
            unit_id=other.id, evidence=Evidence.TOTALS, valid_from=date(2025, 2, 3), totals={"parent": 7},
            file_id=paper.id,
        )
    )  # fmt: skip
    homes = [
        Household(
            area_id=where, commune_code=code, number=1, unit_id=at, has_child_under_16=True, age_bands=["0-5"],
            created_at=NOW,
        )
        for where, code, at in ((world.commune, "C1", world.community), (c2.id, "C2", other.id))
    ]  # fmt: skip
    course = session.scalars(select(Course.id).order_by(Course.id)).first() or 0
    rules = [
        AssignmentRule(
            course_id=course, audience=None, area_id=None, sector=None, unit_id=world.school, due_on=TODAY,
            due_days=None, renewal_days=0, valid_from=date(2024, 1, 1), valid_to=until, made_at=NOW,
        )
        for until in (None, date(2024, 12, 31))
    ]  # fmt: skip
    classes = [
        Workshop(
            key=f"lop-{day}", origin="hall", title="Lớp", search_key="lop", plan_item="", organiser_id=world.school,
            area_id=world.commune, place="Hội trường", guest_trainers="", capacity=30, days_needed=1,
            for_area_id=world.commune, secret="0" * 64, starts_on=day, ends_on=day, created_at=NOW,
        )
        for day in (date(2025, 5, 5), date(2026, 12, 5))
    ]  # fmt: skip
    post = session.scalars(select(Posting).where(Posting.user_id == world.carla)).one()
    asked = Transfer(
        posting_id=post.id, to_unit_id=world.school, leaves_on=TODAY, state=TransferState.ASKED, asked_at=NOW
    )
    imports = [
        RosterImport(
            unit_id=world.school, file_id=paper.id, file_name="ds.xlsx", full_list=True, as_of=TODAY, state=state,
            counts={}, created_by_id=world.bruno, created_at=NOW, applied_at=None,
        )
        for state in (ImportState.PLANNED, ImportState.APPLIED)
    ]  # fmt: skip
    session.add_all([*homes, *rules, *classes, asked, *imports])
    session.flush()
    return {
        "commune": c2.id, "community": other.id, "home": homes[0].id, "home 2": homes[1].id, "rule": rules[0].id,
        "old rule": rules[1].id, "held": classes[0].id, "coming": classes[1].id, "transfer": asked.id,
        "planned": imports[0].id, "applied": imports[1].id,
    }  # fmt: skip


def test_what_goes_on_goes_on_at_the_successor_and_history_stays(session: Session, world: World) -> None:
    ids = everything_that_follows(session, world)
    before = dump(session)
    one = applied(
        session,
        MERGE,
        Event(Kind.MERGE, Subject.UNIT, ("A", "K"), (Successor("AK", "Trường và Trạm"),)),
    )
    school = session.scalars(select(Unit.id).where(Unit.code == "AK")).one()
    commune = area_named(session, "C1")
    community = session.scalars(select(Unit).where(Unit.name == "Cộng đồng Xã Hòa Bình")).one()
    assert commune is not None

    homes = session.scalars(select(Household).order_by(Household.id)).all()
    assert [(h.commune_code, h.number, h.area_id, h.unit_id) for h in homes] == [
        ("C1", 1, commune.id, community.id),
        ("C2", 1, commune.id, community.id),
    ]
    assert session.get_one(AssignmentRule, ids["rule"]).unit_id == school
    assert session.get_one(AssignmentRule, ids["old rule"]).unit_id == world.school
    coming, held = session.get_one(Workshop, ids["coming"]), session.get_one(Workshop, ids["held"])
    assert (coming.organiser_id, coming.area_id, coming.for_area_id) == (school, commune.id, commune.id)
    assert (held.organiser_id, held.area_id, held.for_area_id) == (world.school, world.commune, world.commune)
    assert session.get_one(Transfer, ids["transfer"]).to_unit_id == school
    assert session.get_one(RosterImport, ids["planned"]).unit_id == school
    assert session.get_one(RosterImport, ids["applied"]).unit_id == world.school
    open_bases = {
        basis.unit_id: (basis.evidence, basis.valid_from)
        for basis in session.scalars(select(RosterBasis).where(RosterBasis.valid_to.is_(None)))
    }
    assert open_bases[school] == ("named", DAY)
    assert community.id not in open_bases, "a declared total is merged with nothing"

    reorganising.take_back(session, one.id, by_id=None, now=NOW)
    assert dump(session) == before


def random_event(dice: random.Random, number: int, codes: dict[str, list[str]]) -> Event:
    subject = dice.choice(list(Subject))
    kind = dice.choice(list(Kind))
    some = tuple(dice.sample(codes[subject], dice.randint(1, 2)))
    name = f"Nơi {number}"
    if kind == Kind.SPLIT:
        part = Fraction(dice.randint(1, 4), 5)
        two = (Successor(f"N{number}", name, share=part), Successor(f"M{number}", name, share=1 - part))
        return Event(kind, subject, some[:1], two)
    if kind == Kind.RENAME:
        return Event(kind, subject, some[:1], (Successor("", name),))
    if kind == Kind.MOVE:
        return Event(kind, subject, some, (Successor("", parent=dice.choice(codes[subject]), area="C3"),))
    if kind == Kind.ABOLISH:
        return Event(kind, subject, some[:1], (Successor(dice.choice(codes[subject])),))
    code = dice.choice([some[0], f"N{number}"])
    along = ("clinic", "community", "school")
    return Event(
        kind,
        subject,
        some,
        (Successor(code, name, goes_on=dice.random() < 0.3 and code == some[0]),),
        along=along,
    )


def heads_by_hand(session: Session, day: date) -> dict[int, set[int]]:
    """Return who has a post where on a day, counted row by row."""
    found: dict[int, set[int]] = {}
    for post in session.scalars(select(Posting)):
        if post.valid_from <= day and (post.valid_to is None or post.valid_to >= day):
            found.setdefault(post.unit_id, set()).add(post.user_id)
    return found


def test_an_undo_restores_every_table_byte_for_byte(session: Session, world: World) -> None:
    codes = {"area": ["P", "D1", "D2", "C1", "C2", "C3"], "unit": ["A", "B", "K", "L", "Q", "Q2"]}
    everything_that_follows(session, world)
    for number in range(6):
        person(
            session,
            f"Lê Thị {number}",
            random.Random(number).choice([world.school, world.clinic, world.community]),
        )
    done, touched = 0, set[str]()
    for seed in range(40):
        dice = random.Random(seed)
        events = [random_event(dice, number, codes) for number in range(dice.randint(1, 3))]
        one = planned(session, *events)
        _state, plan = reorganising.preview(session, one)
        if plan.faults:
            reorganising.withdraw(session, one.id, by_id=None, now=NOW)
            continue
        before, people = dump(session), {day: heads_by_hand(session, day) for day in (EVE, TODAY)}
        reorganising.carry_out(session, one.id, by_id=None, now=NOW, today=TODAY)
        assert dump(session) != before
        touched |= {change.table for change in plan.changes}
        assert heads_by_hand(session, EVE) == people[EVE], "the past is as it was"
        reorganising.take_back(session, one.id, by_id=None, now=NOW)
        assert dump(session) == before
        done += 1
    assert done >= 10
    assert touched >= {
        "roster_basis",
        "household",
        "assignment_rule",
        "workshop",
        "transfer",
        "roster_import",
    }


def test_the_tree_of_any_day_is_the_tree_of_that_day(session: Session, world: World) -> None:
    def tree(day: date) -> set[tuple[str, str]]:
        places = history.areas_on(day).subquery()
        return {(code, name) for code, name in session.execute(select(places.c.code, places.c.name))}

    before = tree(EVE)
    first = applied(
        session, Event(Kind.RENAME, Subject.AREA, ("C3",), (Successor("", "Xã Sáu"),)), day=date(2023, 5, 1)
    )
    applied(session, MERGE)

    assert {("C1", "Xã Ba"), ("C2", "Xã Bốn"), ("C3", "Xã Năm")} < tree(date(2023, 4, 30))
    assert tree(EVE) == (before - {("C3", "Xã Năm")}) | {("C3", "Xã Sáu")}
    assert tree(DAY) == (tree(EVE) - {("C1", "Xã Ba"), ("C2", "Xã Bốn")}) | {("C1", "Xã Hòa Bình")}
    assert tree(date(2020, 1, 1)) == set()
    assert first.state == "applied"
    old = history.area_called(session, "C1", EVE)
    new = history.area_called(session, "C1")
    assert old is not None
    assert new is not None
    assert (old.id, new.name) == (world.commune, "Xã Hòa Bình")
    line = history.area_now()
    assert dict(session.execute(select(line.c.old, line.c.now)).all())[world.commune] == new.id


def test_what_is_filed_on_can_no_longer_be_undone(session: Session, world: World) -> None:
    one = applied(session, MERGE)
    assert reorganising.filed_on(session, one.id) is None
    assert reorganising.seal(session, EVE, NOW) == 0, "a report that ends before it does not stand on it"
    assert reorganising.seal(session, date(2025, 12, 14), NOW) == 1
    assert reorganising.seal(session, date(2025, 12, 14), NOW) == 0

    before = dump(session)
    with pytest.raises(reorganising.Sealed):
        reorganising.take_back(session, one.id, by_id=None, now=NOW)
    assert dump(session) == before
    assert reorganising.filed_on(session, one.id) == NOW


def test_an_undo_that_would_take_later_work_away_is_refused(session: Session, world: World) -> None:
    one = applied(session, Event(Kind.MERGE, Subject.UNIT, ("A", "B"), (Successor("AB", "Trường Mới"),)))
    new = session.scalars(select(Unit).where(Unit.code == "AB")).one()
    late = person(session, "Đào Thị Muộn", new.id)

    with pytest.raises(reorganising.ChangedSince):
        reorganising.take_back(session, one.id, by_id=None, now=NOW)
    session.delete(session.scalars(select(Posting).where(Posting.user_id == late.id)).one())
    new.name = "Trường Đã Đổi"
    session.flush()
    with pytest.raises(reorganising.ChangedSince, match="Trường Đã Đổi"):
        reorganising.take_back(session, one.id, by_id=None, now=NOW)
    new.name = "Trường Mới"
    session.flush()
    reorganising.take_back(session, one.id, by_id=None, now=NOW)


def test_a_later_decree_is_undone_first(session: Session, world: World) -> None:
    before = dump(session)
    one = applied(session, MERGE, day=date(2024, 11, 1))
    later = applied(session, Event(Kind.RENAME, Subject.AREA, ("C1",), (Successor("", "Xã An Bình"),)))

    with pytest.raises(reorganising.ChangedSince):
        reorganising.take_back(session, one.id, by_id=None, now=NOW)
    for key in (later.id, one.id):
        reorganising.take_back(session, key, by_id=None, now=NOW)
    assert dump(session) == before


def test_what_cannot_be_applied_is_refused_and_changes_nothing(session: Session, world: World) -> None:
    before = dump(session)
    early = planned(session, MERGE, day=TODAY + timedelta(days=1))
    with pytest.raises(reorganising.NotYet):
        reorganising.carry_out(session, early.id, by_id=None, now=NOW, today=TODAY)
    wrong = planned(session, Event(Kind.MERGE, Subject.AREA, ("C1", "C9"), (Successor("N", "Xã N"),)))
    with pytest.raises(reorganising.CannotApply):
        reorganising.carry_out(session, wrong.id, by_id=None, now=NOW, today=TODAY)
    misnamed = planned(
        session, Event(Kind.MOVE, Subject.UNIT, ("A",), (Successor("", sector="cooking"),)),
        Event(Kind.MERGE, Subject.AREA, ("C1",), (Successor("N", "Xã N"),), along=("castle",)),
    )  # fmt: skip
    _state, plan = reorganising.preview(session, misnamed)
    assert [fault.message % fault.values for fault in plan.faults] == [
        "cooking is no sector.",
        "castle is no kind of unit.",
    ]
    assert dump(session) == before
    with pytest.raises(reorganising.NotApplied):
        reorganising.take_back(session, wrong.id, by_id=None, now=NOW)
    done = applied(session, MERGE)
    for act in (reorganising.withdraw, reorganising.take_back):
        if act is reorganising.withdraw:
            with pytest.raises(reorganising.NotPlanned):
                act(session, done.id, by_id=None, now=NOW)
    with pytest.raises(reorganising.NotPlanned):
        reorganising.carry_out(session, done.id, by_id=None, now=NOW, today=TODAY)


@contextmanager
def province(session: Session) -> Iterator[Area]:
    """Yield Thái Bình of 2020 beside the small world."""
    from tests.portal.core.organisation.test_province_data import areas_2020

    known: dict[str, Area] = {}
    for code, row in areas_2020().items():
        above = known.get(row["parent"])
        known[code] = Area(
            code=code, kind=row["kind"], name=row["name"], search_key="x", parent_id=above.id if above else None,
            valid_from=date(2020, 4, 10),
        )  # fmt: skip
        session.add(known[code])
        session.flush()
    yield known["34"]


def communes_below(session: Session, code: str) -> int:
    root = area_named(session, code)
    assert root is not None
    query = select(func.count()).select_from(Area).where(
        Area.id.in_(subtree(root.id)), Area.kind == "commune", Area.valid_to.is_(None)
    )  # fmt: skip
    return session.scalar(query) or 0


def test_the_decrees_of_2024_and_2025_make_260_communes_242_and_then_104(
    session: Session, world: World
) -> None:
    with province(session):
        assert communes_below(session, "34") == 260
        before = dump(session)
        ids = []
        for name, root, communes in (("2024-11-01", "34", 242), ("2025-07-01", "33", 104)):
            one = reorganising.write_down(session, shipped.decree(name), by_id=None, now=NOW)
            reorganising.carry_out(session, one.id, by_id=None, now=NOW, today=TODAY)
            assert communes_below(session, root) == communes
            ids.append(one.id)
        standing = select(Area.kind, func.count()).where(
            Area.valid_to.is_(None), Area.code.not_in(["P", "D1", "D2", "C1", "C2", "C3"])
        )
        assert dict(session.execute(standing.group_by(Area.kind)).all()) == {"province": 1, "commune": 104}
        assert (session.scalar(select(func.count()).select_from(AreaPast)) or 0) > 0
        for key in reversed(ids):
            reorganising.take_back(session, key, by_id=None, now=NOW)
        assert dump(session) == before
