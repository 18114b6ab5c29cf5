"""A figure opens into exactly what it counts, and into those it does not count, with the reason."""

import random
from datetime import UTC, date, datetime
from itertools import count

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.certificates.models import Certificate, Revocation
from courses.models import Course
from portal.core.accounts.models import Audience, LeftReason, Posting, User
from portal.core.files.models import FileKind, StoredFile
from portal.core.households.models import Household, HouseholdMember
from portal.core.organisation.models import Area, AreaKind, Sector, Unit, UnitKind
from portal.core.rosters.models import Evidence, RosterBasis
from portal.indicators.catalogue import plans
from portal.indicators.compute import Asked, Facts, figure, lines
from portal.indicators.definitions import Way
from portal.indicators.models import Declaration, DeclarationState, PersonFact
from portal.indicators.opening import people, rows
from portal.indicators.opening.names import named
from portal.indicators.opening.row import Row
from portal.indicators.periods import Period
from portal.indicators.places import Where
from tests import factories
from tests.factories import World

PLAN = plans()["plan-39"]
PERIOD = Period.parse("2025-H1")
DAY = date(2025, 6, 14)
_serial = count(1)


def course(session: Session, code: str) -> Course:
    """Return a course, adding it where the catalogue does not have it yet."""
    found = session.scalar(select(Course).where(Course.code == code))
    if found is None:
        found = Course(code=code, sector="education", access="audience")
        session.add(found)
        session.flush()
    return found


def certificate(
    session: Session,
    user: User,
    code: str,
    on: date,
    expires_on: date | None = None,
    *,
    unit_id: int | None = None,
    audience: str = "teacher",
) -> Certificate:
    number = next(_serial)
    one = Certificate(
        serial=f"CN-2025-TEST-{number:08d}",
        kind="completion",
        user_id=user.id,
        course_id=course(session, code).id,
        version_number=1,
        cycle=number,
        full_name=user.full_name,
        course_title={"vi": code, "en": code},
        issued_at=datetime(on.year, on.month, on.day, 5, tzinfo=UTC),
        completed_on=on,
        expires_on=expires_on,
        unit_id=unit_id,
        area_id=None,
        sector=None,
        audience=audience,
        facts={},
        sha256="0" * 64,
    )
    session.add(one)
    session.flush()
    return one


def revoke(session: Session, one: Certificate, on: date) -> None:
    session.add(
        Revocation(
            certificate_id=one.id,
            revoked_at=datetime(on.year, on.month, on.day, 5, tzinfo=UTC),
            revoked_by_name="Ai đó",
            reason="cấp nhầm cho người khác",
        )
    )
    session.flush()


def evidence(session: Session) -> int:
    """Return the id of a file that stands for any paper."""
    found = session.scalar(select(StoredFile.id).limit(1))
    if found is not None:
        return found
    one = StoredFile(
        name="giay.pdf", kind=FileKind.PDF, size=9, sha256="0" * 64, purpose="test", uploaded_at=factories.NOW
    )
    session.add(one)
    session.flush()
    return one.id


def declare(
    session: Session, item: str, unit_id: int, value: dict[str, object], on: date = date(2025, 3, 1),
    state: DeclarationState = DeclarationState.APPROVED,
    *,
    with_file: bool = True,
) -> None:  # fmt: skip
    session.add(
        Declaration(
            plan="plan-39",
            item=item,
            unit_id=unit_id,
            said_on=on,
            value=value,
            file_id=evidence(session) if with_file else None,
            state=state,
            entered_at=factories.NOW,
            decided_at=None if state == DeclarationState.SUBMITTED else factories.NOW,
        )
    )
    session.flush()


def facts(session: Session, day: date = DAY, period: Period = PERIOD) -> Facts:
    return Facts(session, Asked(PLAN, "province", period, day, now=False))


def province(session: Session) -> Where:
    return Where(
        "area:P", "Tỉnh Mẫu", session.scalars(select(Area.id).where(Area.code == "P")).one(), None, None
    )


def opened(session: Session, code: str, where: Where | None = None) -> list[Row]:
    indicator = PLAN.indicator(code)
    assert indicator is not None
    return list(rows(facts(session), indicator, where or province(session)))


