"""Nobody is shown a button that answers "not for your role", and whoever may do a thing finds the way to it."""

from sqlalchemy.orm import Session

from portal.core.db import unit_of_work
from tests.factories import World
from tests.security.support import certify, one_of_each_role


def test_who_may_not_export_is_not_offered_to(sign_in, session: Session, world: World) -> None:
    with unit_of_work() as work:
        roles = one_of_each_role(work, world)

    collaborator, head = sign_in(roles["collaborator"]), sign_in(roles["unit_head"])

    for page in ("/manage/", "/manage/people"):
        assert ".xlsx" not in collaborator.get(page).text
        assert ".xlsx" in head.get(page).text


def test_a_period_stays_when_a_list_is_searched(sign_in, world: World) -> None:
    page = sign_in(world.bruno).get("/manage/people?place=unit:A&since=2026-06-15&until=2026-11-20").text

    assert '<input type="hidden" name="since" value="2026-06-15">' in page
    assert '<input type="hidden" name="until" value="2026-11-20">' in page


def test_who_may_revoke_a_certificate_finds_how(client, sign_in, session: Session, world: World) -> None:
    with unit_of_work() as work:
        roles = one_of_each_role(work, world)
        serial = certify(work, world.ana).serial
    address, link = f"/verify/{serial}", f"/manage/certificates/{serial}/revoke"

    assert link not in client.get(address).text
    assert link not in sign_in(world.ana).get(address).text
    assert link not in sign_in(roles["unit_head"]).get(address).text
    assert link in sign_in(roles["department_head"]).get(address).text
