"""A frozen figure opens into police of then: the reason is asked for by who stands on the list, not by who is left."""

from collections.abc import Callable
from datetime import date

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.core.accounts.models import Audience
from portal.core.organisation.models import Area, Sector, UnitKind
from portal.core.policy import Role
from tests import factories
from tests.factories import World


def test_a_frozen_list_of_police_asks_for_a_reason_after_their_unit_has_ended(
    session: Session, world: World, sign_in: Callable[[int], FlaskClient]
) -> None:
    """The district's police end on 28/2/2025, the day on which CT15 is frozen; its list of investigators goes on."""
    agency = factories.person(session, "Lưu Thị Trực", None)
    factories.grant(session, agency.id, Role.STANDING_AGENCY, area_id=world.province)
    district = session.get_one(Area, world.elsewhere)
    police = factories.unit(
        session, "CAH2", UnitKind.POLICE_POST, Sector.POLICE, "Công an Huyện Hai", district
    )
    factories.person(session, "Trịnh Điều Tra", police.id, Audience.INVESTIGATOR)
    police.valid_to = date(2025, 2, 28)
    session.commit()

    answer = sign_in(agency.id).get(
        "/indicators/CT15/rows?period=2025-H1&bounds=then&of=people&place=area:D2"
    )

    assert answer.status_code == 303
    assert "reason" in answer.location
