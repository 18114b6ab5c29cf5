"""Several people share a number; none of them can use that to try the others' PINs."""

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.accounts import services
from portal.core.accounts.errors import ChangedTooOften, NumberFull
from portal.core.accounts.models import User
from tests.factories import NOW, TODAY, World

PHONE = "0912345678"


def sign_up(session: Session, world: World, number: int) -> int:
    """Sign up the parent of a number."""
    return services.register_parent(
        session,
        full_name=f"Người Mẫu {number}",
        phone=PHONE,
        pin="402917",
        unit_id=world.community,
        today=TODAY,
        now=NOW,
        registration_key=f"registration-key-{number:04d}",
    )


def test_an_eleventh_person_on_one_number_is_refused(session: Session, world: World) -> None:
    for number in range(10):
        sign_up(session, world, number)

    with pytest.raises(NumberFull):
        sign_up(session, world, 10)

    assert session.scalar(select(func.count()).where(User.phone == PHONE)) == 10


def test_a_pin_changes_five_times_a_day_at_most(session: Session, world: World) -> None:
    user = sign_up(session, world, 0)
    pins = ["402917", "513028", "624139", "735240", "846351", "957462", "168573"]
    for before, after in itertools.pairwise(pins[:6]):
        services.change_secret(session, user, present=before, new=after, now=NOW)
        session.flush()

    with pytest.raises(ChangedTooOften):
        services.change_secret(session, user, present=pins[5], new=pins[6], now=NOW)

    services.change_secret(
        session, user, present=pins[5], new=pins[6], now=NOW + timedelta(days=1, seconds=1)
    )
