"""Figures of the head's page, typed by hand with the working shown; then a naive recount over random small worlds."""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from courses.models import Completion, Course, CourseAudience, Enrolment, Version
from portal.core.accounts.models import Audience, Posting, User
from portal.core.clock import local_date
from portal.core.db import unit_of_work
from portal.core.names import fold, sort_key
from portal.core.organisation.models import Area, AreaKind, Sector, Unit, UnitKind
from portal.core.policy import Action, Actor, Grant, Role
from portal.core.rosters.models import Evidence, RosterBasis
from portal.reports import queries
from portal.reports.queries import By, Counts, Filters, State
from tests.examples import examples
from tests.factories import NOW, TODAY, World, person

SignIn = Callable[[int], FlaskClient]
ALL = Actor(1, (Grant(Role.STANDING_AGENCY),))


def course(session: Session, code: str) -> Course:
    return session.scalars(select(Course).where(Course.code == code)).one()


def begin(
    session: Session,
    user_id: int,
    code: str,
    *,
    at: datetime = NOW - timedelta(days=30),
    due: date | None = None,
) -> Enrolment:
    found = course(session, code)
    version = session.scalars(select(Version).where(Version.course_id == found.id, Version.current)).one()
    enrolment = Enrolment(
        user_id=user_id, course_id=found.id, version_id=version.id, cycle=1, enrolled_at=at, due_on=due
    )
    session.add(enrolment)
    session.flush()
    return enrolment


def complete(session: Session, enrolment: Enrolment, at: datetime = NOW) -> None:
    session.add(
        Completion(
            enrolment_id=enrolment.id,
            user_id=enrolment.user_id,
            course_id=enrolment.course_id,
            completed_at=at,
            completed_on=local_date(at),
            facts={},
        )
    )
    session.flush()


@pytest.fixture
def school_year(session: Session, world: World) -> World:
    """Fill the small world: five people at school A (with Ánh and Bảo), two at school B (with Cúc).

    GD-01 is for teachers, managers and school staff. Of it:
    A: Ánh completed on 24/11; Bảo is on the way; An is overdue (due 20/11); Ân has not begun; Em completed on 15/6.
    B (no staff list): Cúc completed on 24/11; An, who also works at A, is counted there too.
    """
    with unit_of_work() as work:
        an = person(work, "Nguyễn Văn An", world.school).id
        person(work, "Nguyễn Văn Ân", world.school)
        em = person(work, "Đặng Thị Em", world.school, Audience.SCHOOL_STAFF).id
        work.add(
            Posting(
                user_id=an,
                unit_id=world.other_school,
                audience=Audience.TEACHER,
                valid_from=date(2025, 1, 1),
            )
        )
        complete(work, begin(work, world.ana, "GD-01"))
        begin(work, world.bruno, "GD-01", due=date(2026, 12, 1))
        begin(work, an, "GD-01", due=date(2026, 11, 20))
        complete(
            work,
            begin(work, em, "GD-01", at=datetime(2026, 5, 1, tzinfo=UTC)),
            datetime(2026, 6, 15, 9, tzinfo=UTC),
        )
        complete(work, begin(work, world.carla, "GD-01"))
    return world


def board(
    session: Session, place: str, by: By, who: Actor = ALL, **asked: Any
) -> tuple[dict[str, Counts], Counts]:
    scope = queries.scope_for(session, who, place, Action.PEOPLE_COUNT)
    lines, total = queries.board(session, scope, Filters(on=TODAY, **asked), by, "vi")
    return {line.code: line.counts for line in lines}, total


def test_a_school(session: Session, school_year: World) -> None:
    lines, total = board(session, "unit:A", By.COURSE)

    # five people; all but Ân began; Ánh and Em completed; Bảo and An are on the way, An late
    five = Counts(roster=5, people=5, enrolled=4, in_progress=2, overdue=1, completed=2, roster_completed=2)
    assert lines["GD-01"] == five
    assert total == five
    assert total.rate.value is not None
    assert float(total.rate.value) == 0.4


def test_a_school_without_a_staff_list_has_no_denominator(session: Session, school_year: World) -> None:
    lines, total = board(session, "unit:B", By.PLACE, course=course(session, "GD-01"))

    # Cúc completed; An (who also works there) is late
    assert lines == {
        "unit:B": Counts(
            roster=0, people=2, enrolled=2, in_progress=1, overdue=1, completed=1, roster_completed=0
        )
    }
    assert total.rate.value is None