def reasons(found: list[Row], user: User) -> list[str]:
    return [row.reason for row in found if row.kind == "person" and row.key == user.id]


@pytest.fixture
def post_office(session: Session) -> Unit:
    commune = session.scalars(select(Area).where(Area.code == "C1")).one()
    return factories.unit(session, "BD1", UnitKind.POST_OFFICE, Sector.POST, "Bưu điện Xã Ba", commune)


@pytest.fixture
def committee(session: Session) -> Unit:
    commune = session.scalars(select(Area).where(Area.code == "C1")).one()
    return factories.unit(session, "U1", UnitKind.COMMITTEE, Sector.LABOUR, "UBND Xã Ba", commune)


def test_everybody_on_a_list_is_counted_or_has_a_reason(session: Session, committee: Unit) -> None:
    """CT10: five commune officers; one counts; the others expired, were revoked, hold another course, or hold none."""
    good, expired, revoked, other, none = (
        factories.person(session, name, committee.id, Audience.COMMUNE_OFFICER)
        for name in ("Ngô Văn Một", "Ngô Văn Hai", "Ngô Văn Ba", "Ngô Văn Bốn", "Ngô Văn Năm")
    )
    ends = date(2026, 9, 1)
    kept = certificate(session, good, "BV-01", date(2024, 9, 1), ends, audience="commune_officer")
    certificate(session, expired, "BV-01", date(2023, 6, 1), date(2025, 6, 13), audience="commune_officer")
    gone = certificate(session, revoked, "BV-01", date(2024, 9, 1), ends, audience="commune_officer")
    revoke(session, gone, date(2025, 6, 14))
    certificate(session, other, "BV-02", date(2024, 9, 1), ends, audience="commune_officer")

    found = {row.key: row for row in opened(session, "CT10")}

    assert found[good.id].counted
    assert found[good.id].detail["serials"] == [kept.serial]
    assert found[good.id].detail["expires_on"] == "2026-09-01"
    assert (found[expired.id].reason, found[expired.id].detail["on"]) == ("expired", "2025-06-13")
    assert (found[revoked.id].reason, found[revoked.id].detail["on"]) == ("revoked", "2025-06-14")
    assert (found[other.id].reason, found[other.id].detail["course"]) == ("wrong_course", "BV-02")
    assert found[none.id].reason == "no_certificate"
    assert sum(row.counted for row in found.values()) == 1
    assert sum(not row.beside for row in found.values()) == 5


def test_a_certificate_on_its_last_day_counts(session: Session, committee: Unit) -> None:
    officer = factories.person(session, "Ngô Văn Sáu", committee.id, Audience.COMMUNE_OFFICER)
    certificate(session, officer, "BV-01", date(2023, 6, 15), DAY, audience="commune_officer")

    assert reasons(opened(session, "CT10"), officer) == [""]


def test_who_holds_a_certificate_and_is_not_on_the_list_is_named_with_what_became_of_her(
    session: Session, committee: Unit
) -> None:
    moved, left, stranger = (
        factories.person(session, name, None) for name in ("Lý Thị Một", "Lý Thị Hai", "Lý Thị Ba")
    )
    clinic = session.scalars(select(Unit).where(Unit.code == "K")).one()
    was = {"unit_id": committee.id, "audience": Audience.COMMUNE_OFFICER, "valid_from": date(2022, 1, 1)}
    session.add_all(
        [
            Posting(user_id=moved.id, valid_to=date(2025, 3, 31), left_reason=LeftReason.TRANSFERRED, **was),
            Posting(
                user_id=moved.id,
                unit_id=clinic.id,
                audience=Audience.HEALTH_WORKER,
                valid_from=date(2025, 4, 1),
            ),
            Posting(user_id=left.id, valid_to=date(2025, 5, 9), left_reason=LeftReason.DIED, **was),
        ]
    )
    session.flush()
    for one in (moved, left):
        certificate(session, one, "BV-01", date(2024, 9, 1), date(2026, 9, 1), audience="commune_officer")
    certificate(
        session,
        stranger,
        "BV-01",
        date(2024, 9, 1),
        date(2026, 9, 1),
        unit_id=committee.id,
        audience="commune_officer",
    )

    found = {row.key: row for row in opened(session, "CT10")}

    assert found[moved.id].reason == "moved"
    assert (found[moved.id].detail["unit"], found[moved.id].detail["on"]) == ("K", "2025-04-01")
    assert found[left.id].reason == "left"
    assert found[left.id].detail["on"] == "2025-05-09"
    assert "died" not in str(found[left.id].detail)  # why somebody left is nobody's business here
    assert found[stranger.id].reason == "not_listed"
    assert all(found[one.id].beside for one in (moved, left, stranger))


