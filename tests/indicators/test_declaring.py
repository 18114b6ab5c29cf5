"""Declared values on their pages: entering, evidence, approval up the line, who has not, facts about people."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.accounts.models import Audience, Posting, User
from portal.core.audit.models import Entry
from portal.core.files.models import StoredFile
from portal.core.households.models import Household
from portal.core.notices.models import Notice
from portal.core.organisation.models import Area, Sector, UnitKind
from portal.core.policy import Role
from portal.core.rights.models import ListViewPerson
from portal.indicators import compute, queries, rules
from portal.indicators.catalogue import plans
from portal.indicators.compute import Asked, Facts
from portal.indicators.models import Declaration, DeclarationState, PersonFact
from portal.indicators.periods import Period
from portal.indicators.places import Where
from tests import factories
from tests.factories import TODAY, World
from tests.indicators.test_opening import declare

SignIn = Callable[[int], FlaskClient]
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
BASE = "/indicators/declarations"
PLAN = plans()["plan-39"]


@pytest.fixture
def sign_in(sign_in: SignIn, session: Session) -> SignIn:
    """Return the fixture of the same name; what the test has written so far is kept first."""

    def signed(user_id: int) -> FlaskClient:
        session.commit()
        return sign_in(user_id)

    return signed


@pytest.fixture
def agency(session: Session, world: World) -> int:
    """Somebody of the standing agency."""
    one = factories.person(session, "Lưu Thị Trực", None)
    factories.grant(session, one.id, Role.STANDING_AGENCY, area_id=world.province)
    return one.id


@pytest.fixture
def committee(session: Session, world: World) -> int:
    """The committee of commune C1, with a head of its own."""
    one = factories.unit(
        session, "UB-C1", UnitKind.COMMITTEE, Sector.GOVERNMENT, "UBND Xã Ba", session.get_one(Area, world.commune)
    )  # fmt: skip
    head = factories.person(session, "Lý Văn Xã", one.id, Audience.COMMUNE_OFFICER, username="xa")
    factories.grant(session, head.id, Role.UNIT_HEAD, unit_id=one.id)
    return one.id


def head_of(session: Session) -> int:
    return session.scalars(select(User.id).where(User.username == "xa")).one()


def paper(name: str = "bang-chung.pdf", content: bytes = PDF) -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def post(client: FlaskClient, address: str, **data: Any) -> Any:
    return client.post(BASE + address, data=data, content_type="multipart/form-data")


def only(session: Session) -> Declaration:
    session.expire_all()
    return session.scalars(select(Declaration)).one()


LEARNERS = {"said_on": "2026-11-20", "number": "1.250"}


def test_a_head_finds_every_item_of_her_unit_and_what_is_lacking(world: World, sign_in: SignIn) -> None:
    """School A declares six items of the plan; none is declared yet."""
    bruno = sign_in(world.bruno)

    assert bruno.get(f"{BASE}/").location == f"{BASE}/units/A/"
    page = bruno.get(f"{BASE}/units/A/?lang=en").text

    assert page.count('class="indicator"') == 6
    assert page.count("nothing declared") == 6
    assert "Learners reached by awareness" in page
    assert "Directive of" not in page


def test_a_count_goes_up_and_counts_once_approved(world: World, session: Session, sign_in: SignIn) -> None:
    answer = post(sign_in(world.bruno), "/units/A/learner_awareness", **LEARNERS, evidence=paper())

    assert (answer.status_code, answer.location) == (303, f"{BASE}/units/A/?period=2026")
    row = only(session)
    assert (row.value, row.state, row.said_on) == ({"count": 1250}, "submitted", date(2026, 11, 20))
    assert row.entered_by_id == world.bruno
    assert "declared, waiting for approval" in sign_in(world.bruno).get(f"{BASE}/units/A/?lang=en").text
    assert state_of(session, world.school, "learner_awareness") == "waiting"

    answer = post(sign_in(world.dora), "/waiting", id=str(row.id))

    assert answer.status_code == 303
    row = only(session)
    assert (row.state, row.decided_by_id) == ("approved", world.dora)
    assert state_of(session, world.school, "learner_awareness") == ""
    assert "declared and approved" in sign_in(world.bruno).get(f"{BASE}/units/A/?lang=en").text
    codes = session.scalars(select(Entry.code).where(Entry.target == "unit:A")).all()
    assert {"declaration.enter", "declaration.approve"} <= set(codes)
    told = session.execute(select(Notice.user_id, Notice.code)).all()
    assert [tuple(one) for one in told] == [(world.bruno, "declaration.approved")]


def state_of(session: Session, unit_id: int, item: str, period: str = "2026") -> str:
    """Return how a value stands as the engine reads it: "" where it counts."""
    session.expire_all()
    units, _areas = queries.tree(session, TODAY, now=False)
    said = queries.said(session, PLAN, TODAY, units).get((item, unit_id))
    if said is None:
        return "not_declared"
    return "" if rules.counts_now(PLAN, said, Period.parse(period), TODAY) else "waiting"


@pytest.mark.parametrize(
    ("item", "data", "kept"),
    [
        ("intervention_statement", {"yes": "yes"}, {"yes": True}),
        ("intervention_statement", {"yes": "no"}, {"yes": False}),
        ("publication", {"ticks": ["hotline_111", "channels"]}, {"ticks": ["hotline_111", "channels"]}),
        (
            "coordination_facility",
            {"document": "05/QC-PH", "document_on": "2026-03-02", "partner": "Công an Xã Ba"},
            {"number": "05/QC-PH", "on": "2026-03-02", "partner": "Công an Xã Ba"},
        ),
        ("children_by_grade", {"whole_grade_1": "412"}, {"grades": {"grade_1": 412}}),
    ],
)
def test_each_kind_of_item_has_its_form(
    world: World,
    session: Session,
    sign_in: SignIn,
    item: str,
    data: dict[str, Any],
    kept: dict[str, Any],
) -> None:
    bruno = sign_in(world.bruno)
    assert bruno.get(f"{BASE}/units/A/{item}").status_code == 200

    answer = post(bruno, f"/units/A/{item}", said_on="2026-11-01", evidence=paper(), **data)

    assert answer.status_code == 303
    assert only(session).value == kept


def test_words_are_kept_and_named_children_are_asked_about(
    committee: int, session: Session, sign_in: SignIn
) -> None:
    head = sign_in(head_of(session))
    text = "Đã kết nối dịch vụ cho bé Na ở thôn Đông, gia đình ổn định."

    answer = post(head, "/units/UB-C1/services_note", said_on="2026-11-01", words=text)

    assert answer.status_code == 422
    assert "bé Na" in answer.text
    assert text in answer.text
    assert session.scalars(select(Declaration)).all() == []
    assert 'name="sure"' in answer.text

    answer = post(head, "/units/UB-C1/services_note", said_on="2026-11-01", words=text, sure="y")

    assert answer.status_code == 303
    assert only(session).value == {"words": text}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"number": "18,5"}, "Write a whole number without a sign"),
        ({"number": "-4"}, "Write a whole number without a sign"),
        ({"number": "99999999"}, "Write a whole number without a sign"),
        ({"number": ""}, "This field is required"),
        ({"said_on": ""}, "This field is required"),
        ({"said_on": "2026-11-25"}, "This day is still to come."),
        ({"said_on": "2019-01-01"}, "This day is before the plan was signed."),
        ({"said_on": "0001-01-01"}, "The year of this date cannot be right."),
        ({"evidence": (b"<html>x</html>", "anh.pdf")}, "is not what is needed here"),
        ({"evidence": (b"%PDF-1.4 cut off", "anh.pdf")}, "is damaged or incomplete"),
        ({"evidence": (b"", "")}, "Attach the evidence"),
    ],
)
def test_bad_input_says_what_is_wrong_and_loses_nothing(
    world: World, session: Session, sign_in: SignIn, data: dict[str, Any], message: str
) -> None:
    if "evidence" in data:  # a stream is read once, and this test runs on two databases
        content, name = data["evidence"]
        data = {"evidence": (io.BytesIO(content), name)}
    given = {**LEARNERS, "note": "Số liệu của sổ theo dõi", "evidence": paper(), **data}

    answer = sign_in(world.bruno).post(
        f"{BASE}/units/A/learner_awareness?lang=en", data=given, content_type="multipart/form-data"
    )

    assert answer.status_code == 422
    assert message in answer.text
    assert "Số liệu của sổ theo dõi" in answer.text
    assert session.scalars(select(Declaration)).all() == []


def test_a_file_that_came_with_a_fault_beside_it_need_not_be_sent_again(
    world: World, session: Session, sign_in: SignIn
) -> None:
    bruno = sign_in(world.bruno)
    answer = post(bruno, "/units/A/learner_awareness", said_on="2026-11-20", number="x", evidence=paper())
    kept = session.scalars(select(StoredFile).where(StoredFile.name == "bang-chung.pdf")).one()
    assert answer.status_code == 422
    assert f'value="{kept.id}"' in answer.text

    answer = post(bruno, "/units/A/learner_awareness", **LEARNERS, kept=str(kept.id))

    assert answer.status_code == 303
    assert only(session).file_id == kept.id


def test_nobody_declares_with_a_file_of_somebody_else(
    world: World, session: Session, sign_in: SignIn
) -> None:
    post(
        sign_in(world.bruno), "/units/A/learner_awareness", said_on="2026-11-20", number="x", evidence=paper()
    )
    kept = session.scalars(select(StoredFile.id).where(StoredFile.name == "bang-chung.pdf")).one()

    answer = post(sign_in(world.dora), "/units/B/learner_awareness", **LEARNERS, kept=str(kept))

    assert answer.status_code == 422
    assert session.scalars(select(Declaration)).all() == []


def households(session: Session, world: World, many: int) -> None:
    for number in range(1, many + 1):
        session.add(
            Household(
                area_id=world.commune, commune_code="C1", number=number, unit_id=world.community,
                has_child_under_16=True, age_bands=[], created_at=factories.NOW,
            )
        )  # fmt: skip
    session.flush()


def test_a_number_far_from_the_computed_one_needs_a_note(
    world: World, committee: int, session: Session, sign_in: SignIn
) -> None:
    """10 households are written down: 11 is within a tenth of them, 12 is not."""
    households(session, world, 10)
    head = sign_in(head_of(session))
    form = head.get(f"{BASE}/units/UB-C1/households_with_child?lang=en").text
    assert "The portal counts: 10" in form

    far = post(head, "/units/UB-C1/households_with_child?lang=en", said_on="2026-11-24", number="12")
    assert far.status_code == 422
    assert "The portal has 10, you declare 12: more than 10% apart." in far.text

    told = post(
        head, "/units/UB-C1/households_with_child", said_on="2026-11-24", number="12",
        note="Theo sổ hộ khẩu của công an xã",
    )  # fmt: skip
    near = post(head, "/units/UB-C1/households_with_child", said_on="2026-11-23", number="11")

    assert (told.status_code, near.status_code) == (303, 303)


def test_a_number_without_a_computed_one_needs_none(
    committee: int, session: Session, sign_in: SignIn
) -> None:
    answer = post(
        sign_in(head_of(session)), "/units/UB-C1/households_with_child", said_on="2026-11-24", number="900"
    )

    assert answer.status_code == 303


def test_declaring_anew_for_the_same_day_takes_the_place_of_what_waits(
    world: World, session: Session, sign_in: SignIn
) -> None:
    bruno = sign_in(world.bruno)
    for number in ("400", "410"):
        post(bruno, "/units/A/children_by_grade", said_on="2026-11-20", whole_grade_1=number)

    rows = session.scalars(select(Declaration).order_by(Declaration.id)).all()
    assert [(one.value["grades"], one.state) for one in rows] == [
        ({"grade_1": 400}, "returned"), ({"grade_1": 410}, "submitted"),
    ]  # fmt: skip
    page = sign_in(world.dora).get(f"{BASE}/waiting?lang=en").text
    assert "410" in page
    assert ">400<" not in page


def test_another_units_head_finds_nothing(world: World, session: Session, sign_in: SignIn) -> None:
    declare(
        session, "learner_awareness", world.school, {"count": 5}, date(2026, 3, 1), DeclarationState.SUBMITTED
    )
    row = only(session).id
    other = factories.person(session, "Tô Văn Khác", world.other_school, Audience.MANAGER)
    factories.grant(session, other.id, Role.UNIT_HEAD, unit_id=world.other_school)
    client = sign_in(other.id)

    for address in (
        "/units/A/",
        "/units/A/children_by_grade",
        f"/{row}/",
        f"/{row}/evidence",
        "/units/NONE/",
    ):
        assert client.get(BASE + address).status_code == 404, address
    answer = post(client, "/units/A/children_by_grade", said_on="2026-11-20", whole_grade_1="1")
    assert answer.status_code == 404
    assert post(client, "/waiting", id=str(row)).status_code == 403
    assert client.get(f"{BASE}/{2**70}/").status_code == 404
    assert only(session).state == "submitted"


def test_a_head_of_another_sector_or_district_decides_nothing(
    world: World, session: Session, sign_in: SignIn
) -> None:
    declare(
        session, "readiness", world.clinic, {"ticks": ["kit"]}, date(2026, 3, 1), DeclarationState.SUBMITTED
    )
    row = only(session).id

    assert post(sign_in(world.dora), "/waiting", id=str(row)).status_code == 404
    assert sign_in(world.dora).get(f"{BASE}/{row}/").status_code == 404
    assert only(session).state == "submitted"


def test_an_item_that_the_unit_is_not_asked_for_is_not_there(world: World, sign_in: SignIn) -> None:
    bruno = sign_in(world.bruno)

    assert bruno.get(f"{BASE}/units/A/readiness").status_code == 404
    assert bruno.get(f"{BASE}/units/A/nothing").status_code == 404
    assert post(bruno, "/units/A/readiness", said_on="2026-11-20", ticks="kit").status_code == 404


def test_who_declared_does_not_approve(world: World, session: Session, sign_in: SignIn, agency: int) -> None:
    dora = sign_in(world.dora)
    post(dora, "/units/A/children_by_grade", said_on="2026-11-20", whole_grade_1="400")
    row = only(session).id

    answer = dora.post(f"{BASE}/waiting?lang=en", data={"id": str(row)}, follow_redirects=True)

    assert "Who declared a value does not decide on it" in answer.text
    assert only(session).state == "submitted"
    assert "You entered it yourself" in dora.get(f"{BASE}/{row}/?lang=en").text
    post(sign_in(agency), "/waiting", id=str(row))
    assert only(session).state == "approved"


def department(session: Session, world: World) -> tuple[int, int]:
    """Add the department, where Dora works; return its id and that of a colleague who declares for it."""
    one = factories.unit(
        session, "SO", UnitKind.DEPARTMENT, Sector.EDUCATION, "Sở Giáo dục", session.get_one(Area, world.province)
    )  # fmt: skip
    session.add(
        Posting(user_id=world.dora, unit_id=one.id, audience=Audience.MANAGER, valid_from=date(2024, 1, 1))
    )
    colleague = factories.person(session, "Kiều Văn Phòng", one.id, Audience.MANAGER)
    factories.grant(session, colleague.id, Role.UNIT_HEAD, unit_id=one.id)
    return one.id, colleague.id


def test_a_value_of_ones_own_unit_is_approved_above_it(
    world: World, session: Session, sign_in: SignIn, agency: int
) -> None:
    unit_id, _colleague = department(session, world)
    declare(
        session, "directive", unit_id, {"number": "1/CT", "on": "2026-02-01"}, date(2026, 3, 1),
        DeclarationState.SUBMITTED,
    )  # fmt: skip
    row = only(session).id

    post(sign_in(world.dora), "/waiting", id=str(row))
    assert only(session).state == "submitted"
    post(sign_in(agency), "/waiting", id=str(row))
    assert only(session).state == "approved"


def test_where_nobody_is_above_a_colleague_approves(world: World, session: Session, sign_in: SignIn) -> None:
    unit_id, _colleague = department(session, world)
    declare(
        session, "directive", unit_id, {"number": "1/CT", "on": "2026-02-01"}, date(2026, 3, 1),
        DeclarationState.SUBMITTED,
    )  # fmt: skip

    post(sign_in(world.dora), "/waiting", id=str(only(session).id))

    assert only(session).state == "approved"


def test_many_are_approved_at_once_and_what_may_not_be_is_named(
    world: World, session: Session, sign_in: SignIn
) -> None:
    dora = sign_in(world.dora)
    post(dora, "/units/A/children_by_grade", said_on="2026-11-20", whole_grade_1="400")
    for school in (world.school, world.other_school):
        declare(
            session, "learner_awareness", school, {"count": 9}, date(2026, 3, 1), DeclarationState.SUBMITTED
        )
    ids = [str(one) for one in session.scalars(select(Declaration.id))]

    answer = sign_in(world.dora).post(f"{BASE}/waiting?lang=en", data={"id": ids}, follow_redirects=True)

    assert "2 values approved." in answer.text
    assert "Who declared a value does not decide on it" in answer.text
    session.expire_all()
    states = dict(session.execute(select(Declaration.id, Declaration.state)).all())
    assert sorted(states.values()) == ["approved", "approved", "submitted"]


def test_nothing_ticked_is_said(world: World, sign_in: SignIn) -> None:
    answer = sign_in(world.dora).post(f"{BASE}/waiting?lang=en", follow_redirects=True)

    assert "Tick at least one line first." in answer.text


def test_a_return_says_why_to_the_unit_and_the_value_does_not_count(
    world: World, session: Session, sign_in: SignIn
) -> None:
    post(sign_in(world.bruno), "/units/A/learner_awareness", **LEARNERS, evidence=paper())
    row = only(session).id
    dora = sign_in(world.dora)

    short = post(dora, f"/{row}/return", reason="Sai")
    assert short.status_code == 422
    assert only(session).state == "submitted"
    answer = post(dora, f"/{row}/return", reason="Bằng chứng là của năm học trước, xin gửi lại.")

    assert answer.status_code == 303
    assert (only(session).state, only(session).decided_by_id) == ("returned", world.dora)
    page = sign_in(world.bruno).get(f"{BASE}/units/A/?lang=en").text
    assert "returned: declare again" in page
    assert "Bằng chứng là của năm học trước" in page
    notice = session.scalars(select(Notice)).one()
    assert (notice.user_id, notice.code) == (world.bruno, "declaration.returned")
    assert state_of(session, world.school, "learner_awareness") == "not_declared"


def test_a_decided_value_is_not_decided_again(world: World, session: Session, sign_in: SignIn) -> None:
    declare(session, "learner_awareness", world.school, {"count": 9}, date(2026, 3, 1))
    row = only(session).id

    answer = sign_in(world.dora).post(
        f"{BASE}/{row}/return?lang=en", data={"reason": "Một lý do đủ dài"}, follow_redirects=True
    )

    assert "was approved or returned in the meantime" in answer.text
    assert only(session).state == "approved"


def test_the_evidence_is_handed_out_to_those_above_and_recorded(
    world: World, session: Session, sign_in: SignIn
) -> None:
    post(sign_in(world.bruno), "/units/A/learner_awareness", **LEARNERS, evidence=paper())
    row = only(session).id

    sent = sign_in(world.dora).get(f"{BASE}/{row}/evidence")

    assert (sent.status_code, sent.data) == (200, PDF)
    assert sent.headers["Content-Disposition"].startswith("attachment")
    sent.close()
    entry = session.scalars(select(Entry).where(Entry.code == "declaration.evidence")).one()
    assert (entry.actor_id, entry.target) == (world.dora, "unit:A")


ALL_GRADES = {
    "said_on": "2026-11-20",
    **{"whole_grade_1": "40", "part_grade_1": "35", "whole_grade_2": "1.041", "part_grade_2": "0"},
}


def test_a_school_declares_both_numbers_of_every_grade_at_once(
    world: World, session: Session, sign_in: SignIn
) -> None:
    """40 and 1041 enrolled, 35 and 0 taught: 35 of 1081. Either of the two items leads to the same form."""
    bruno = sign_in(world.bruno)
    form = bruno.get(f"{BASE}/units/A/taught_by_grade?lang=en").text
    assert form.count('class="grades__number"') == 2 * 13
    assert "Grade 11 (under 16 only)" in form
    assert "pupils of 16 and over do not count" in form
    assert 'aria-labelledby="grade-grade_1 column-whole"' in form

    answer = bruno.post(
        f"{BASE}/units/A/children_by_grade?lang=en", data={**ALL_GRADES, "evidence": paper()},
        content_type="multipart/form-data", follow_redirects=True,
    )  # fmt: skip

    assert "In all 35 taught of 1,081." in answer.text
    assert "1,081 (Grade 1: 40; Grade 2: 1,041)" in answer.text
    session.expire_all()
    rows = session.scalars(select(Declaration).order_by(Declaration.id)).all()
    assert [(one.item, one.value, one.state) for one in rows] == [
        ("children_by_grade", {"grades": {"grade_1": 40, "grade_2": 1041}}, "submitted"),
        ("taught_by_grade", {"grades": {"grade_1": 35, "grade_2": 0}}, "submitted"),
    ]
    shown = sign_in(world.dora).get(f"{BASE}/{rows[1].id}/?lang=en").text
    cells = re.findall(r'<t[hd] [^>]*data-label="[^"]*">([^<]*)</t[hd]>', shown)
    assert cells == ["Grade 1", "40", "35", "Grade 2", "1,041", "0"]
    waiting = sign_in(world.dora).get(f"{BASE}/waiting?lang=en").text
    assert "Grade 1: 35; Grade 2: 0" in waiting


def test_numbers_that_were_returned_stand_in_the_form_to_be_mended(
    world: World, session: Session, sign_in: SignIn
) -> None:
    bruno = sign_in(world.bruno)
    post(bruno, "/units/A/children_by_grade", **ALL_GRADES, evidence=paper())
    row = session.scalars(select(Declaration.id).where(Declaration.item == "taught_by_grade")).one()
    post(sign_in(world.dora), f"/{row}/return", reason="Lớp 2 chưa có em nào được hướng dẫn, xin xem lại.")

    form = bruno.get(f"{BASE}/units/A/taught_by_grade?lang=en").text

    shown = dict(re.findall(r'<input [^>]*name="((?:whole|part)_\w+)"[^>]*value="(\d+)"', form))
    assert shown == {
        "whole_grade_1": "40",
        "part_grade_1": "35",
        "whole_grade_2": "1041",
        "part_grade_2": "0",
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"part_grade_1": "41"}, "Grade 1: 41 were taught, and there are only 40."),
        ({"part_grade_2": ""}, "Grade 2: write how many were taught; 0 where nobody was yet."),
        ({"whole_grade_2": ""}, "Grade 2: write how many there are in all."),
        ({"whole_grade_1": "bốn mươi"}, "Grade 1: Write a whole number without a sign"),
        ({"evidence": (b"", "")}, "Attach the evidence"),
        ({"said_on": "2025-08-31"}, "The plan does not ask this of the unit."),
    ],
)
def test_a_fault_in_a_grade_names_it_and_loses_nothing(
    world: World, session: Session, sign_in: SignIn, data: dict[str, Any], message: str
) -> None:
    if "evidence" in data:
        content, name = data["evidence"]
        data = {"evidence": (io.BytesIO(content), name)}
    given = {**ALL_GRADES, "whole_grade_9": "77", "part_grade_9": "70", "evidence": paper(), **data}

    answer = sign_in(world.bruno).post(
        f"{BASE}/units/A/children_by_grade?lang=en", data=given, content_type="multipart/form-data"
    )

    assert answer.status_code == 422
    assert message in answer.text
    for name, number in given.items():
        if name.startswith(("whole_", "part_")):
            box = re.search(rf'<input [^>]*name="{name}"[^>]*>', answer.text)
            assert box is not None
            assert f'value="{number}"' in box[0], name
    assert session.scalars(select(Declaration)).all() == []


def test_a_school_that_does_not_know_yet_how_many_were_taught_declares_who_is_enrolled(
    world: World, session: Session, sign_in: SignIn
) -> None:
    answer = post(
        sign_in(world.bruno), "/units/A/children_by_grade", said_on="2026-11-20", whole_grade_3="30",
        part_grade_3="",
    )  # fmt: skip

    assert answer.status_code == 303
    assert (only(session).item, only(session).value) == ("children_by_grade", {"grades": {"grade_3": 30}})


def test_nothing_at_all_is_no_declaration(world: World, session: Session, sign_in: SignIn) -> None:
    answer = post(sign_in(world.bruno), "/units/A/children_by_grade?lang=en", said_on="2026-11-20")

    assert answer.status_code == 422
    assert "Write at least one number." in answer.text


def test_a_commune_committee_gives_one_number_of_children_out_of_school(
    committee: int, session: Session, sign_in: SignIn
) -> None:
    head = sign_in(head_of(session))
    form = head.get(f"{BASE}/units/UB-C1/children_by_grade?lang=en").text
    assert "grades__number" not in form
    assert "Children from 5 to under 16 who are out of school" in form

    bad = post(
        head, "/units/UB-C1/children_by_grade?lang=en", said_on="2026-11-20", whole="5", part="6",
        evidence=paper(),
    )  # fmt: skip
    empty = post(head, "/units/UB-C1/children_by_grade?lang=en", said_on="2026-11-20", part="6")
    good = post(
        head, "/units/UB-C1/children_by_grade", said_on="2026-11-20", whole="5", part="2", evidence=paper()
    )

    assert "6 were taught, and there are only 5." in bad.text
    assert (bad.status_code, empty.status_code, good.status_code) == (422, 422, 303)
    rows = session.scalars(select(Declaration).order_by(Declaration.id)).all()
    assert [(one.item, one.value) for one in rows] == [
        ("children_by_grade", {"count": 5}), ("taught_by_grade", {"count": 2}),
    ]  # fmt: skip


def test_what_was_declared_as_one_number_stands_until_something_newer(
    world: World, session: Session, sign_in: SignIn
) -> None:
    declare(session, "children_5_15", world.school, {"count": 412}, date(2025, 8, 20))
    bruno = sign_in(world.bruno)

    page = bruno.get(f"{BASE}/units/A/?lang=en").text
    before = bruno.get(f"{BASE}/units/A/?lang=en&period=2025-H1").text

    assert "412</strong> (not split by grade)" in page
    assert "Children from 5 to under 16, by grade" in page
    assert state_of(session, world.school, "children_by_grade") == ""
    assert "Children from 5 to under 16 (schools: enrolled" in before
    assert "by grade" not in before

    declare(
        session,
        "children_by_grade",
        world.school,
        {"grades": {"grade_1": 40, "grade_2": 2}},
        date(2026, 9, 9),
    )
    session.commit()
    assert "42</strong> (Grade 1: 40; Grade 2: 2)" in bruno.get(f"{BASE}/units/A/?lang=en").text


def test_the_list_as_a_file_carries_the_grades(world: World, session: Session, sign_in: SignIn) -> None:
    declare(
        session,
        "children_by_grade",
        world.school,
        {"grades": {"grade_1": 40, "grade_2": 2}},
        date(2026, 9, 9),
    )
    declare(session, "children_5_15", world.other_school, {"count": 300}, date(2025, 8, 20))
    declare(session, "learner_awareness", world.school, {"count": 9}, date(2026, 3, 1))
    dora = sign_in(world.dora)

    listed = rows_of(dora.get(f"{BASE}/list.csv?state=&lang=en"))

    said = {(row[0], row[3].partition(",")[0]): row[-1] for row in listed}
    assert said["A", "Children from 5 to under 16"] == "42 (Grade 1: 40; Grade 2: 2)"
    assert said["B", "Children from 5 to under 16"] == "300 (not split by grade)"
    assert said["A", "Learners reached by awareness on school violence and sexual abuse"] == "9"


def rows_of(answer: Any) -> list[list[str]]:
    found = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig")), delimiter=";"))
    if len(found[-1]) < 3:
        found = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    return [one for one in found if one and one[0] in ("A", "B")]


def test_who_has_not_declared_what_is_listed_searched_and_exported(
    world: World, session: Session, sign_in: SignIn
) -> None:
    """Two schools, six items each; A has one that counts, B one that waits: eleven do not count, one of them waits."""
    declare(session, "learner_awareness", world.school, {"count": 9}, date(2026, 3, 1))
    declare(
        session,
        "children_by_grade",
        world.other_school,
        {"count": 9},
        date(2026, 3, 1),
        DeclarationState.SUBMITTED,
    )
    dora = sign_in(world.dora)

    page = dora.get(f"{BASE}/?lang=en").text
    assert "11 lines, 2 units." in page
    assert "1 value waits for approval" in page
    assert "6 lines, 1 unit." in dora.get(f"{BASE}/?lang=en&q=ben+xuan").text
    assert "1 line, 1 unit." in dora.get(f"{BASE}/?lang=en&item=learner_awareness").text
    assert "1 line, 1 unit." in dora.get(f"{BASE}/?lang=en&state=waiting").text
    assert "12 lines, 2 units." in dora.get(f"{BASE}/?lang=en&state=").text

    assert len(rows_of(dora.get(f"{BASE}/list.csv?state="))) == 12
    book = openpyxl.load_workbook(io.BytesIO(dora.get(f"{BASE}/list.xlsx?item=learner_awareness").data))
    codes = [row[0].value for row in book.worksheets[0].iter_rows() if row[0].value in ("A", "B")]
    assert codes == ["B"]


def test_a_head_of_a_district_sees_the_units_of_her_district_only(world: World, sign_in: SignIn) -> None:
    page = sign_in(world.gina).get(f"{BASE}/?lang=en&state=").text

    assert "Trường Tiểu học Ánh Sao" in page
    assert "Trường THCS Bến Xuân" not in page


def test_a_reminder_shows_first_whom_it_reaches_and_tells_each_unit_once_a_day(
    world: World, session: Session, sign_in: SignIn
) -> None:
    """A's head is Bruno; B has none, so whoever is nearest above declares for it: Dora."""
    dora = sign_in(world.dora)
    page = dora.get(f"{BASE}/remind?lang=en").text
    assert "2 units, 2 people." in page
    assert session.scalars(select(Notice)).all() == []

    first = dora.post(f"{BASE}/remind?lang=en", follow_redirects=True).text
    again = dora.post(f"{BASE}/remind?lang=en", follow_redirects=True).text

    assert "2 notices sent." in first
    assert "0 notices sent." in again
    told = session.execute(select(Notice.user_id, Notice.code).order_by(Notice.user_id)).all()
    assert [tuple(one) for one in told] == [
        (world.bruno, "declaration.reminded"), (world.dora, "declaration.reminded"),
    ]  # fmt: skip
    notices = sign_in(world.bruno).get("/notices?lang=en").text
    assert "Learners reached by awareness" in notices