def test_a_person_in_two_units_is_counted_in_both_rows_and_once_in_the_total(
    session: Session, school_year: World
) -> None:
    lines, total = board(session, "area:P", By.PLACE, course=course(session, "GD-01"))

    assert lines == {
        "area:D1": Counts(5, 5, 4, 2, 1, 2, 2),
        "area:D2": Counts(0, 2, 2, 1, 1, 1, 0),
    }
    # 5 + 2 people, one of them (An) in both: 6; completed 2 + 1; overdue is An once
    assert total == Counts(
        roster=5, people=6, enrolled=5, in_progress=2, overdue=1, completed=3, roster_completed=2
    )


def test_the_rate_of_an_area_is_of_pooled_counts(session: Session, school_year: World) -> None:
    with unit_of_work() as work:
        work.add(
            RosterBasis(
                unit_id=school_year.other_school, evidence=Evidence.NAMED, valid_from=date(2026, 10, 1)
            )
        )

    lines, total = board(session, "area:P", By.PLACE, course=course(session, "GD-01"))

    # A: 2 of 5; B: 1 of 2; together 3 of the 6 people: one half, not the mean of 40 and 50 per cent
    assert (lines["area:D1"].rate.part, lines["area:D1"].rate.whole) == (2, 5)
    assert (lines["area:D2"].rate.part, lines["area:D2"].rate.whole) == (1, 2)
    assert (total.rate.part, total.rate.whole) == (3, 6)


def test_by_audience(session: Session, school_year: World) -> None:
    lines, total = board(session, "area:P", By.AUDIENCE, course=course(session, "GD-01"))

    # teachers: Ánh, An, Ân (A) and Cúc (B, no staff list); Bảo is the manager, Em school staff
    assert lines == {
        "teacher": Counts(3, 4, 3, 1, 1, 2, 1),
        "manager": Counts(1, 1, 1, 1, 0, 0, 0),
        "school_staff": Counts(1, 1, 1, 0, 0, 1, 1),
    }
    assert total.people == 6


def test_an_audience_alone(session: Session, school_year: World) -> None:
    lines, _total = board(session, "unit:A", By.COURSE, audience="school_staff")

    assert lines["GD-01"] == Counts(1, 1, 1, 0, 0, 1, 1)


@pytest.mark.parametrize(
    ("since", "until", "completed"),
    [
        (None, None, 2),  # Ánh (24/11) and Em (15/6)
        (date(2026, 6, 15), None, 2),
        (date(2026, 6, 16), None, 1),
        (None, date(2026, 6, 14), 0),
        (None, date(2026, 6, 15), 1),
        (date(2026, 6, 16), date(2026, 11, 23), 0),
        (date(2026, 11, 24), date(2026, 11, 24), 1),
    ],
)
def test_a_period_counts_completions_from_its_first_day_through_its_last(
    since: date | None, until: date | None, completed: int, session: Session, school_year: World
) -> None:
    _lines, total = board(session, "unit:A", By.COURSE, since=since, until=until)

    assert total.completed == completed


def test_who_completed_before_the_period_is_neither_on_the_way_nor_late(
    session: Session, school_year: World
) -> None:
    """Em completed on 15/6; asked for completions since 16/6 she is in no list of people who have something to do."""
    with unit_of_work() as work:
        em = work.scalars(select(User).where(User.full_name == "Đặng Thị Em")).one().id
        work.execute(update(Enrolment).where(Enrolment.user_id == em).values(due_on=date(2026, 6, 20)))
    scope = queries.scope_for(session, ALL, "unit:A", Action.PEOPLE_COUNT)
    filters = Filters(on=TODAY, course=course(session, "GD-01"), since=date(2026, 6, 16))

    _lines, total = queries.board(session, scope, filters, By.PLACE, "vi")
    listed = {
        state: {one.full_name for one in queries.people(session, scope, filters, state, "", None)}
        for state in (State.IN_PROGRESS, State.OVERDUE, State.NOT_COMPLETED, State.COMPLETED)
    }

    # Bảo and An are on the way, An late; Ánh completed on 24/11
    assert (total.in_progress, total.overdue, total.completed) == (2, 1, 1)
    assert [len(names) for names in listed.values()] == [2, 1, 3, 1]
    assert all("Đặng Thị Em" not in names for names in listed.values())


