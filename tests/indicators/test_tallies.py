"""Tallies equal the facts after any history, on both databases, and no figure is read from them that the facts deny."""

import json
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, event, func, select, text, update
from sqlalchemy.orm import Session

from courses.before_after.models import PairedScore
from courses.certificates.models import Certificate, Revocation
from courses.workshops.models import Attended, Workshop
from portal.core.accounts.models import Audience, Posting, User
from portal.core.db import db, unit_of_work
from portal.core.errors import Refused
from portal.core.households.models import Household, HouseholdMember
from portal.core.jobs.worker import Worker
from portal.core.organisation import reorganising
from portal.core.organisation.models import Area, Reorganisation, Unit, UnitKind
from portal.core.rights.erasing import erase
from portal.core.rights.models import Erasure, ErasureWay
from portal.core.rosters.models import Evidence, RosterBasis
from portal.indicators.compute import Asked, Facts, board
from portal.indicators.models import Tally, TallyDay, TallyMark, TallyState
from portal.indicators.periods import Period
from portal.indicators.places import Where
from portal.indicators.tallies import keeping, reading
from tests import factories
from tests.examples import examples
from tests.factories import BEGAN, NOW, TODAY, World
from tests.indicators.oracle import Place, Recount, Rows
from tests.indicators.test_opening import certificate, declare, revoke
from tests.indicators.test_oracle import (
    DAYS,
    LEARN,
    PLAN,
    POSTS,
    answer_twice,
    fill,
    parts_of,
    places,
    reorganise,
)

ASKED = (
    (Period.parse("2025-H1"), date(2025, 6, 14)),
    (Period.parse("2025"), date(2025, 7, 1)),
    (Period.parse("2025"), date(2025, 12, 14)),
    (Period.parse("2026"), date(2026, 12, 14)),
)
#: Those days, what rules froze, and the base of growth.
KEPT = [date(2026, 12, 14), date(2025, 6, 14), date(2025, 7, 1), date(2025, 12, 14), date(2025, 2, 28), date(2025, 6, 30),
        date(2024, 12, 14)]  # fmt: skip
#: Every table that a figure stands on, by hand: a later migration that copies one must make its triggers anew.
MARKED = {
    "posting", "certificate", "revocation", "person_fact", "workshop_attended", "household", "household_member",
    "area", "area_past", "area_lineage", "unit", "unit_past", "unit_lineage", "roster_basis", "course", "declaration",
    "workshop", "paired_score",
}  # fmt: skip


def _one(session: Session, dice: random.Random, model: type) -> object | None:
    found = session.scalars(select(model)).all()
    return dice.choice(found) if found else None


def _post(session: Session, dice: random.Random) -> None:
    person, unit = _one(session, dice, User), _one(session, dice, Unit)
    assert isinstance(person, User)
    assert isinstance(unit, Unit)
    audience = dice.choice(POSTS.get(UnitKind(unit.kind), ("volunteer",)))
    since, until = sorted(dice.sample(DAYS, 2))
    there = select(Posting.id).where(
        Posting.user_id == person.id, Posting.unit_id == unit.id, Posting.audience == audience
    )
    if session.scalar(there.limit(1)) is None:
        session.add(
            Posting(
                user_id=person.id, unit_id=unit.id, audience=Audience(audience), valid_from=since,
                valid_to=until if dice.random() < 0.3 else None,
            )
        )  # fmt: skip


def _leave(session: Session, dice: random.Random) -> None:
    post = _one(session, dice, Posting)
    if isinstance(post, Posting):
        post.valid_to = max(post.valid_from, dice.choice(DAYS))


def _undo_a_post(session: Session, dice: random.Random) -> None:
    post = _one(session, dice, Posting)
    if isinstance(post, Posting):
        session.execute(delete(Posting).where(Posting.id == post.id))


def _move_many_at_once(session: Session, dice: random.Random) -> None:
    """As an import or a statement by hand would: no object is loaded."""
    old, new = _one(session, dice, Unit), _one(session, dice, Unit)
    assert isinstance(old, Unit)
    assert isinstance(new, Unit)
    session.execute(
        update(Posting).where(Posting.unit_id == old.id, Posting.valid_to.is_not(None)).values(unit_id=new.id)
    )