def test_a_person_with_two_posts_is_counted_once_and_her_second_post_says_so(
    session: Session, committee: Unit
) -> None:
    other = session.scalars(select(Area).where(Area.code == "C3")).one()
    second = factories.unit(session, "U3", UnitKind.COMMITTEE, Sector.LABOUR, "UBND Xã Năm", other)
    both = factories.person(session, "Đào Thị Đôi", committee.id, Audience.COMMUNE_OFFICER)
    session.add(
        Posting(
            user_id=both.id, unit_id=second.id, audience=Audience.COLLABORATOR, valid_from=date(2024, 1, 1)
        )
    )
    certificate(session, both, "BV-01", date(2024, 9, 1), date(2026, 9, 1), audience="commune_officer")

    found = [row for row in opened(session, "CT10") if row.key == both.id]

    assert [(row.counted, row.reason) for row in found] == [(True, ""), (False, "double")]
    assert found[1].detail == {"unit": "U1"}
    indicator = PLAN.indicator("CT10")
    assert indicator is not None
    made = figure(facts(session), indicator, province(session))
    assert (made.numerator, made.denominator) == (1, 1)


def test_a_unit_without_a_list_is_beside_and_says_so(session: Session) -> None:
    commune = session.scalars(select(Area).where(Area.code == "C1")).one()
    silent = factories.unit(
        session, "U2", UnitKind.COMMITTEE, Sector.LABOUR, "UBND khác", commune, roster=False
    )
    officer = factories.person(session, "Ngô Văn Bảy", silent.id, Audience.COMMUNE_OFFICER)
    certificate(session, officer, "BV-01", date(2024, 9, 1), date(2026, 9, 1), audience="commune_officer")

    found = opened(session, "CT10")

    assert reasons(found, officer) == ["no_roster"]


def test_what_somebody_learnt_as_a_mother_is_never_named_at_work(session: Session, committee: Unit) -> None:
    officer = factories.person(session, "Ngô Thị Tám", committee.id, Audience.COMMUNE_OFFICER)
    certificate(session, officer, "CM-02", date(2024, 9, 1), audience="parent")

    row = next(row for row in opened(session, "CT10") if row.key == officer.id)

    assert row.reason == "no_certificate"
    assert "serials" not in row.detail
    assert "CM-02" not in str(row)


def test_a_postman_who_has_not_signed_is_told_from_one_without_a_certificate(
    session: Session, post_office: Unit
) -> None:
    signed, unsigned, untrained = (
        factories.person(session, name, post_office.id, Audience.POSTAL_WORKER)
        for name in ("Bùi Văn Một", "Bùi Văn Hai", "Bùi Văn Ba")
    )
    for one in (signed, unsigned):
        certificate(session, one, "BD-01", date(2024, 9, 1), date(2026, 9, 1), audience="postal_worker")
    for one in (signed, untrained):
        session.add(
            PersonFact(user_id=one.id, fact="network", valid_from=date(2024, 9, 1), recorded_at=factories.NOW)
        )
    session.flush()

    found = opened(session, "CT16")

    assert reasons(found, signed) == [""]
    assert reasons(found, unsigned) == ["fact:network"]
    assert reasons(found, untrained) == ["no_certificate"]