def figure(session: Session, code: str, period: str, day: date) -> rules.Figure:
    session.expire_all()
    indicator = PLAN.indicator(code)
    assert indicator is not None
    area = session.scalars(select(Area.id).where(Area.code == "P")).one()
    facts = Facts(session, Asked(PLAN, "province", Period.parse(period), day, now=False))
    return compute.figure(facts, indicator, Where("area:P", "Tỉnh Mẫu", area, None, None))


@pytest.mark.parametrize(
    ("state", "counted", "waits"),
    [("approved", 1, 0), ("submitted", 0, 1), ("returned", 0, 0)],
)
def test_a_figure_counts_what_is_approved_and_names_what_waits(
    world: World, session: Session, state: str, counted: int, waits: int
) -> None:
    """CT07: two schools must publish three things; A declared all three."""
    everything = {"ticks": ["plan_published", "hotline_111", "channels"]}
    row = Declaration(
        plan="plan-39", item="publication", unit_id=world.school, said_on=date(2025, 3, 1), value=everything,
        state=DeclarationState(state), entered_at=factories.NOW,
        decided_at=None if state == "submitted" else factories.NOW,
        decided_note="Thiếu ảnh chụp bảng tin" if state == "returned" else None,
        file_id=_file(session),
    )  # fmt: skip
    session.add(row)
    session.flush()

    made = figure(session, "CT07", "2025-H1", date(2025, 6, 14))

    assert (made.numerator, made.denominator, made.waiting) == (counted, 2, waits)


