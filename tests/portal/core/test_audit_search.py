"""The trail is searched for what was typed, sign for sign."""

import pytest
from sqlalchemy.orm import Session

from portal.core.audit import queries
from portal.core.audit.services import record
from tests.factories import NOW, World


@pytest.mark.parametrize(
    ("search", "targets"),
    [
        ("50%", ["share:50%"]),
        ("%", ["share:50%"]),
        ("a_b", ["share:a_b"]),
        ("\\", ["share:c\\d"]),
        ("share:", ["share:c\\d", "share:a_b", "share:50%", "share:500"]),
    ],
)
def test_the_signs_of_a_pattern_stand_for_themselves(
    session: Session, world: World, search: str, targets: list[str]
) -> None:
    for target in ("share:500", "share:50%", "share:a_b", "share:c\\d"):
        record(session, at=NOW, actor_id=world.ana, code="test.look", target=target)
    session.flush()

    found = queries.entries(session, search=search, page=1)

    assert [one.target for one in found if one.code == "test.look"] == targets