def _learn(session: Session, dice: random.Random) -> None:
    post = _one(session, dice, Posting)
    if isinstance(post, Posting):
        code, on = dice.choice(LEARN[str(post.audience)]), dice.choice(DAYS)
        ends = dice.choice((None, on + timedelta(days=365), max(on, dice.choice(DAYS))))
        person = session.get_one(User, post.user_id)
        certificate(session, person, code, on, ends, audience=str(post.audience))


def _learn_nothing(session: Session, dice: random.Random) -> None:
    session.execute(
        text(
            "DELETE FROM certificate WHERE id IN (SELECT max(c.id) FROM certificate c"
            " WHERE NOT EXISTS (SELECT 1 FROM revocation r WHERE r.certificate_id = c.id))"
        )
    )


def _last_longer(session: Session, dice: random.Random) -> None:
    paper = _one(session, dice, Certificate)
    if isinstance(paper, Certificate):
        paper.expires_on = dice.choice((None, max(paper.completed_on, dice.choice(DAYS))))


def _revoke(session: Session, dice: random.Random) -> None:
    paper = _one(session, dice, Certificate)
    if isinstance(paper, Certificate) and session.get(Revocation, paper.id) is None:
        revoke(session, paper, max(paper.completed_on, dice.choice(DAYS)))


def _fact(session: Session, dice: random.Random) -> None:
    person = _one(session, dice, User)
    assert isinstance(person, User)
    values = {"user": person.id, "fact": dice.choice(("network", "active")), "on": dice.choice(DAYS)}
    if dice.random() < 0.5:
        session.execute(
            text(
                "INSERT INTO person_fact (user_id, fact, valid_from, recorded_at)"
                " VALUES (:user, :fact, :on, CURRENT_TIMESTAMP)"
            ),
            values,
        )
    else:
        session.execute(
            text("UPDATE person_fact SET valid_from = :on WHERE fact = :fact AND valid_to IS NULL"), values
        )


def _attend(session: Session, dice: random.Random) -> None:
    there = _one(session, dice, Attended)
    if isinstance(there, Attended):
        there.withdrawn_at = None if there.withdrawn_at else NOW
        there.on_day = dice.choice(DAYS)


def _another_class(session: Session, dice: random.Random) -> None:
    one = _one(session, dice, Workshop)
    if isinstance(one, Workshop):
        one.plan_item = dice.choice(("II.2.a", "II.2.c"))


def _household(session: Session, dice: random.Random) -> None:
    home, person = _one(session, dice, Household), _one(session, dice, User)
    assert isinstance(person, User)
    if not isinstance(home, Household):
        return
    member = session.get(HouseholdMember, person.id)
    if member is not None:
        session.execute(delete(HouseholdMember).where(HouseholdMember.user_id == person.id))
        session.expunge(member)
    elif dice.random() < 0.8:
        place = session.scalar(
            select(func.max(HouseholdMember.place)).where(HouseholdMember.household_id == home.id)
        )
        session.add(
            HouseholdMember(
                user_id=person.id, household_id=home.id, place=(place or 0) + 1,
                added_at=datetime.combine(dice.choice(DAYS), datetime.min.time(), UTC) + timedelta(hours=17),
            )
        )  # fmt: skip


def _another_home(session: Session, dice: random.Random) -> None:
    home = _one(session, dice, Household)
    communities = session.scalars(select(Unit).where(Unit.kind == UnitKind.COMMUNITY)).all()
    if isinstance(home, Household):
        if dice.random() < 0.2:
            session.execute(delete(Household).where(Household.id == home.id))
            session.expire_all()
            return
        home.has_child_under_16 = not home.has_child_under_16
        home.unit_id = dice.choice(communities).id


def _list(session: Session, dice: random.Random) -> None:
    basis = _one(session, dice, RosterBasis)
    if isinstance(basis, RosterBasis) and basis.evidence != Evidence.TOTALS:
        basis.evidence = Evidence.CODED if basis.evidence == Evidence.NAMED else Evidence.NAMED
        basis.valid_from = dice.choice((BEGAN, date(2025, 3, 1)))