def _file(session: Session) -> int:
    one = StoredFile(
        name="a.pdf", kind="pdf", size=9, sha256="0" * 64, purpose="test", uploaded_at=factories.NOW
    )
    session.add(one)
    session.flush()
    return one.id


@pytest.fixture
def post_office(session: Session, world: World) -> dict[str, int]:
    """A post office of the province with a head and three postmen."""
    one = factories.unit(
        session, "BD", UnitKind.POST_OFFICE, Sector.POST, "Bưu điện", session.get_one(Area, world.province)
    )  # fmt: skip
    head = factories.person(session, "Dương Văn Thư", None)
    factories.grant(session, head.id, Role.UNIT_HEAD, unit_id=one.id)
    found = {"unit": one.id, "head": head.id}
    for name in ("An", "Bích", "Chi"):
        found[name] = factories.person(session, f"Bưu Tá {name}", one.id, Audience.POSTAL_WORKER).id
    return found


def test_the_head_of_a_post_office_records_signed_registrations(
    post_office: dict[str, int], session: Session, sign_in: SignIn
) -> None:
    head = sign_in(post_office["head"])
    address = "/units/BD/people/network"
    page = head.get(f"{BASE}{address}?lang=en").text
    assert page.count("not registered") == 3
    looked = set(session.scalars(select(ListViewPerson.user_id)))
    assert {post_office[name] for name in ("An", "Bích", "Chi")} <= looked

    none = post(head, address + "?lang=en", who=str(post_office["An"]), day="2025-03-01", what="record")
    assert none.status_code == 422
    assert "Attach the scan of the signed registrations" in none.text
    two = [str(post_office["An"]), str(post_office["Bích"])]
    answer = post(head, address, who=two, day="2025-03-01", what="record", scan=paper())

    assert answer.status_code == 303
    session.expire_all()
    facts = session.scalars(select(PersonFact).order_by(PersonFact.user_id)).all()
    assert [(one.user_id, one.fact, one.valid_from) for one in facts] == [
        (post_office["An"], "network", date(2025, 3, 1)), (post_office["Bích"], "network", date(2025, 3, 1)),
    ]  # fmt: skip
    assert all(one.file_id is not None and one.recorded_by_id == post_office["head"] for one in facts)
    sent = head.get(f"{BASE}/units/BD/people/{post_office['An']}/scan")
    assert (sent.status_code, sent.data) == (200, PDF)
    sent.close()
    assert head.get(f"{BASE}/units/BD/people/{post_office['Chi']}/scan").status_code == 404
    need = next(
        part
        for part in figure(session, "CT16", "2025-H1", date(2025, 6, 14)).parts
        if part.key == "need:network"
    )
    assert (need.numerator, need.denominator) == (2, 3)


