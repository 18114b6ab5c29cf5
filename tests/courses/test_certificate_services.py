"""A certificate once issued: its facts and bytes stay, whatever becomes of the person, the unit and the course."""

import hashlib
from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from courses.certificates import queries, services
from courses.certificates.errors import AlreadyRevoked, ReasonTooShort
from courses.certificates.models import Certificate, CertificateFile, Revocation
from courses.certificates.queries import Standing, standing
from courses.models import Completion, Course, Version
from portal.core.accounts.models import Audience, Posting, User
from portal.core.audit.models import Entry
from portal.core.db import unit_of_work
from portal.core.organisation.models import Area, Unit
from portal.core.policy import Actor
from tests.factories import NOW, TODAY, World, person
from tests.security.support import certify

SignIn = Callable[[int], FlaskClient]


def frozen(session: Session) -> tuple[object, ...]:
    one = session.scalars(select(Certificate).execution_options(populate_existing=True)).one()
    pdf = session.scalars(select(CertificateFile.pdf)).one()
    return (
        one.serial, one.full_name, dict(one.course_title), dict(one.facts), one.unit_id, one.area_id, one.sector,
        one.audience, one.completed_on, one.expires_on, one.version_number, one.sha256, pdf,
    )  # fmt: skip


def test_unit_area_sector_and_audience_are_those_of_the_day(session: Session, world: World) -> None:
    one = certify(session, world.ana)

    assert (one.unit_id, one.area_id, one.sector, one.audience) == (
        world.school,
        world.commune,
        "education",
        "teacher",
    )
    assert one.facts["full_name"] == "Trần Thị Ánh"
    assert one.facts["unit_name"] == "Trường Tiểu học Ánh Sao"
    assert one.facts["area_name"] == "Xã Ba"
    assert one.facts["completed_on"] == "2026-11-24"


@pytest.mark.parametrize(
    ("posts", "taken"),
    [
        # of posts that the course is for, the one begun last; CM-01 is for parents and carers
        ([("K", "parent", 2024), ("A", "teacher", 2026)], ("K", "parent")),
        ([("K", "parent", 2024), ("Q", "carer", 2025), ("A", "teacher", 2026)], ("Q", "carer")),
        # for none of her posts: the one begun last
        ([("K", "health_worker", 2024), ("A", "teacher", 2025)], ("A", "teacher")),
        # one that has ended counts no more
        ([("K", "parent", 2023), ("A", "teacher", 2025)], ("A", "teacher")),
    ],
)
def test_of_several_posts_the_one_that_the_course_is_for(
    session: Session, world: World, posts: list[tuple[str, str, int]], taken: tuple[str, str]
) -> None:
    units = dict(session.execute(select(Unit.code, Unit.id)).all())
    somebody = person(session, "Mai Thị Sen").id
    for unit, audience, year in posts:
        session.add(
            Posting(
                user_id=somebody,
                unit_id=units[unit],
                audience=Audience(audience),
                valid_from=date(year, 1, 1),
                valid_to=date(2023, 12, 31) if year == 2023 else None,
            )
        )

    one = certify(session, somebody)

    completion = session.scalars(select(Completion)).one()
    assert (completion.unit_id, completion.audience) == (units[taken[0]], taken[1])
    assert (one.unit_id, one.audience) == (units[taken[0]], taken[1])
    assert one.facts["unit_name"] == session.get_one(Unit, units[taken[0]]).name
    assert one.area_id == session.get_one(Unit, units[taken[0]]).area_id


def test_without_a_post_the_paper_names_no_unit(session: Session, world: World) -> None:
    one = certify(session, world.dora)

    assert (one.unit_id, one.area_id, one.sector, one.audience) == (None, None, None, None)
    assert (one.facts["unit_name"], one.facts["area_name"]) == ("", "")


def test_the_digest_is_that_of_the_bytes(session: Session, world: World) -> None:
    one = certify(session, world.ana)
    pdf = session.get_one(CertificateFile, one.id).pdf

    assert one.sha256 == hashlib.sha256(pdf).hexdigest()
    assert pdf.startswith(b"%PDF-")


