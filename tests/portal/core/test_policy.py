"""Who may do what, where: the rule for one object and the query for many agree, over every grant of a small tree."""

from itertools import product

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.organisation.models import Area, Unit
from portal.core.organisation.queries import place_of, reachable
from portal.core.policy import MAY, Action, Actor, Grant, Place, Role, can, may_somewhere
from tests.factories import World

HERE = Place(areas=frozenset({1, 2}), sector="education", units=frozenset({10, 11}))


@pytest.mark.parametrize(
    ("grant", "covered"),
    [
        (Grant(Role.UNIT_HEAD), True),
        (Grant(Role.UNIT_HEAD, area=1), True),
        (Grant(Role.UNIT_HEAD, area=3), False),
        (Grant(Role.UNIT_HEAD, area=1, sector="education"), True),
        (Grant(Role.UNIT_HEAD, area=1, sector="health"), False),
        (Grant(Role.UNIT_HEAD, unit=11), True),
        (Grant(Role.UNIT_HEAD, unit=12), False),
        (Grant(Role.UNIT_HEAD, area=3, unit=11), False),
    ],
)
def test_a_grant_covers_its_place(grant: Grant, covered: bool) -> None:
    assert grant.covers(HERE) is covered


def test_nobody_may_do_anything_before_signing_in() -> None:
    assert not any(may_somewhere(Actor(), action) for action in Action)


def test_whoever_signed_in_may_learn_and_nothing_else() -> None:
    someone = Actor(id=1)

    assert {action for action in Action if may_somewhere(someone, action)} == {
        Action.OWN_LEARNING,
        Action.OWN_ACCOUNT,
    }


def test_a_grant_adds_its_role_s_actions_and_no_more() -> None:
    head = Actor(id=1, grants=(Grant(Role.UNIT_HEAD, unit=10),))

    assert head.may(Action.PEOPLE_READ)
    assert not head.may(Action.CERTIFICATE_REVOKE)


def test_every_role_has_a_row() -> None:
    assert set(MAY) == set(Role)


def test_the_rule_and_the_query_are_twins(session: Session, world: World) -> None:
    areas = [None, *session.scalars(select(Area.id))]
    units = session.scalars(select(Unit)).all()
    sectors = [None, "education", "health"]
    for area, sector, unit in product(areas, sectors, [None, *[unit.id for unit in units]]):
        grant = Grant(Role.UNIT_HEAD, area, sector, unit)
        by_query = set(session.scalars(select(Unit.id).where(reachable([grant], Action.PEOPLE_READ))))
        by_rule = {one.id for one in units if can([grant], Action.PEOPLE_READ, place_of(session, one))}
        assert by_query == by_rule, grant


def test_a_role_without_the_action_reaches_nothing(session: Session, world: World) -> None:
    grant = Grant(Role.AUTHOR)

    assert session.scalars(select(Unit.id).where(reachable([grant], Action.PEOPLE_READ))).all() == []