def _say(session: Session, dice: random.Random) -> None:
    committee = dice.choice(session.scalars(select(Unit).where(Unit.kind == UnitKind.COMMITTEE)).all())
    declare(session, "parents_with_child", committee.id, {"count": dice.randint(1, 12)}, dice.choice(DAYS))


def _erase(session: Session, dice: random.Random) -> None:
    person = _one(session, dice, User)
    assert isinstance(person, User)
    if session.scalar(select(Erasure.id).where(Erasure.user_id == person.id)) is None:
        with suppress(Refused), session.begin_nested():
            erase(
                session, person.id, by_id=person.id, way=ErasureWay.SELF, reason="", today=TODAY, now=NOW
            )  # fmt: skip
        session.expire_all()


def _delete(session: Session, dice: random.Random) -> None:
    """Take a person's row away, and with it whatever hangs on it."""
    new = factories.person(session, "Người Vừa Đến")
    home = _one(session, dice, Household)
    unit = _one(session, dice, Unit)
    assert isinstance(unit, Unit)
    session.add(Posting(user_id=new.id, unit_id=unit.id, audience=Audience.PARENT, valid_from=DAYS[0]))
    if isinstance(home, Household):
        session.add(HouseholdMember(user_id=new.id, household_id=home.id, place=90, added_at=NOW))
    certificate(session, new, "CM-01", DAYS[0], None, audience="parent")
    session.flush()
    if dice.random() < 0.5:
        keeping.freshen(session)
    session.execute(text('DELETE FROM "user" WHERE id = :id'), {"id": new.id})
    session.expire_all()


def _reorganise(session: Session, dice: random.Random) -> None:
    done = session.scalars(select(Reorganisation)).first()
    with suppress(Refused), session.begin_nested():  # what hangs on it since may forbid it
        if done is None:
            reorganise(session, dice)
        elif done.undone_at is None:
            reorganising.take_back(session, done.id, by_id=None, now=NOW)
    session.expire_all()


def _answer(session: Session, dice: random.Random) -> None:
    """Score a pair, or let one be what it was not, or take it away with all that hangs on its enrolment."""
    one = _one(session, dice, PairedScore)
    if isinstance(one, PairedScore) and dice.random() < 0.5:
        if dice.random() < 0.5:
            one.before_points, one.after_points = one.after_points, one.before_points
        else:
            session.execute(text("DELETE FROM enrolment WHERE id = :id"), {"id": one.enrolment_id})
            session.expire_all()
        return
    post = session.scalars(select(Posting).where(Posting.audience == Audience.PARENT)).all()
    if post:
        answer_twice(session, dice, session.get_one(User, dice.choice(post).user_id))


STEPS: tuple[Callable[[Session, random.Random], None], ...] = (
    _post, _post, _leave, _undo_a_post, _move_many_at_once, _learn, _learn, _learn, _learn_nothing, _last_longer,
    _revoke, _fact, _attend, _another_class, _household, _household, _another_home, _list, _say, _erase, _delete,
    _reorganise, _answer, _answer,
)  # fmt: skip


def same(session: Session, dice: random.Random) -> None:
    """Hold figures that use tallies against those that do not, in every place, and some against a plain recount."""
    period, day = dice.choice(ASKED)
    now = dice.random() < 0.5
    asked = Asked(PLAN, "province", period, day, now)
    plain = Facts(session, asked, tallies=False)
    kept = Facts(session, asked)
    every = places(session, day, now=now)
    for where in dice.sample(every, 4):
        alone = Facts(session, asked) if dice.random() < 0.3 else kept
        assert board(alone, where) == board(plain, where), (where.code, day, now)
    where = dice.choice(every)
    recount = Recount(Rows(session), day, period.starts_on, now, Place(where.area, where.unit, where.sectors))
    for indicator, found in board(kept, where):
        assert (found.numerator, found.denominator) == recount.figure(indicator.code), (where.code, day)
        if indicator.code == "CT01":
            assert parts_of(found) == recount.ct01b(), (where.code, day)