def test_nothing_on_it_moves_when_names_and_the_course_do(
    session: Session, world: World, sign_in: SignIn
) -> None:
    with unit_of_work() as work:
        serial = certify(work, world.ana).serial
    before = frozen(session)
    file_before = sign_in(world.ana).get(f"/certificates/{serial}.pdf").data

    with unit_of_work() as work:
        work.get_one(User, world.ana).full_name = "Trần Thị Tên Mới"
        work.get_one(Unit, world.school).name = "Trường đổi tên"
        work.get_one(Area, world.commune).name = "Xã sáp nhập"
        course = work.scalars(select(Course).where(Course.code == "CM-01")).one()
        course.sector = "health"
        version = work.scalars(select(Version).where(Version.course_id == course.id, Version.current)).one()
        version.title = {"vi": "Tên khác", "en": "Another title"}

    assert frozen(session) == before
    assert sign_in(world.ana).get(f"/certificates/{serial}.pdf").data == file_before
    shown = sign_in(world.ana).get(f"/verify/{serial}").text
    assert "Trần T. Á." in shown
    assert "Làm cha mẹ tích cực" in shown
    assert "Tên khác" not in shown


def test_it_is_verified_after_the_account_is_gone(
    session: Session, world: World, client: FlaskClient
) -> None:
    with unit_of_work() as work:
        serial = certify(work, world.ana).serial
    with unit_of_work() as work:
        work.execute(delete(User).where(User.id == world.ana))

    assert session.scalar(select(func.count()).select_from(Completion)) == 0
    answer = client.get(f"/verify/{serial}?lang=en")
    assert answer.status_code == 200
    assert "genuine and valid" in answer.text
    assert "Trần T. Á." in answer.text
    assert "Trần Thị Ánh" not in answer.text


def test_a_stranger_is_told_no_unit_and_no_full_name(
    session: Session, world: World, client: FlaskClient
) -> None:
    with unit_of_work() as work:
        serial = certify(work, world.ana).serial

    shown = client.get(f"/verify/{serial}").text

    assert not [word for word in ("Thị Ánh", "Ánh Sao", "Xã Ba") if word in shown]


REASON = "Cấp nhầm cho người không dự lớp"


@pytest.mark.parametrize("reason", ["", "ngắn", "         x", "123456789", " 12345678 "])
def test_a_revocation_says_why(reason: str, session: Session, world: World) -> None:
    one = certify(session, world.ana)

    with pytest.raises(ReasonTooShort):
        services.revoke(session, one, by_id=world.dora, by_name="Đỗ Thị Dung", reason=reason, now=NOW)
    assert session.scalar(select(func.count()).select_from(Revocation)) == 0


def test_a_revocation_is_one_and_keeps_the_paper(session: Session, world: World) -> None:
    one = certify(session, world.ana)
    before = frozen(session)

    services.revoke(session, one, by_id=world.dora, by_name="Đỗ Thị Dung", reason=REASON, now=NOW)
    with pytest.raises(AlreadyRevoked):
        services.revoke(session, one, by_id=world.admin, by_name="Mạc Thị Quản", reason=REASON + "!", now=NOW)

    kept = session.scalars(select(Revocation)).one()
    assert (kept.revoked_by_name, kept.reason, kept.revoked_at) == ("Đỗ Thị Dung", REASON, NOW)
    assert frozen(session) == before
    codes = session.scalars(select(Entry.actor_id).where(Entry.code == "certificate.revoke")).all()
    assert codes == [world.dora]


