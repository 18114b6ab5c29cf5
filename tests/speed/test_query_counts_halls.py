"""The pages of classes, practice and group lessons: as many queries for thirty people as for three."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from courses.workshops import attendance
from courses.workshops.matching import Line
from courses.workshops.models import How
from portal.core.accounts.models import Audience
from portal.core.db import unit_of_work
from tests import halls
from tests.factories import NOW, World, person
from tests.security.support import one_of_each_role
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