@given(st.integers(0, 2**32))
@examples(4)
def test_after_any_history_tallies_equal_the_facts(session: Session, world: World, seed: int) -> None:
    dice = random.Random(seed)
    nested = session.begin_nested()
    try:
        fill(session, dice)
        session.flush()
        for day in KEPT:
            keeping.tally(session, PLAN, day)
        if dice.random() < 0.8:  # else every unit is marked still, and nothing is read from tallies
            while keeping.freshen(session):
                pass
        for _ in range(dice.randint(2, 4)):
            for _step in range(dice.randint(1, 6)):
                dice.choice(STEPS)(session, dice)
                session.flush()
            same(session, dice)  # what is marked is counted from the facts
            assert not [wrong for _day, differ in keeping.compare(session) for wrong in differ]
            if dice.random() < 0.7:
                while keeping.freshen(session):
                    pass
                assert session.scalar(select(func.count()).select_from(TallyMark)) == 0
                assert not [wrong for _day, differ in keeping.compare(session) for wrong in differ]
                same(session, dice)
    finally:
        session.expunge_all()
        nested.rollback()


def _wanted(session: Session) -> set[tuple[str, str]]:
    """Return table and name of every trigger that marks; on PostgreSQL with the bits of what it looks at."""
    if session.get_bind().dialect.name == "sqlite":
        return {
            (table, f"{table}_tally_{what}") for table in MARKED for what in ("insert", "update", "delete")
        }
    # bits of a trigger: 4 insert, 8 delete, 16 update, 32 truncate
    bits = {"insert": 4, "delete": 8, "update": 16, "truncate": 32}
    facts = (
        "posting",
        "certificate",
        "revocation",
        "person_fact",
        "workshop_attended",
        "household",
        "household_member",
        "paired_score",
    )
    wanted = {(table, f"{table}_tally_{what} {bit}") for table in facts for what, bit in bits.items()}
    wanted |= {(table, f"{table}_tally 60") for table in MARKED.difference(facts)}
    return wanted


def _lacking(session: Session) -> set[tuple[str, str]]:
    """Return the triggers that are not there, or are switched off."""
    if session.get_bind().dialect.name == "sqlite":
        query = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = (
            "SELECT c.relname, t.tgname || ' ' || (t.tgtype::int & 60) FROM pg_trigger t"
            " JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgenabled <> 'D'"
        )
    return _wanted(session) - {tuple(row) for row in session.execute(text(query))}


def test_every_table_that_figures_stand_on_marks_what_is_written(app: Flask, session: Session) -> None:
    assert _lacking(session) == set()


def test_a_trigger_that_is_missing_is_missed(app: Flask, session: Session) -> None:
    """Each of them is dropped (on PostgreSQL also switched off) in turn, and each is named."""
    postgres = session.get_bind().dialect.name == "postgresql"
    for table, name in sorted(_wanted(session)):
        bare = name.split(" ")[0]
        ways = [f"DROP TRIGGER {bare} ON {table}", f"ALTER TABLE {table} DISABLE TRIGGER {bare}"]
        for statement in ways if postgres else [f"DROP TRIGGER {bare}"]:
            point = session.begin_nested()
            session.execute(text(statement))
            assert _lacking(session) == {(table, name)}
            point.rollback()
    assert _lacking(session) == set()


def _teacher(session: Session, world: World, name: str = "Cô Mới") -> int:
    person = factories.person(session, name, world.school, Audience.TEACHER)
    certificate(session, person, "GD-02", date(2025, 3, 1), None, audience="teacher")
    return person.id


ASK = Asked(PLAN, "province", Period.parse("2025"), date(2025, 12, 14), now=True)


def _province(world: World) -> Where:
    return Where("area:P", "Tỉnh", world.province, None, None)