def test_a_facility_says_what_is_lacking_and_its_people_why(session: Session, world: World) -> None:
    """School A: Ánh certified, Bảo (its only manager) not: 1 of 2 is under 80 %, and no manager is certified."""
    ana = session.get_one(User, world.ana)
    certificate(session, ana, "GD-02", date(2024, 9, 1), date(2026, 9, 1))
    indicator = PLAN.indicator("CT06")
    assert indicator is not None

    units = {row.key: row for row in rows(facts(session), indicator, province(session))}
    inside = {row.key: row for row in people(facts(session), indicator, province(session))}

    assert units[world.school].detail == {
        "numerator": 1,
        "denominator": 2,
        "lacking": ["share", "group:managers"],
    }
    assert units[world.school].reason == "share"
    assert units[world.other_school].reason == "no_roster"
    assert inside[world.ana].counted
    assert inside[world.bruno].reason == "no_certificate"
    assert inside[world.bruno].part == "managers"
    assert world.carla not in {key for key, row in inside.items() if row.counted}


def test_a_parent_counts_where_the_commune_declared_how_many_there_are(
    session: Session, committee: Unit
) -> None:
    community = session.scalars(select(Unit).where(Unit.code == "Q")).one()
    fay = session.scalars(select(User).where(User.username == "fay")).one()
    idle = factories.person(session, "Vũ Văn Nhàn", community.id, Audience.PARENT)
    carer = factories.person(session, "Vũ Thị Bà", community.id, Audience.CARER)
    certificate(session, fay, "CM-02", date(2025, 2, 1), audience="parent")
    certificate(session, carer, "CM-01", date(2025, 2, 1), audience="carer")

    assert reasons(opened(session, "CT01"), fay) == ["no_denominator"]

    declare(session, "parents_with_child", committee.id, {"count": 40})
    found = opened(session, "CT01")

    assert reasons(found, fay) == [""]
    assert reasons(found, idle) == ["no_certificate"]
    assert reasons(found, carer) == ["carer"]
    assert "CM-02" not in str(found)  # families at risk look like every other family


def test_declarations_say_why_they_do_not_count(session: Session, world: World) -> None:
    """CT07: waiting, of another year, incomplete, not there. (None has its evidence file, so none counts.)"""
    declare(
        session,
        "publication",
        world.school,
        {"ticks": ["plan_published"]},
        state=DeclarationState.SUBMITTED,
    )

    found = {row.key: row for row in opened(session, "CT07")}

    assert found[world.school].reason == "waiting"
    assert found[world.school].detail["lacking"] == ["hotline_111", "channels"]
    assert found[world.other_school].reason == "not_declared"

    declare(session, "publication", world.other_school, {"ticks": []}, with_file=False)
    assert {row.key: row.reason for row in opened(session, "CT07")}[world.other_school] == "no_evidence"


def test_named_rows_show_a_police_officer_by_the_code_only(session: Session, world: World) -> None:
    emil = session.get_one(User, world.emil)
    emil.full_name, emil.coded = "CA-TB-0042", True
    session.scalars(
        select(RosterBasis).where(RosterBasis.unit_id == world.post)
    ).one().evidence = Evidence.CODED
    session.flush()

    found = [row for row in opened(session, "CT14") if row.key == emil.id]

    assert [one.text for one in named(session, found)] == ["CA-TB-0042"]
    assert found[0].detail["coded"] is True


COUNTED_IN = {Way.PEOPLE, Way.GROWTH, Way.PARTICIPANTS, Way.FACILITIES, Way.AREAS, Way.DECLARED}


@pytest.mark.parametrize("seed", range(12))
def test_the_rows_are_the_figure_for_every_entry_and_every_place(session: Session, seed: int) -> None:
    """Random people, posts, papers, declarations: the distinct counted keys are the numerator, with the rest the whole."""
    _random_world(session, random.Random(seed))
    known = facts(session)
    top = province(session)
    for indicator in PLAN.indicators:
        places = [(top, figure(known, indicator, top)), *lines(known, indicator, top)]
        places += [pair for below, _figure in places[1:] for pair in lines(known, indicator, below)]
        for where, made in places:
            found = list(rows(known, indicator, where))
            counted = {
                (row.kind, row.part if row.kind == "declaration" else None, row.key)
                for row in found
                if row.counted
            }
            within = {
                (row.kind, row.part if row.kind == "declaration" else None, row.key)
                for row in found
                if not row.beside
            }
            told = f"{indicator.code} {where.code} seed {seed}"
            if indicator.way == Way.DECLARED and indicator.rule_on(DAY).numerator:
                parts = [row for row in found if row.counted]
                assert (made.numerator or 0) == sum(row.detail["numerator"] for row in parts), told
                assert (made.denominator or 0) == sum(row.detail["denominator"] for row in parts), told
            elif indicator.way == Way.HOUSEHOLDS or indicator.way in COUNTED_IN:
                assert len(counted) == (made.numerator or 0), told
            if indicator.way == Way.PEOPLE:
                assert len(within) == (made.denominator or 0), told
                assert (
                    len({row.key for row in found if row.reason in ("no_roster", "totals")}) == made.outside
                ), told
            if indicator.way in (Way.FACILITIES, Way.AREAS):
                known_ones = [row for row in found if row.reason not in ("no_roster", "totals", "no_people")]
                assert len(known_ones) == (made.denominator or 0), told
            assert all(row.counted == (row.reason == "") for row in found), told


