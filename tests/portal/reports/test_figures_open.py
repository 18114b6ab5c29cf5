"""Every figure of every board opens, into exactly as many people as it says; and whom the list shows where."""

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.models import Course
from portal.core.accounts.models import Audience, Posting
from portal.core.db import unit_of_work
from portal.core.policy import Action, Actor, Grant, Role
from portal.reports import queries
from portal.reports.queries import Filters, PersonLine, State
from tests.factories import TODAY, World, grant, person
from tests.portal.reports.test_board import begin, complete
from tests.security.support import opened as open_list

SignIn = Callable[[int], FlaskClient]
COUNT = re.compile(r"<caption[^>]*>\s*([\d.]+) (?:người|person|people)\s*</caption>")
FIGURES = 6  # of a row: on the roster, enrolled, in progress, overdue, completed, of them on the roster


class Board(HTMLParser):
    """Reads the table of a board: rows of cells, a cell being its text and the address it opens."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[tuple[str, str]]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append(("", ""))
            self._inside = True
        elif tag == "a" and self._inside:
            self.rows[-1][-1] = ("", dict(attrs)["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            text, address = self.rows[-1][-1]
            self.rows[-1][-1] = (text + data.strip(), address)


@pytest.fixture
def province(session: Session, world: World) -> World:
    """Fill the small world so that units of a district itself, two posts, and people without a course all occur.

    Police post L stands in D1 itself. Én (there) is late with CA-01; Sen works at L and teaches at A, and completed
    GD-01; Bảo is on the way; Cúc (school B, no staff list) completed; Phượng, a parent, completed CM-01, and so did a
    clerk of the clinic, whom no course is for; another clerk did nothing.
    """
    with unit_of_work() as work:
        sen = person(work, "Mai Thị Sen", world.post, Audience.POLICE_OFFICER).id
        work.add(
            Posting(user_id=sen, unit_id=world.school, audience=Audience.TEACHER, valid_from=date(2025, 1, 1))
        )
        clerk = person(work, "Ma Văn Thư", world.clinic, Audience.HEALTH_WORKER).id
        person(work, "Ma Văn Hai", world.clinic, Audience.HEALTH_WORKER)
        begin(work, world.emil, "CA-01", due=date(2026, 11, 20))
        complete(work, begin(work, sen, "GD-01"))
        begin(work, world.bruno, "GD-01", due=date(2026, 12, 1))
        complete(work, begin(work, world.carla, "GD-01"))
        complete(work, begin(work, world.fay, "CM-01"))
        complete(work, begin(work, clerk, "CM-01"))
        agency = person(work, "Cao Văn Trực", None, username="agency").id
        grant(work, agency, Role.STANDING_AGENCY, area_id=world.province)
        begin(work, agency, "GD-01")
    return world


BOARDS = [
    f"/manage/?place={place}&by={by}&course={course}"
    for place in ("area:P", "area:D1", "own:D1", "area:C1", "unit:A", "unit:L")
    for by in ("course", "place", "audience")
    for course in ("", "meant", "GD-01", "CM-01")
]


def test_every_figure_opens_into_as_many_people(sign_in: SignIn, session: Session, province: World) -> None:
    from portal.core.accounts.models import User

    agency = sign_in(session.scalars(select(User.id).where(User.username == "agency")).one())
    faults, opened = [], {}
    for address in BOARDS:
        board = Board()
        board.feed(agency.get(address).text)
        for name, *cells in board.rows[1:]:
            assert name[0]
            for text, target in cells[:FIGURES]:
                if text in ("0", "–"):
                    assert target == ""
                    continue
                if target not in opened:
                    found = COUNT.search(unescape(open_list(agency, target).text))
                    opened[target] = found[1] if found else "0"
                if opened[target] != text:
                    faults.append(
                        f"{address}, {name[0]}: {text}, and {opened[target]} people at {target or 'nothing'}"
                    )

    assert faults == []
    assert len(opened) > 100


def test_the_units_of_a_district_itself_are_a_place(
    sign_in: SignIn, session: Session, province: World
) -> None:
    board = sign_in(province.gina).get("/manage/?place=area:D1&by=place").text
    assert "Các đơn vị trực thuộc địa bàn" in board
    assert "place=own:D1" in board

    itself = sign_in(province.gina).get("/manage/?place=own:D1&by=place").text
    assert "Huyện Một: các đơn vị trực thuộc địa bàn" in itself
    assert "Công an Huyện Một" in itself
    assert "Trường Tiểu học Ánh Sao" not in itself


@pytest.mark.parametrize(("who", "status"), [("gina", 200), ("bruno", 404), ("dora", 404), ("admin", 403)])
def test_the_units_of_an_area_itself_are_its_head_s(
    sign_in: SignIn, province: World, who: str, status: int
) -> None:
    """Dora heads education in the whole province: she may look, and no police post is hers."""
    answer = open_list(sign_in(getattr(province, who)), "/manage/people?place=own:D1")

    if who == "dora":
        assert answer.status_code == 200
        assert "Hồ Văn Én" not in answer.text
    else:
        assert answer.status_code == status


ALL = Actor(1, (Grant(Role.STANDING_AGENCY),))


def shown(session: Session, place: str, state: State = State.ALL, **asked: object) -> PersonLine:
    """Return the line of Mai Thị Sen in a list."""
    scope = queries.scope_for(session, ALL, place, Action.PEOPLE_READ)
    filters = Filters(on=TODAY, **asked)  # type: ignore[arg-type]
    (line,) = queries.people(session, scope, filters, state, "mai thi sen", None)
    return line


def test_of_several_posts_she_is_shown_with_one_that_was_asked_for(session: Session, world: World) -> None:
    """Officer at L since 2024; teacher at A since 2025; parent in C1's community since 2026; all of them today."""
    sen = person(session, "Mai Thị Sen", world.post, Audience.POLICE_OFFICER).id
    for unit, audience, year in (
        (world.school, Audience.TEACHER, 2025),
        (world.community, Audience.PARENT, 2026),
    ):
        session.add(Posting(user_id=sen, unit_id=unit, audience=audience, valid_from=date(year, 1, 1)))
    gd, ca = (session.scalars(select(Course).where(Course.code == code)).one() for code in ("GD-01", "CA-01"))
    session.flush()

    def post(*arguments: object, **asked: object) -> tuple[str, str, str]:
        line = shown(session, *arguments, **asked)  # type: ignore[arg-type]
        return line.unit, line.area, line.audience

    officer = ("Công an Huyện Một", "Huyện Một", "police_officer")
    teacher = ("Trường Tiểu học Ánh Sao", "Xã Ba", "teacher")
    parent = ("Cộng đồng Xã Ba", "Xã Ba", "parent")
    assert post("area:P") == parent  # begun last
    assert post("area:P", course=gd) == teacher  # the course is for it
    assert post("area:P", course=ca) == officer
    assert post("own:D1") == officer  # it stands there
    assert post("area:P", audience="teacher") == teacher
    assert post("area:P", State.ROSTER) == teacher  # the community has no staff list
    complete(session, begin(session, sen, "GD-01"))
    assert post("area:P", State.ROSTER_COMPLETED) == teacher
    assert post("area:P", State.COMPLETED) == parent