def test_a_statement_of_thousands_of_rows_is_one_mark_and_all_days_are_built_anew(
    app: Flask, session: Session, world: World
) -> None:
    keeping.tally(session, PLAN, ASK.day)
    if session.get_bind().dialect.name == "sqlite":
        session.add(TallyMark(what="all"))
    else:
        person = factories.person(session, "Người Một")
        session.execute(
            text(
                "INSERT INTO posting (user_id, unit_id, audience, valid_from, valid_to, source)"
                " SELECT :user, :unit, 'teacher', DATE '2025-01-01', DATE '2025-01-01' + n, 'head'"
                " FROM generate_series(1, 2001) AS n"
            ),
            {"user": person.id, "unit": world.school},
        )
    session.flush()
    assert session.scalars(select(TallyMark.what).where(TallyMark.what == "all")).all() == ["all"]
    assert board(Facts(session, ASK), _province(world)) == board(
        Facts(session, ASK, tallies=False), _province(world)
    )
    keeping.freshen(session)
    assert session.scalar(select(func.count()).select_from(TallyDay)) == 0
    assert session.scalar(select(func.count()).select_from(TallyMark)) == 0


def test_recount_names_a_tally_that_is_not_so_and_mends_it(
    app: Flask, session: Session, world: World
) -> None:
    def recount(*more: str) -> tuple[int, dict[str, list[object]]]:
        said = app.test_cli_runner().invoke(args=["indicators", "recount", "--format", "json", *more])
        return said.exit_code, json.loads(said.stdout)

    with unit_of_work() as work:
        _teacher(work, world)
        unit = work.get_one(Unit, world.school).id
    keeping.build(PLAN, ASK.day)
    with unit_of_work() as work:  # what is marked is not compared
        assert keeping.freshen(work)
    assert recount() == (0, {"days": ["plan-39:2025-12-14"], "differences": []})

    with unit_of_work() as work:
        work.execute(
            update(Tally).where(Tally.unit == unit, Tally.what == "staff").values(people=Tally.people + 5)
        )
        many = work.scalar(select(func.sum(Tally.people)).where(Tally.unit == unit, Tally.what == "staff"))
    assert many is not None
    lines = work.scalar(
        select(func.count()).select_from(Tally).where(Tally.unit == unit, Tally.what == "staff")
    )
    assert lines is not None
    wrong = {
        "plan": "plan-39", "day": "2025-12-14", "what": "staff", "unit": unit, "tallied": int(many),
        "counted": int(many) - 5 * lines,
    }  # fmt: skip
    assert recount() == (1, {"days": ["plan-39:2025-12-14"], "differences": [wrong]})
    said = app.test_cli_runner().invoke(args=["indicators", "recount"])
    assert f"staff of unit {unit}: {int(many)} tallied, {int(many) - 5 * lines} counted" in said.output

    assert recount("--write")[0] == 0
    code, told = recount()
    assert (code, told["differences"]) == (0, [])
    assert {"plan-39:2025-12-14", f"plan-39:{TODAY.isoformat()}"} <= set(map(str, told["days"]))


def test_a_worker_builds_the_days_and_counts_anew_what_was_marked(
    app: Flask, session: Session, world: World
) -> None:
    worker = Worker()
    while worker.tend():
        pass
    days = set(session.scalars(select(TallyDay.day).where(TallyDay.ready)))
    assert {TODAY, TODAY + timedelta(days=1), date(2025, 6, 14), date(2025, 12, 14), date(2026, 6, 14),
            date(2025, 2, 28), date(2025, 6, 30), date(2020, 6, 14)} <= days  # fmt: skip

    with unit_of_work() as work:
        _teacher(work, world)
    assert session.scalar(select(func.count()).select_from(TallyMark)) == 2  # the post, the certificate
    worker._tended.clear()
    while worker.tend():
        pass
    assert session.scalar(select(func.count()).select_from(TallyMark)) == 0
    facts, plain = Facts(session, ASK), Facts(session, ASK, tallies=False)
    assert board(facts, _province(world)) == board(plain, _province(world))