def test_revoking_in_the_browser_shows_when_verified(
    session: Session, world: World, sign_in: SignIn, client: FlaskClient
) -> None:
    with unit_of_work() as work:
        serial = certify(work, world.ana).serial
    head = sign_in(world.dora)

    too_short = head.post(f"/manage/certificates/{serial}/revoke", data={"reason": "sai"})
    assert too_short.status_code == 422
    of_a_child = head.post(
        f"/manage/certificates/{serial}/revoke", data={"reason": "Cháu Minh lớp 4A kể lại"}
    )
    assert of_a_child.status_code == 422
    assert 'name="sure"' in of_a_child.text
    assert "genuine and valid" in client.get(f"/verify/{serial}?lang=en").text
    done = head.post(f"/manage/certificates/{serial}/revoke", data={"reason": REASON})
    assert (done.status_code, done.location) == (303, f"/verify/{serial}")
    shown = client.get(f"/verify/{serial}?lang=en").text
    assert "has been revoked" in shown
    assert client.get(f"/verify/{serial}").headers["X-Robots-Tag"] == "noindex"
    assert "24/11/2026" in shown
    assert REASON not in shown  # the reason is kept, not published
    hers = sign_in(world.ana).get("/certificates/?lang=en").text
    assert f"Revoked on 24/11/2026 by Đỗ Thị Dung. The reason given: {REASON}" in hers
    told = sign_in(world.ana).get("/notices?lang=en").text
    assert f"Your certificate {serial} was revoked" in told
    assert f"Đỗ Thị Dung revoked it. The reason given: {REASON.rstrip('.')}." in told
    assert head.post(f"/manage/certificates/{serial}/revoke", data={"reason": REASON}).status_code == 409


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2027, 2, 27), Standing.VALID),
        (date(2027, 2, 28), Standing.VALID),
        (date(2027, 3, 1), Standing.EXPIRED),
    ],
)
def test_it_is_valid_through_its_last_day(today: date, expected: Standing) -> None:
    assert standing(date(2027, 2, 28), False, today) == expected
    assert standing(date(2027, 2, 28), True, today) == Standing.REVOKED
    assert standing(None, False, today) == Standing.VALID


def test_the_last_day_is_a_day_of_the_province(session: Session, world: World, client: FlaskClient) -> None:
    """Through 24 November: at 23:59 in the province (16:59 UTC) it stands, a minute later it does not."""
    from datetime import UTC, datetime

    from portal.core import clock

    with unit_of_work() as work:
        one = certify(work, world.ana)
        one.expires_on = TODAY
        serial = one.serial

    with clock.frozen(datetime(2026, 11, 24, 16, 59, 59, tzinfo=UTC)):
        assert "genuine and valid" in client.get(f"/verify/{serial}?lang=en").text
    with clock.frozen(datetime(2026, 11, 24, 17, 0, tzinfo=UTC)):
        assert "has expired" in client.get(f"/verify/{serial}?lang=en").text


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2026, 11, 24), 24, date(2028, 11, 24)),
        (date(2026, 11, 24), 36, date(2029, 11, 24)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 1, 31), 3, date(2026, 4, 30)),
        (date(2026, 1, 30), 1, date(2026, 2, 28)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
        (date(2026, 1, 1), 120, date(2036, 1, 1)),
    ],
)
def test_months_later(day: date, months: int, expected: date) -> None:
    assert services.add_months(day, months) == expected


def test_a_head_opens_it_by_the_place_of_issue_not_of_today(session: Session, world: World) -> None:
    """Ana moves to school B: the head of A, where she earned it, still opens it."""
    from portal.core.accounts.models import Posting
    from portal.core.errors import NotFound
    from portal.core.policy import Grant, Role

    one = certify(session, world.ana)
    session.scalars(select(Posting).where(Posting.user_id == world.ana)).one().unit_id = world.other_school
    session.flush()

    head_of_a = Actor(world.bruno, (Grant(Role.UNIT_HEAD, unit=world.school),))
    head_of_b = Actor(world.carla + 1000, (Grant(Role.UNIT_HEAD, unit=world.other_school),))
    assert queries.file_for(session, head_of_a, one.serial)[0].id == one.id
    with pytest.raises(NotFound):
        queries.file_for(session, head_of_b, one.serial)