def test_late_with_one_course_is_late_whatever_else_she_completed(
    session: Session, school_year: World
) -> None:
    """Ánh completed GD-01 and is late with another: the total, once for everybody, must not hide it."""
    with unit_of_work() as work:
        another = Course(code="GD-09", sector="education", access="open")
        work.add(another)
        work.flush()
        work.add(
            Version(
                course_id=another.id, number=1, digest="", title={"vi": ""}, manifest={}, published_at=NOW,
                certificate_kind="completion", minutes=60, current=True,
            )
        )  # fmt: skip
        work.flush()
        begin(work, school_year.ana, "GD-09", due=TODAY - timedelta(days=1))
    scope = queries.scope_for(session, ALL, "unit:A", Action.PEOPLE_COUNT)

    _lines, total = queries.board(session, scope, Filters(on=TODAY), By.PLACE, "vi")
    late = list(queries.people(session, scope, Filters(on=TODAY), State.OVERDUE, "", None))

    # An with GD-01, Ánh with GD-09; both completed courses (Ánh, Em) still count
    assert (total.overdue, total.completed) == (2, 2)
    assert {(one.user_id, one.state) for one in late} >= {(school_year.ana, State.OVERDUE)}
    assert len(late) == 2


def test_24_00_of_a_day_is_the_province_s(session: Session, world: World) -> None:
    """23:59:59 of 14 June in the province is 16:59:59 UTC; a second later is the 15th."""
    with unit_of_work() as work:
        began = datetime(2026, 5, 1, tzinfo=UTC)
        complete(
            work, begin(work, world.ana, "GD-01", at=began), datetime(2026, 6, 14, 16, 59, 59, tzinfo=UTC)
        )
        complete(
            work, begin(work, world.bruno, "GD-01", at=began), datetime(2026, 6, 14, 17, 0, 0, tzinfo=UTC)
        )

    _lines, total = board(session, "unit:A", By.COURSE, until=date(2026, 6, 14))

    assert total.completed == 1


def test_who_is_due_today_is_not_late_yet(session: Session, world: World) -> None:
    with unit_of_work() as work:
        begin(work, world.ana, "GD-01", due=TODAY)
        begin(work, world.bruno, "GD-01", due=TODAY - timedelta(days=1))

    assert board(session, "unit:A", By.COURSE)[1].overdue == 1


def test_who_left_or_has_not_come_is_not_counted(session: Session, world: World) -> None:
    with unit_of_work() as work:
        for name, first, last in (
            ("Lê Văn Đã Đi", date(2024, 1, 1), TODAY - timedelta(days=1)),
            ("Lê Văn Còn", date(2024, 1, 1), TODAY),
            ("Lê Văn Sắp", TODAY + timedelta(days=1), None),
        ):
            one = person(work, name).id
            work.add(
                Posting(
                    user_id=one,
                    unit_id=world.school,
                    audience=Audience.TEACHER,
                    valid_from=first,
                    valid_to=last,
                )
            )

    assert board(session, "unit:A", By.COURSE)[1].roster == 3  # Ánh, Bảo and who leaves tonight


def test_a_place_without_people_is_empty_not_zero_per_cent(session: Session, world: World) -> None:
    lines, total = board(session, "unit:K", By.COURSE)

    assert lines == {}
    assert total == Counts()
    assert total.rate.value is None


def listed(session: Session, state: State = State.ALL, search: str = "", place: str = "unit:A") -> list[str]:
    scope = queries.scope_for(session, ALL, place, Action.PEOPLE_READ)
    filters = Filters(on=TODAY, course=course(session, "GD-01"))
    found = [one.full_name for one in queries.people(session, scope, filters, state, search, None)]
    assert queries.count_people(session, scope, filters, state, search) == len(found)
    return found


def test_names_stand_in_the_vietnamese_order(session: Session, school_year: World) -> None:
    # by given name: An, Ánh, Ân, Bảo, Em (a before ă before â; tones only where letters are equal)
    assert listed(session) == ["Nguyễn Văn An", "Trần Thị Ánh", "Nguyễn Văn Ân", "Lê Văn Bảo", "Đặng Thị Em"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("nguyen van an", ["Nguyễn Văn An", "Nguyễn Văn Ân"]),
        ("ÁNH", ["Trần Thị Ánh"]),
        ("dang", ["Đặng Thị Em"]),
        ("em đặng", ["Đặng Thị Em"]),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("khong co ai", []),
    ],
)
def test_search_takes_no_notice_of_accents(
    search: str, found: list[str], session: Session, school_year: World
) -> None:
    assert listed(session, search=search) == found


