"""The pages of classes, practice and group lessons: as many queries for thirty people as for three."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import count

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from courses.models import Enrolment
from courses.practice import services as practices
from courses.workshops import attendance
from courses.workshops.matching import Line
from courses.workshops.models import How, WorkshopFile
from portal.core.accounts.models import Audience, User
from portal.core.db import unit_of_work
from portal.core.files import services as files
from portal.core.files.models import FileKind
from tests import halls
from tests.factories import NOW, TODAY, World, person
from tests.security.support import one_of_each_role
from tests.speed.growth import PDF, does_not_grow, table
from tests.speed.test_query_counts import queries

SignIn = Callable[[int], FlaskClient]


def a_full_hall(world: World, many: int) -> int:
    with unit_of_work() as work:
        hall = halls.hall(work, world, capacity=40)
        for number in range(many):
            user_id = person(work, f"Người {number}", world.school).id
            attendance.register(work, hall, user_id, by_id=None, now=NOW)
            mark = halls.tick(f"speed-{hall.id}-{number}", user_id)
            attendance.tick(work, hall, [mark], how=How.TICK, by_id=None, now=NOW)
        return hall.id


@pytest.mark.parametrize(
    ("page", "most"),
    [("", 22), ("roll", 18), ("screen", 18), ("close", 14), ("attendance.csv", 20)],
)
def test_a_class_does_not_grow_with_its_people(world: World, sign_in: SignIn, page: str, most: int) -> None:
    bruno = sign_in(world.bruno)
    few, many = a_full_hall(world, 3), a_full_hall(world, 30)

    counts = [queries(bruno, f"/manage/workshops/{one}/{page}") for one in (few, many)]

    assert counts[0] == counts[1] <= most, counts


def test_lists_do_not_grow(world: World, sign_in: SignIn) -> None:
    bruno, ana = sign_in(world.bruno), sign_in(world.ana)
    # a list of practices asks three questions more: is a police officer on it, and who looked at whom
    pages = ((bruno, "/manage/workshops/", 12), (ana, "/workshops/", 14), (bruno, "/manage/practice/", 17))

    def fill(many: int) -> list[int]:
        with unit_of_work() as work:
            for number in range(many):
                halls.hall(work, world)
                enrolment = halls.practising(
                    work, person(work, f"Học Viên {number}", world.school).id, read=False
                )
                if number % 2:
                    halls.practice(work, enrolment, [world.bruno])
        return [queries(client, path) for client, path, _most in pages]

    few = fill(3)
    many = fill(20)

    assert few == many
    assert all(count <= most for count, (_c, _p, most) in zip(many, pages, strict=True)), many


def test_a_paper_list_does_not_grow(world: World, sign_in: SignIn) -> None:
    bruno = sign_in(world.bruno)
    with unit_of_work() as work:
        ids = []
        for many in (3, 30):
            names = [f"Trần Văn {'ABCDEFGHIJ'[number % 10]}{number}" for number in range(many)]
            for name in names:
                person(work, name, world.school)
            lines = [Line(name, "Trường Tiểu học Ánh Sao") for name in names]
            ids.append(halls.paper_class(work, world, lines).id)

    counts = [queries(bruno, f"/manage/workshops/paper/{one}/") for one in ids]

    assert counts[0] == counts[1] <= 20, (
        counts
    )  # three of them: whether a police officer is among them, and who looked


def test_playing_and_looking_back_do_not_grow(world: World, sign_in: SignIn) -> None:
    with unit_of_work() as work:
        lan_id = one_of_each_role(work, world)["collaborator"]
        ids = [person(work, f"Phụ huynh {n}", world.community, Audience.PARENT).id for n in range(3)]
        few = halls.evening(work, world, lan_id, ids, key="few-of-the-speed").id
    lan = sign_in(lan_id)
    play = f"/manage/group-lessons/play/{world.community}/CM-01/ba-do-tuoi/"
    before = queries(lan, play), queries(lan, f"/manage/group-lessons/{few}/")
    with unit_of_work() as work:
        ids += [person(work, f"Phụ huynh {n}", world.community, Audience.PARENT).id for n in range(3, 30)]
        many = halls.evening(work, world, lan_id, ids, key="many-of-the-speed").id

    assert (queries(lan, play), queries(lan, f"/manage/group-lessons/{many}/")) == before
    assert max(before) <= 18


PAGES = table("""
bruno 3 /manage/workshops/
bruno 4 /manage/workshops.csv
bruno 4 /manage/workshops.xlsx
bruno 3 /manage/workshops/training
bruno 8 /manage/workshops/new
bruno 8 /manage/workshops/paper/new
bruno 22 /manage/workshops/{hall}/
bruno 18 /manage/workshops/{hall}/edit
bruno 17 /manage/workshops/{hall}/roll
bruno 13 /manage/workshops/{hall}/screen
bruno 10 /manage/workshops/{hall}/close
bruno 14 /manage/workshops/{hall}/correct/{learner}/2026-11-24
bruno 20 /manage/workshops/{hall}/sheet.pdf
bruno 17 /manage/workshops/{hall}/attendance.csv
bruno 17 /manage/workshops/{hall}/attendance.xlsx
bruno 9 /manage/workshops/{hall}/file
bruno 11 /manage/workshops/{hall}/evidence
bruno 4 /manage/workshops/{hall}/evidence/{scan}
bruno 20 /manage/workshops/paper/{paper}/
bruno 8 /manage/workshops/paper/{paper}/lines.csv
bruno 8 /manage/workshops/paper/{paper}/lines.xlsx
bruno 17 /manage/practice/
bruno 8 /manage/practice.csv
bruno 8 /manage/practice.xlsx
bruno 10 /manage/practice/{practice}/
bruno 3 /manage/practice/arrange/{enrolment}
ana 9 /workshops/
ana 20 /workshops/{hall}/
ana 7 /workshops/{hall}/check-in
lan 6 /manage/group-lessons/
lan 4 /manage/group-lessons.csv
lan 4 /manage/group-lessons.xlsx
lan 9 /manage/group-lessons/{evening}/
lan 10 /manage/group-lessons/play/{community}/CM-01/ba-do-tuoi/
""")


def test_every_page_of_classes_practice_and_evenings(world: World, sign_in: SignIn) -> None:
    with unit_of_work() as work:
        lan_id = one_of_each_role(work, world)["collaborator"]
        first = person(work, "Người Đầu", world.school).id
        kept: dict[str, int] = {"community": world.community}
        kept["enrolment"] = halls.practising(work, first).id
        number = count(1)

    def fill(many: int) -> Mapping[str, object]:
        """Add so many classes, practices and evenings, and one class with so many people, days, scans and trainers."""
        with unit_of_work() as work:
            names, parents, trainers = [], [], []
            for _ in range(many):
                here = next(number)
                names.append(f"Trần Văn {here}")
                one = person(work, f"Trần Văn {here}", world.school)
                trainers.append(person(work, f"Giảng Viên {here}", world.school).id)
                parents.append(person(work, f"Phụ huynh {here}", world.community, Audience.PARENT).id)
                halls.hall(work, world, trainer_ids=(world.bruno,))
                practice = halls.practice(work, halls.practising(work, one.id, read=False), [world.bruno])
                kept.setdefault("practice", practice.id)
                again = halls.practice(work, work.get_one(Enrolment, kept["enrolment"]), [world.bruno])
                practices.withdraw(work, again, reason="Người học ốm, xin hoãn", by_id=world.bruno, now=NOW)
                halls.evening(work, world, lan_id, [parents[-1]], key=f"evening-{here}")
            days = tuple((TODAY - timedelta(days=one), "07:30") for one in range(min(many, 5)))
            hall = halls.hall(work, world, capacity=40, days=days[::-1], trainer_ids=tuple(trainers[:10]))
            for learner in [world.ana, *work.scalars(select(User.id).where(User.full_name.in_(names)))]:
                attendance.register(work, hall, learner, by_id=None, now=NOW)
                mark = halls.tick(f"speed-{hall.id}-{learner}", learner)
                attendance.tick(work, hall, [mark], how=How.TICK, by_id=None, now=NOW)
            for _ in range(many):
                scan = files.keep_bytes(
                    work, PDF, "giay.pdf", kind=FileKind.PDF, purpose="workshop.evidence", by_id=None, now=NOW
                )
                work.add(WorkshopFile(workshop_id=hall.id, file_id=scan.id))
            lines = [Line(name, "Trường Tiểu học Ánh Sao") for name in names]
            paper = halls.paper_class(work, world, lines).id
            evening = halls.evening(work, world, lan_id, parents, key=f"long-{hall.id}").id
            return {
                **kept, "hall": hall.id, "learner": learner, "scan": scan.id, "paper": paper, "evening": evening,
            }  # fmt: skip

    browsers = {"bruno": sign_in(world.bruno), "ana": sign_in(world.ana), "lan": sign_in(lan_id)}
    does_not_grow(PAGES, browsers, fill)