def test_a_registration_ends_with_a_day_and_not_before_it_began(
    post_office: dict[str, int], session: Session, sign_in: SignIn
) -> None:
    session.add(
        PersonFact(
            user_id=post_office["An"], fact="network", valid_from=date(2025, 3, 1), recorded_at=factories.NOW
        )
    )
    head = sign_in(post_office["head"])
    address = "/units/BD/people/network?lang=en"

    early = post(head, address, who=str(post_office["An"]), day="2025-02-01", what="end")
    nobody = post(head, address, who=str(post_office["Chi"]), day="2025-05-01", what="end")
    answer = post(head, address, who=str(post_office["An"]), day="2025-05-31", what="end")

    assert "ends on its first day or later" in early.text
    assert "None of the people ticked has a registration" in nobody.text
    assert answer.status_code == 303
    session.expire_all()
    assert session.scalars(select(PersonFact)).one().valid_to == date(2025, 5, 31)


def test_nobody_of_another_unit_is_registered(
    post_office: dict[str, int], world: World, session: Session, sign_in: SignIn
) -> None:
    answer = post(
        sign_in(post_office["head"]), "/units/BD/people/network?lang=en", who=str(world.ana), day="2025-03-01",
        what="record", scan=paper(),
    )  # fmt: skip

    assert answer.status_code == 422
    assert "has no such post in this unit" in answer.text
    assert session.scalars(select(PersonFact)).all() == []
    assert sign_in(world.bruno).get(f"{BASE}/units/BD/people/network").status_code == 404


def test_a_volunteer_says_herself_that_she_goes_on(world: World, session: Session, sign_in: SignIn) -> None:
    """She joined in 2024, so only her word of today makes her active."""
    volunteer = factories.person(session, "Quách Thị Nguyện", world.community, Audience.VOLUNTEER).id
    client = sign_in(volunteer)
    assert f"{BASE}/mine" in client.get("/account").text

    first = client.post(f"{BASE}/mine?lang=en", follow_redirects=True).text
    again = client.post(f"{BASE}/mine?lang=en", follow_redirects=True).text

    assert "You count as active for twelve months from today." in first
    assert "You said so today already." in again
    assert "that counts until 24/11/2027" in again
    fact = session.scalars(select(PersonFact)).one()
    assert (fact.user_id, fact.fact, fact.valid_from) == (volunteer, "active", TODAY)


def test_who_is_no_volunteer_has_no_button(world: World, session: Session, sign_in: SignIn) -> None:
    client = sign_in(world.ana)

    assert f"{BASE}/mine" not in client.get("/account").text
    assert "You are not on a list of volunteers" in client.get(f"{BASE}/mine?lang=en").text
    client.post(f"{BASE}/mine")
    assert session.scalars(select(PersonFact)).all() == []