@pytest.mark.parametrize(
    ("state", "found"),
    [
        (State.NOT_STARTED, ["Nguyễn Văn Ân"]),
        (State.IN_PROGRESS, ["Nguyễn Văn An", "Lê Văn Bảo"]),
        (State.OVERDUE, ["Nguyễn Văn An"]),
        (State.COMPLETED, ["Trần Thị Ánh", "Đặng Thị Em"]),
        (State.NOT_COMPLETED, ["Nguyễn Văn An", "Nguyễn Văn Ân", "Lê Văn Bảo"]),
    ],
)
def test_a_figure_opens_into_its_people(
    state: State, found: list[str], session: Session, school_year: World
) -> None:
    assert listed(session, state) == found


# --- one query: screen, XLSX and CSV --------------------------------------------------------------------------------


def screen(page: str) -> list[list[str]]:
    """Return the cells of the page's table as a reader sees them."""
    import html
    import re

    table = page[page.index("<tbody") : page.index("</table>")]
    rows = re.findall(r"<tr.*?</tr>", table, re.S)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in rows]
    return [[html.unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row] for row in cells]


def workbook(data: bytes, width: int) -> list[list[Any]]:
    sheet = load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    rows = [[cell.value for cell in row[:width]] for row in sheet.iter_rows(min_row=5)]
    return [row for row in rows if row[1] is not None or row[2] is not None]


@pytest.mark.parametrize("by", ["course", "place", "audience"])
@pytest.mark.parametrize("place", ["area:P", "unit:A"])
def test_screen_and_files_show_the_same_figures(
    by: str, place: str, sign_in: SignIn, school_year: World
) -> None:
    import csv

    browser = sign_in(school_year.dora)
    query = f"place={place}&by={by}&lang=en" + ("&course=GD-01" if by == "place" else "")
    shown = screen(browser.get(f"/manage/?{query}").text)
    rows = list(csv.reader(io.StringIO(browser.get(f"/manage/board.csv?{query}").data.decode("utf-8-sig"))))[
        1:
    ]
    sheet = workbook(browser.get(f"/manage/board.xlsx?{query}").data, 8)

    assert len(shown) == len(rows) == len(sheet) > 1
    for seen, line, cells in zip(shown, rows, sheet, strict=True):
        assert seen[0] == line[0] == cells[0]
        for text, plain, number in zip(seen[1:7], line[1:7], cells[1:7], strict=True):
            assert ("" if text == "–" else text) == plain == ("" if number is None else str(number))
        if seen[7] == "no denominator yet":
            assert line[7] == cells[7] == "no denominator yet"
        else:
            assert isinstance(cells[7], float | int)
            assert abs(float(line[7]) - cells[7]) < 1e-6
            assert abs(float(seen[7].rstrip("%")) - 100 * cells[7]) <= 0.05


def test_the_list_on_the_screen_is_the_list_in_the_files(sign_in: SignIn, school_year: World) -> None:
    import csv

    browser = sign_in(school_year.bruno)
    shown = screen(browser.get("/manage/people?course=GD-01&lang=en").text)
    text = browser.get("/manage/people.csv?course=GD-01&lang=en").data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))[1:]
    sheet = workbook(browser.get("/manage/people.xlsx?course=GD-01&lang=en").data, 9)

    assert [row[0] for row in rows] == [row[0] for row in sheet]
    assert [row[0] for row in shown] == [row[0] for row in rows]
    assert [row[4] for row in rows] == ["overdue", "completed", "not begun", "in progress", "completed"]
    assert [row[4] for row in sheet] == [row[4] for row in rows]


# --- a naive recount ------------------------------------------------------------------------------------------------

DAY = date(2026, 11, 24)
COURSES = ("GD-01", "CM-01")
AUDIENCES = (Audience.TEACHER, Audience.MANAGER, Audience.PARENT, Audience.INVESTIGATOR)
days = st.integers(-40, 5).map(lambda n: DAY + timedelta(days=n))


@dataclass(frozen=True)
class Post:
    unit: int
    audience: Audience
    first: date
    last: date | None


@dataclass(frozen=True)
class Began:
    on: date
    due: date | None
    done: date | None


@dataclass(frozen=True)
class Someone:
    posts: tuple[Post, ...]
    began: dict[str, Began]