@pytest.mark.parametrize("seed", range(4))
def test_the_rows_by_grade_are_the_parts_of_the_figure(session: Session, seed: int) -> None:
    """CT03 at the end of 2025: the rows that are counted, added up grade by grade, are the parts of every place."""
    _random_world(session, random.Random(seed))
    known = facts(session, date(2025, 12, 14), Period.parse("2025"))
    indicator = PLAN.indicator("CT03")
    assert indicator is not None
    top = province(session)
    for where, made in [(top, figure(known, indicator, top)), *lines(known, indicator, top)]:
        wanted: dict[str, list[int]] = {}
        for row in rows(known, indicator, where):
            if not row.counted:
                continue
            detail = row.detail
            split = [(f"grade:{code}", part, whole) for code, part, whole in detail["grades"]]
            whole_row = [(row.part or "", detail["numerator"], detail["denominator"])]
            for key, part, whole in split if row.part == "by_grade" else whole_row:
                before = wanted.get(key, [0, 0])
                wanted[key] = [before[0] + part, before[1] + whole]
        assert {part.key: [part.numerator, part.denominator] for part in made.parts} == wanted, where.code


def _random_world(session: Session, dice: random.Random) -> None:
    communes = session.scalars(select(Area).where(Area.kind == AreaKind.COMMUNE)).all()
    districts = session.scalars(select(Area).where(Area.kind == AreaKind.DISTRICT)).all()
    top = session.scalars(select(Area).where(Area.kind == AreaKind.PROVINCE)).one()
    kinds = (
        (UnitKind.SCHOOL, Sector.EDUCATION, (Audience.TEACHER, Audience.MANAGER, Audience.SCHOOL_STAFF)),
        (UnitKind.CLINIC, Sector.HEALTH, (Audience.HEALTH_WORKER,)),
        (UnitKind.POLICE_POST, Sector.POLICE, (Audience.POLICE_OFFICER, Audience.INVESTIGATOR)),
        (UnitKind.POST_OFFICE, Sector.POST, (Audience.POSTAL_WORKER,)),
        (UnitKind.COMMITTEE, Sector.LABOUR, (Audience.COMMUNE_OFFICER, Audience.CHILD_AFFAIRS_OFFICER, Audience.COLLABORATOR)),
        (UnitKind.COMMUNITY, Sector.COMMUNITY, (Audience.VOLUNTEER, Audience.PARENT, Audience.CARER, Audience.COLLABORATOR)),
        (UnitKind.DEPARTMENT, Sector.EDUCATION, (Audience.CHILD_AFFAIRS_OFFICER,)),
    )  # fmt: skip
    units: list[tuple[Unit, tuple[Audience, ...]]] = []
    for number in range(18):
        kind, sector, audiences = dice.choice(kinds)
        where = dice.choice([*communes, *communes, *districts, top])
        one = factories.unit(session, f"R{number}", kind, sector, f"Đơn vị {number}", where, roster=False)
        if dice.random() < 0.8:
            how = dice.choice([Evidence.NAMED, Evidence.NAMED, Evidence.CODED, Evidence.TOTALS])
            totals = {str(audiences[0]): 5} if how == Evidence.TOTALS else None
            session.add(
                RosterBasis(
                    unit_id=one.id,
                    evidence=how,
                    totals=totals,
                    file_id=evidence(session) if totals else None,
                    valid_from=date(2020, 4, 10),
                )
            )
        units.append((one, audiences))
    codes = (
        "GD-02",
        "BV-01",
        "BV-01B",
        "BV-03",
        "YT-01",
        "CA-01",
        "CA-02",
        "BD-01",
        "NT-01",
        "CM-01",
        "CM-02",
    )
    households = []
    for number in range(8):
        home = Household(
            area_id=communes[0].id,
            commune_code="C1",
            number=number + 500,
            unit_id=dice.choice(units)[0].id,
            has_child_under_16=dice.random() < 0.8,
            age_bands=[],
            created_at=datetime(2024, 1, 1, tzinfo=UTC),
        )
        session.add(home)
        households.append(home)
    session.flush()
    for number in range(45):
        one, audiences = dice.choice(units)
        audience = dice.choice(audiences)
        user = factories.person(session, f"Người Số {number}", None)
        began = dice.choice([date(2022, 1, 1), date(2024, 9, 1), date(2025, 6, 14), date(2025, 6, 15)])
        ends = dice.choice([None, None, None, date(2025, 6, 13), date(2025, 6, 14)])
        session.add(
            Posting(
                user_id=user.id,
                unit_id=one.id,
                audience=audience,
                valid_from=began,
                valid_to=max(began, ends) if ends else None,
            )
        )
        for _ in range(dice.choice([0, 0, 0, 1, 2])):
            further, more = dice.choice(units)
            again = dice.choice(more)
            if (further.id, again) != (one.id, audience) and Audience.CHILD_AFFAIRS_OFFICER not in (
                again,
                audience,
            ):
                session.add(
                    Posting(
                        user_id=user.id, unit_id=further.id, audience=again, valid_from=date(2024, 2, 1),
                        valid_to=date(2025, 6, 14),
                    )
                )  # fmt: skip
                audience = again
                break
        for code in dice.sample(codes, dice.choice([0, 2, 5, 8])):
            on = dice.choice([date(2023, 2, 1), date(2024, 10, 1), date(2025, 6, 14), date(2025, 6, 15)])
            lasts = dice.choice(
                [None, date(on.year + 1, 6, 13), date(on.year + 1, 6, 14), date(on.year + 2, 6, 13)]
            )
            paper = certificate(
                session, user, code, on, lasts and max(lasts, on), unit_id=one.id, audience=str(audience)
            )
            if dice.random() < 0.15:
                revoke(session, paper, dice.choice([date(2025, 6, 14), date(2025, 6, 15)]))
        if dice.random() < 0.3:
            session.add(
                PersonFact(
                    user_id=user.id,
                    fact=dice.choice(["network", "active"]),
                    valid_from=dice.choice([date(2023, 1, 1), date(2024, 12, 1)]),
                    recorded_at=factories.NOW,
                )
            )
        if audience in (Audience.PARENT, Audience.CARER) and dice.random() < 0.6:
            home = dice.choice(households)
            session.add(
                HouseholdMember(
                    user_id=user.id,
                    household_id=home.id,
                    place=number + 1,
                    added_at=datetime(2024, 1, 2, tzinfo=UTC),
                )
            )
    session.flush()
    for item in PLAN.items:
        for one, _audiences in units:
            if str(one.kind) in item.by and dice.random() < 0.6:
                value: dict[str, object] = {
                    "count": {"count": dice.randint(30, 60)},
                    "count_by_grade": {
                        "grades": {"grade_1": dice.randint(9, 30), "grade_9": dice.randint(9, 30)}
                    }
                    if one.kind == UnitKind.SCHOOL and dice.random() < 0.7
                    else {"count": dice.randint(30, 60)},
                    "yes": {"yes": dice.random() < 0.7},
                    "checklist": {"ticks": [code for code, _label in item.ticks if dice.random() < 0.9]},
                    "document": {"number": "12/KH", "on": "2025-03-01"},
                    "words": {"words": "Đã làm."},
                }[str(item.kind)]
                state = dice.choice(
                    [DeclarationState.APPROVED, DeclarationState.APPROVED, DeclarationState.SUBMITTED]
                )
                declare(
                    session,
                    item.code,
                    one.id,
                    value,
                    dice.choice([date(2023, 3, 1), date(2025, 3, 1)]),
                    state,
                )
