"""A paper list becomes people and households: once, with consent, without a word about a child."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Audience, Posting, User
from portal.core.accounts.services import register_parent
from portal.core.audit.models import Entry
from portal.core.consent.models import Consent, ConsentWay
from portal.core.db import unit_of_work
from portal.core.households import errors, queries
from portal.core.households.models import Household, HouseholdMember
from portal.core.households.services import Became, Outcome, Row, next_number, register
from portal.core.organisation import reorganising
from portal.core.organisation.decrees import Decree
from portal.core.organisation.models import Area, Sector, Unit, UnitKind
from portal.core.organisation.reorganise import Event, Kind, Subject, Successor
from portal.core.policy import Action, Actor, Grant, Role
from tests import factories
from tests.conftest import DATABASES
from tests.factories import NOW, TODAY, World, grant, person
from tests.security.support import at_once, portal_of_its_own

WORDS = "Tôi đồng ý …"


def row(number: int, **more: Any) -> Row:
    facts: dict[str, Any] = {
        "key": f"row-key-{number:020d}", "full_name": f"Nguyễn Thị Mẫu{number}", "phone": f"09123456{number:02d}",
        "household": None, "household_key": f"household-key-{number:016d}", "audience": Audience.PARENT,
        "has_child": True, "bands": ("6-10",), "consent": True, "version": "2026-11",
    }  # fmt: skip
    return Row(**(facts | more))


@pytest.fixture
def lan(session: Session, world: World) -> int:
    with unit_of_work() as work:
        one = person(work, "Trịnh Ngọc Lan", world.community, Audience.COLLABORATOR)
        grant(work, one.id, Role.COLLABORATOR, unit_id=world.community)
        return one.id


def sent(world: World, lan: int, one: Row) -> Outcome:
    with unit_of_work() as work:
        unit = work.get_one(Unit, world.community)
        return register(work, one, unit=unit, by_id=lan, today=TODAY, now=NOW, words=WORDS)


def people(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(HouseholdMember)) or 0


def test_a_row_makes_a_person_a_post_a_household_and_a_consent(
    session: Session, world: World, lan: int
) -> None:
    outcome = sent(world, lan, row(1))

    assert (outcome.household, outcome.became, outcome.login) == ("C1-1", Became.MADE, "0912345601")
    user = session.get_one(User, outcome.user_id)
    assert (user.secret_hash, user.phone, user.consent_version) == (None, "0912345601", "2026-11")
    post = session.scalars(select(Posting).where(Posting.user_id == user.id)).one()
    assert (post.unit_id, post.audience, post.valid_from) == (world.community, "parent", TODAY)
    one = session.scalars(select(Consent).where(Consent.user_id == user.id)).one()
    assert (one.given, one.version, one.way, one.by_id) == (True, "2026-11", "paper", lan)
    assert one.wording == "Tôi đồng ý …"
    home = session.scalars(select(Household)).one()
    assert (home.has_child_under_16, home.age_bands, home.number) == (True, ["6-10"], 1)


def test_sending_twice_makes_one_person(session: Session, world: World, lan: int) -> None:
    first, second = sent(world, lan, row(1)), sent(world, lan, row(1))

    assert (second.user_id, second.household, second.became) == (first.user_id, first.household, Became.AGAIN)
    assert people(session) == 1
    assert session.scalar(select(func.count()).select_from(Consent)) == 1


def test_rows_of_one_family_share_a_household_and_a_number(session: Session, world: World, lan: int) -> None:
    his = sent(world, lan, row(1))
    hers = sent(world, lan, row(2, household_key=row(1).household_key, phone="0912345601"))
    carer = sent(world, lan, row(3, household="1", phone="", audience=Audience.CARER))

    assert {his.household, hers.household, carer.household} == {"C1-1"}
    assert (hers.login, carer.login) == ("0912345601", "c1-1-3")
    assert sent(world, lan, row(4)).household == "C1-2"


def test_who_signed_up_herself_is_linked_and_not_made_again(session: Session, world: World, lan: int) -> None:
    with unit_of_work() as work:
        mine = register_parent(
            work, full_name="Nguyễn Thị Mẫu1", phone="0912345601", pin="402917", unit_id=world.community,
            today=TODAY, now=NOW, registration_key="her-own-registration-key",
        )  # fmt: skip

    outcome = sent(world, lan, row(1))

    assert (outcome.user_id, outcome.became) == (mine, Became.LINKED)
    ways = session.scalars(select(Consent.way).where(Consent.user_id == mine).order_by(Consent.id)).all()
    assert ways == [ConsentWay.FORM, ConsentWay.PAPER]
    with pytest.raises(errors.KnownElsewhere):
        sent(world, lan, row(1, key="another-key-of-another-list"))


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"consent": False}, errors.NoConsent),
        ({"version": "2019-01"}, errors.OldConsent),
        ({"full_name": "Hoa"}, errors.NotWholeName),
        ({"full_name": "bé Na"}, errors.ChildsName),
        ({"phone": "12345"}, errors.NotAPhone),
        ({"household": "77"}, errors.NoSuchHousehold),
    ],
)
def test_a_refused_row_leaves_nothing(
    session: Session, world: World, lan: int, more: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        sent(world, lan, row(1, **more))

    assert people(session) == 0
    assert session.scalars(select(User).where(User.registration_key == row(1).key)).all() == []
    assert session.scalars(select(Household)).all() == []


def test_a_grown_up_with_an_odd_name_is_taken_when_said_so(session: Session, world: World, lan: int) -> None:
    assert sent(world, lan, row(1, full_name="Em Thị Nụ", grown_up=True)).became == Became.MADE


def test_bands_are_kept_only_where_there_is_a_child_and_only_known_ones(
    session: Session, world: World, lan: int
) -> None:
    sent(world, lan, row(1, has_child=False, bands=("0-5",)))
    sent(world, lan, row(2, bands=("11-15", "Nguyễn Văn Con", "0-5")))

    assert session.scalars(select(Household.age_bands).order_by(Household.number)).all() == [
        [],
        ["0-5", "11-15"],
    ]


def test_anothers_key_opens_nothing(session: Session, world: World, lan: int) -> None:
    sent(world, lan, row(1))

    with pytest.raises(errors.NoSuchHousehold):
        sent(world, world.bruno, row(1))


def test_the_trail_names_no_name(session: Session, world: World, lan: int) -> None:
    sent(world, lan, row(1))

    entry = session.scalars(select(Entry).where(Entry.code == "household.register")).one()
    assert "Mẫu" not in str(entry.facts) + entry.target


def test_a_consent_is_never_changed(session: Session, world: World, lan: int) -> None:
    sent(world, lan, row(1))
    with pytest.raises(TypeError), unit_of_work() as work:
        work.scalars(select(Consent)).one().version = "another"


def test_lists_search_by_name_and_number_and_stop_at_the_border(
    session: Session, world: World, lan: int
) -> None:
    for number in range(1, 4):
        sent(world, lan, row(number, has_child=number != 2))
    who = Actor(lan, (Grant(Role.COLLABORATOR, unit=world.community),))
    stranger = Actor(world.carla, (Grant(Role.COLLABORATOR, unit=world.school),))

    def keys(actor: Actor = who, **more: Any) -> list[str]:
        lines, count = queries.households(session, actor, Action.HOUSEHOLD_KEEP, **more)
        assert count == len(lines)
        return [line.key for line in lines]

    assert keys() == ["C1-1", "C1-2", "C1-3"]
    assert keys(search="mau2") == ["C1-2"]
    assert keys(search="C1-3") == ["C1-3"]
    assert keys(search="3") == ["C1-3"]
    assert keys(child=False) == ["C1-2"]
    assert keys(stranger) == []
    counted = queries.counts(session, who)
    assert [(one.households, one.with_child, one.bands, one.grown_ups) for one in counted] == [
        (3, 2, (0, 2, 0), 3)
    ]


@pytest.mark.parametrize("kind", DATABASES)
def test_two_phones_at_once_get_two_numbers_and_one_row_sent_twice_one_person(
    kind: str, tmp_path: Path
) -> None:
    with portal_of_its_own(kind, tmp_path) as (app, world):

        def send(number: int) -> Outcome:
            return sent(world, world.gina, row(number))

        ends = at_once(app, *(lambda n=n: send(n) for n in (1, 2, 3, 4, 4, 4)))

        made = [one for one in ends if isinstance(one, Outcome)]
        # of the one row sent three times together a sending may be refused by the database, never all of them
        assert [end for end in ends[:3] if not isinstance(end, Outcome)] == []
        assert sorted({one.household for one in made}) == ["C1-1", "C1-2", "C1-3", "C1-4"]
        with app.app_context():
            again = [send(n) for n in (1, 2, 3, 4)]
            assert len({one.household for one in again}) == 4
            assert len({one.user_id for one in again}) == 4
            with unit_of_work() as work:
                assert work.scalar(select(func.count()).select_from(HouseholdMember)) == 4
                assert work.scalar(select(func.count()).select_from(Household)) == 4


@pytest.mark.parametrize("kind", DATABASES)
def test_a_running_number_is_given_once(kind: str, tmp_path: Path) -> None:
    with portal_of_its_own(kind, tmp_path) as (app, _world):

        def number() -> int:
            with unit_of_work() as work:
                return next_number(work, "C1")

        assert sorted(at_once(app, *[number] * 8)) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_after_a_merge_keys_stay_and_numbers_are_never_given_twice(
    session: Session, world: World, lan: int
) -> None:
    """Communes C1 and C2 become a new C1: families of both keep their keys, and a number alone may mean two of them."""
    sent(world, lan, row(1))
    with unit_of_work() as work:
        c2 = work.scalars(select(Area).where(Area.code == "C2")).one()
        other = factories.unit(
            work, "Q2", UnitKind.COMMUNITY, Sector.COMMUNITY, "Cộng đồng Xã Bốn", c2, roster=False
        )
        register(work, row(2), unit=other, by_id=lan, today=TODAY, now=NOW, words=WORDS)
        merge = Event(
            Kind.MERGE, Subject.AREA, ("C1", "C2"), (Successor("C1", "Xã Hòa Bình"),), along=("community",)
        )
        decree = reorganising.write_down(
            work, Decree("Sáp nhập", "NQ 1", date(2025, 7, 1), [merge]), by_id=None, now=NOW
        )
        reorganising.carry_out(work, decree.id, by_id=None, now=NOW, today=TODAY)
    community = session.scalars(select(Unit).where(Unit.name == "Cộng đồng Xã Hòa Bình")).one()

    def put(one: Row) -> Outcome:
        with unit_of_work() as work:
            unit = work.get_one(Unit, community.id)
            return register(work, one, unit=unit, by_id=lan, today=TODAY, now=NOW, words=WORDS)

    assert put(row(3)).household == "C1-2", "C1-1 was given before the merge"
    with pytest.raises(errors.SeveralHouseholds) as several:
        put(row(4, household="1"))
    assert several.value.values == {"number": "1", "keys": "C1-1, C2-1"}
    joined = put(row(4, household="C2-1", phone=""))
    assert (joined.household, joined.login) == ("C2-1", "c2-1-2")
    assert put(row(5, household="2")).household == "C1-2"
    with pytest.raises(errors.NoSuchHousehold):
        put(row(6, household="C2-2"))
    actor = Actor(lan, frozenset({Grant(Role.COLLABORATOR, unit=community.id)}))
    lines, count = queries.households(session, actor, Action.HOUSEHOLD_KEEP)
    assert ([line.key for line in lines], count) == (["C1-1", "C1-2", "C2-1"], 3)
    assert queries.household_for(session, actor, "C2-1", Action.HOUSEHOLD_KEEP)[0].number == 1