posts = st.builds(
    Post, st.integers(0, 3), st.sampled_from(AUDIENCES), days, st.none() | st.integers(0, 60).map(timedelta)
).map(lambda post: replace(post, last=post.first + post.last if post.last is not None else None))  # type: ignore[operator]
begun = st.builds(Began, days, st.none() | days, st.none() | st.integers(0, 20).map(timedelta)).map(
    lambda one: replace(one, done=one.on + one.done if one.done is not None else None)  # type: ignore[operator]
)
people_drawn = st.lists(
    st.builds(
        Someone,
        st.lists(posts, max_size=3, unique_by=lambda post: (post.unit, post.audience)).map(tuple),
        st.dictionaries(st.sampled_from(COURSES), begun, max_size=2),
    ),
    max_size=6,
)


@dataclass(frozen=True)
class Asked:
    """What is asked of the random world, and how each unit stands: (area of D1 or D2, has a staff list)."""

    rosters: tuple[bool, ...]
    course: str | None
    audience: Audience | None
    since: date | None
    until: date | None


asked_drawn = st.builds(
    Asked,
    st.tuples(*[st.booleans()] * 4),
    st.none() | st.sampled_from(COURSES),
    st.none() | st.sampled_from(AUDIENCES),
    st.none() | days,
    st.none() | st.integers(-40, 0).map(lambda n: DAY + timedelta(days=n)),
)


def recount(
    people: Iterable[Someone], asked: Asked, audiences: dict[str, set[str]], by: By, units_of: dict[int, int]
) -> tuple[dict[str, Counts], Counts]:
    """Count with loops, from the words of the promises, knowing nothing of the query."""
    day = asked.until or DAY
    cells: dict[str, dict[int, set[str]]] = {}
    everybody: dict[int, set[str]] = {}
    for number, one in enumerate(people):
        for post in one.posts:
            if not (post.first <= day and (post.last is None or post.last >= day)):
                continue
            if asked.audience and post.audience != asked.audience:
                continue
            if by == By.COURSE:
                wanted = [
                    code
                    for code, whom in audiences.items()
                    if post.audience in whom and asked.course in (None, code)
                ]
            else:
                wanted = [asked.course] if asked.course else [""]
                if asked.course and post.audience not in audiences[asked.course]:
                    continue
            for code in wanted:
                flags = {"people"}
                if asked.rosters[post.unit]:
                    flags.add("roster")
                for taken, how in one.began.items():
                    if code and taken != code:
                        continue
                    if how.on > day:
                        continue
                    flags.add("enrolled")
                    done = how.done if how.done is not None and how.done <= day else None
                    if done is not None and (asked.since is None or done >= asked.since):
                        flags.add("completed")
                    if done is None:
                        flags.add("in progress")
                    if done is None and how.due is not None and how.due < day:
                        flags.add("overdue")
                key = {By.COURSE: code, By.AUDIENCE: str(post.audience), By.PLACE: f"unit:R{post.unit}"}[by]
                cells.setdefault(key, {}).setdefault(number, set()).update(flags)
                everybody.setdefault(number, set()).update(flags)
    return {key: _counts(found) for key, found in cells.items()}, _counts(everybody)


def _counts(found: dict[int, set[str]]) -> Counts:
    def those(*wanted: str) -> int:
        return sum(set(wanted) <= flags for flags in found.values())

    return Counts(
        roster=those("roster"),
        people=len(found),
        enrolled=those("enrolled"),
        in_progress=those("in progress"),
        overdue=those("overdue"),
        completed=those("completed"),
        roster_completed=those("roster", "completed"),
    )


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 5, tzinfo=UTC)