def test_a_fault_in_tending_keeps_no_job_from_being_done(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bool:
        raise RuntimeError("no tallies today")

    monkeypatch.setattr(keeping, "due", broken)
    assert Worker().tend() is False


# With commits, as the portal runs


@pytest.fixture
def living(request: pytest.FixtureRequest, whole_app: tuple[Flask, World]):
    """Yield an application whose writes are committed; what a test writes is taken away by hand afterwards."""
    app, world = whole_app
    with app.app_context():
        yield app, world
        db.session.rollback()
        with unit_of_work() as session:
            for one in session.scalars(select(User).where(User.full_name.like("Cô Mới%"))).all():
                session.execute(delete(Certificate).where(Certificate.user_id == one.id))
                session.execute(delete(Posting).where(Posting.user_id == one.id))
                session.execute(delete(User).where(User.id == one.id))
            session.execute(delete(Tally))
            session.execute(delete(TallyDay))
            session.execute(delete(TallyMark))
            session.execute(delete(TallyState))
        db.session.remove()


def _count(world: World, *, tallies: bool = True) -> tuple[int | None, int | None]:
    found = {
        one.code: figure for one, figure in board(Facts(db.session(), ASK, tallies=tallies), _province(world))
    }
    return found["CT06"].numerator, found["CT10"].denominator


def _whole(world: World, *, tallies: bool = True) -> object:
    return board(Facts(db.session(), ASK, tallies=tallies), _province(world))


def test_what_a_process_remembers_ends_with_the_next_fact(living: tuple[Flask, World]) -> None:
    _app, world = living
    keeping.build(PLAN, ASK.day)
    before = _whole(world)
    asked: list[str] = []
    engine = db.engine

    def heard(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", heard)
    try:
        assert _whole(world) == before
        assert len(asked) == 2, "the whole board costs one look at the state, and one at the days"
    finally:
        event.remove(engine, "before_cursor_execute", heard)

    with unit_of_work() as session:
        _teacher(session, world)
    after = _whole(world)
    assert after != before
    assert after == _whole(world, tallies=False)
    with unit_of_work() as session:
        while keeping.freshen(session):
            pass
    assert _whole(world) == after


def test_nothing_is_remembered_of_what_was_taken_back(living: tuple[Flask, World]) -> None:
    _app, world = living
    keeping.build(PLAN, ASK.day)
    before = _whole(world)
    with suppress(RuntimeError), unit_of_work() as session:
        _teacher(session, world, "Cô Mới Một")
        inside = _whole(world)
        raise RuntimeError
    assert inside != before
    assert _whole(world) == before
    with unit_of_work() as session:
        _teacher(session, world, "Cô Mới Hai")
    assert _whole(world) == _whole(world, tallies=False) != before


def test_a_fact_and_a_turn_between_two_statements_of_a_reader_make_it_read_again(
    living: tuple[Flask, World],
) -> None:
    """She reads the marks, then somebody moves and a whole turn goes by, then she reads the tallies."""
    _app, world = living
    with unit_of_work() as session:
        _teacher(session, world)
    keeping.build(PLAN, ASK.day)
    with unit_of_work() as session:
        while keeping.freshen(session):
            pass
    between = [
        lambda session: _teacher(session, world, "Cô Mới Ba"),
        lambda session: session.execute(
            update(Posting)
            .where(Posting.user_id.in_(select(User.id).where(User.full_name == "Cô Mới")))
            .values(unit_id=session.scalar(select(Unit.id).where(Unit.code == "A")) or world.school)
        ),
    ]
    engine = db.engine

    def meanwhile(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if "FROM tally \n" in statement and between:
            step = between.pop()
            with Session(engine) as other:
                other.execute(text("SELECT 1"))
                other.info["writing"] = True
                step(other)
                other.flush()
                keeping.freshen(other)
                other.commit()

    event.listen(engine, "before_cursor_execute", meanwhile)
    try:
        found = _whole(world)
    finally:
        event.remove(engine, "before_cursor_execute", meanwhile)
    assert not between, "both happened while she read"
    assert found == _whole(world, tallies=False)


def test_more_marks_than_are_worth_it_are_counted_from_the_facts(
    app: Flask, session: Session, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping.tally(session, PLAN, ASK.day)
    monkeypatch.setattr(reading, "MOST_MARKS", 1)
    _teacher(session, world)
    state = reading.state(session)
    assert state is not None
    assert not state.clear
    assert board(Facts(session, ASK), _province(world)) == board(
        Facts(session, ASK, tallies=False), _province(world)
    )
    assert session.scalar(select(func.count()).select_from(Area)) is not None
