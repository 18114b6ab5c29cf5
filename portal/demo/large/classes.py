"""Closed classes in a hall, of three years."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from courses.workshops.models import (
    Attendance,
    Attended,
    How,
    Mark,
    Registration,
    Workshop,
    WorkshopDay,
    WorkshopTrainer,
)
from portal.core import clock
from portal.core.names import fold, sort_key
from portal.core.organisation.models import Area, AreaKind, Sector, Unit
from portal.demo.large.places import Place
from portal.demo.large.staff import Staff
from portal.demo.large.taught import Taught
from portal.demo.large.work import DAY, Work

_COLUMNS: dict[Any, tuple[str, ...]] = {
    Workshop: ("id", "key", "origin", "title", "search_key", "course_id", "plan_item", "organiser_id", "area_id",
               "place", "guest_trainers", "capacity", "days_needed", "for_area_id", "for_sector", "for_audience", "secret",
               "starts_on", "ends_on", "visits", "created_at", "created_by_id", "closed_at", "closed_by_id", "signatures",
               "whole_course"),
    WorkshopDay: ("workshop_id", "day", "hours"),
    WorkshopTrainer: ("workshop_id", "user_id"),
    Registration: ("workshop_id", "user_id", "number", "registered_at", "registered_by_id"),
    Mark: ("key", "workshop_id", "day", "user_id", "present", "how", "made_at", "received_at", "by_id"),
    Attendance: ("workshop_id", "day", "user_id", "present", "how", "made_at", "mark_key", "full_name", "sort_key",
                 "unit_id", "unit_name", "area_id", "audience"),
    Attended: ("workshop_id", "user_id", "course_id", "on_day", "days", "origin", "full_name", "unit_id", "area_id",
               "audience"),
}  # fmt: skip


def add_classes(work: Work, staff: Sequence[Staff]) -> None:
    """Enter closed classes of three years: of each about thirty of one district were there."""
    groups: dict[tuple[int, str], list[Staff]] = {}
    for one in staff:
        groups.setdefault((one.posts[0].place.district_id, one.posts[0].place.sector), []).append(one)
    wanted = [
        key
        for key in sorted(groups)
        if len(groups[key]) >= 5 and work.courses_for(groups[key][0].posts[0].audience)
    ]
    number = work.bulk.next_id(Workshop)
    rows: dict[Any, list[tuple[Any, ...]]] = {model: [] for model in _COLUMNS}
    organisers = dict(work.session.execute(select(Unit.code, Unit.id)).all())
    districts = dict(
        work.session.execute(select(Area.id, Area.code).where(Area.kind == AreaKind.DISTRICT)).all()
    )
    for made in range(work.size.workshops if wanted else 0):
        group = groups[wanted[made % len(wanted)]]
        day = work.day(work.first_day, work.today - timedelta(days=7))
        able = [one for one in group if one.posts[0].begins <= day and (one.posts[0].ends or day) >= day]
        there = work.dice.sample(able, min(len(able), 20 + int(work.dice.random() * 20)))
        if not there:
            continue
        first = there[0].posts[0]
        course = work.courses_for(first.audience)[0]
        prefix = "PGD" if first.place.sector == Sector.EDUCATION else "CA" if first.place.sector == Sector.POLICE else "UB"  # fmt: skip
        organiser = organisers[f"{prefix}-{districts[first.place.district_id]}"]
        _class(rows, number, made, day, course, organiser, first.place, there)
        number += 1
    for model, columns in _COLUMNS.items():
        work.bulk.write(model, columns, rows[model])
    work.report(f"classes: {len(rows[Workshop]):,} with {len(rows[Attended]):,} people who took part")


def _class(
    rows: dict[Any, list[tuple[Any, ...]]], id_: int, made: int, day: date, course: Taught,
    organiser: int, at: Place, there: Sequence[Staff],
) -> None:  # fmt: skip
    announced, closed = (
        clock.start_of(day - timedelta(days=21)),
        clock.start_of(day + DAY) - timedelta(hours=6),
    )
    title, hall = f"Tập huấn {course.title['vi']} đợt {made + 1}", f"Hội trường {at.area_name}"
    plan_item = {"GD-01": "II.2.c", "CA-01": "II.6.c"}.get(course.code, "II.4.a")
    rows[Workshop].append(
        (id_, f"demo-{id_}", "hall", title, fold(f"{title} {hall}")[:200], course.course_id, plan_item, organiser,
         at.area_id, hall, "", 40, 1, at.district_id, at.sector, None, f"{id_:064d}", day, day, 0, announced, None,
         closed, None, len(there), False)
    )  # fmt: skip
    rows[WorkshopDay].append((id_, day, "07:30–11:30"))
    rows[WorkshopTrainer].append((id_, there[0].id))
    for number, one in enumerate(there, 1):
        post = one.posts[0]
        key = f"demo:{id_}:{one.id}"
        at_ = closed - timedelta(minutes=number)
        as_of = (one.name, post.place.id, post.place.area_id, post.audience)
        rows[Registration].append((id_, one.id, number, announced + timedelta(hours=number), None))
        rows[Mark].append((key, id_, day, one.id, True, How.TICK, at_, at_, None))
        rows[Attendance].append((id_, day, one.id, True, How.TICK, at_, key, one.name, sort_key(one.name), post.place.id, post.place.name, post.place.area_id, post.audience))  # fmt: skip
        rows[Attended].append((id_, one.id, course.course_id, day, 1, "hall", *as_of))