def fill(session: Session, people: list[Someone], asked: Asked) -> None:
    """Write the random world under an area of its own, in a few statements."""
    top = Area(
        code="RW", kind=AreaKind.COMMUNE, name="Xã Tình cờ", search_key="", valid_from=date(2020, 1, 1)
    )
    session.add(top)
    session.flush()
    units = [
        Unit(
            code=f"R{number}", kind=UnitKind.SCHOOL, sector=Sector.EDUCATION, name=f"Đơn vị {number}",
            search_key="", area_id=top.id, valid_from=date(2020, 1, 1),
        )
        for number, _roster in enumerate(asked.rosters)
    ]  # fmt: skip
    users = [
        User(
            full_name=f"Người {number}", sort_key=sort_key(f"Người {number}"), search_key=fold(f"Người {number}"),
            username=f"random-{number}", secret_kind="password", failed_count=0, created_at=NOW,
        )
        for number in range(len(people))
    ]  # fmt: skip
    session.add_all([*units, *users])
    session.flush()
    session.add_all(
        RosterBasis(unit_id=unit.id, evidence=Evidence.NAMED, valid_from=date(2020, 1, 1))
        for unit, roster in zip(units, asked.rosters, strict=True)
        if roster
    )
    versions = dict(
        session.execute(select(Course.code, Version.id).join(Version, Version.course_id == Course.id)).all()
    )
    ids = dict(session.execute(select(Course.code, Course.id)).all())
    enrolments: list[tuple[Enrolment, Began]] = []
    for user, one in zip(users, people, strict=True):
        session.add_all(
            Posting(
                user_id=user.id, unit_id=units[post.unit].id, audience=post.audience,
                valid_from=post.first, valid_to=post.last,
            )
            for post in one.posts
        )  # fmt: skip
        for code, how in one.began.items():
            enrolment = Enrolment(
                user_id=user.id, course_id=ids[code], version_id=versions[code], cycle=1,
                enrolled_at=noon(how.on), due_on=how.due,
            )  # fmt: skip
            enrolments.append((enrolment, how))
    session.add_all(enrolment for enrolment, _how in enrolments)
    session.flush()
    for enrolment, how in enrolments:
        if how.done is not None:
            complete(session, enrolment, noon(how.done))
    session.flush()


#: On a list as a teacher and never begun as one, and done with the course of parents where no list was given.
LISTED_ELSEWHERE = Someone(
    (Post(0, Audience.TEACHER, DAY, None), Post(1, Audience.PARENT, DAY, None)),
    {"CM-01": Began(DAY, None, DAY)},
)


@examples(40)
@given(people_drawn, asked_drawn)
@example([LISTED_ELSEWHERE], Asked((True, False, False, False), None, None, None, None))
def test_a_naive_recount_agrees(session: Session, world: World, people: list[Someone], asked: Asked) -> None:
    audiences: dict[str, set[str]] = {}
    for code, audience in session.execute(
        select(Course.code, CourseAudience.audience).join(Course, Course.id == CourseAudience.course_id)
    ):
        audiences.setdefault(code, set()).add(audience)
    nested = session.begin_nested()
    try:
        fill(session, people, asked)
        scope = queries.scope_for(session, ALL, "area:RW", Action.PEOPLE_COUNT)
        chosen = queries.course_named(session, asked.course) if asked.course else None
        since = asked.since if not (asked.since and asked.until and asked.since > asked.until) else None
        asked = replace(asked, since=since)
        filters = Filters(
            on=DAY, course=chosen, audience=asked.audience, since=asked.since, until=asked.until
        )
        for by in By:
            lines, total = queries.board(session, scope, filters, by, "vi")
            wanted, everybody = recount(people, asked, audiences, by, {})
            got = {line.code: line.counts for line in lines if line.counts != Counts()}
            assert got == wanted, by
            assert total == everybody, by
            state_total = total
        if chosen is None:
            meant = replace(filters, meant=True)
            _lines, total = queries.board(session, scope, filters, By.COURSE, "vi")
            assert queries.board(session, scope, meant, By.PLACE, "vi")[1] == total
            for state, figure in (
                (State.ALL, total.people),
                (State.ROSTER, total.roster),
                (State.ENROLLED, total.enrolled),
                (State.IN_PROGRESS, total.in_progress),
                (State.OVERDUE, total.overdue),
                (State.COMPLETED, total.completed),
                (State.ROSTER_COMPLETED, total.roster_completed),
            ):
                assert len(list(queries.people(session, scope, meant, state, "", None))) == figure, state
                assert queries.count_people(session, scope, meant, state, "") == figure, state
        if asked.course:
            _lines, ever = queries.board(session, scope, replace(filters, since=None), By.COURSE, "vi")
            for state, figure in (
                (State.ALL, state_total.people),
                (State.COMPLETED, state_total.completed),
                (State.IN_PROGRESS, state_total.in_progress),
                (State.OVERDUE, state_total.overdue),
                (State.NOT_COMPLETED, state_total.people - ever.completed),
                (State.NOT_STARTED, state_total.people - state_total.enrolled),
            ):
                found = list(queries.people(session, scope, filters, state, "", None))
                assert len(found) == figure, state
                assert len({one.user_id for one in found}) == figure
    finally:
        nested.rollback()
        session.expunge_all()
