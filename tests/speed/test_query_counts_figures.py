"""The pages of figures, declarations and filed reports: as many queries for thirty units, values or rows as for three."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from itertools import count

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.accounts import api_tokens
from portal.core.accounts.models import Audience
from portal.core.db import unit_of_work
from portal.core.files import services as files
from portal.core.files.models import FileKind
from portal.core.organisation.models import Area, AreaKind, Sector, UnitKind
from portal.core.policy import Role
from portal.indicators.models import Declaration, DeclarationState, PersonFact
from portal.reports.filing import reporters, services
from portal.reports.filing.models import Filing, FilingFile, FilingState, FilingStep
from tests.factories import NOW, World, area, grant, person, unit
from tests.portal.reports.filing import support
from tests.portal.reports.filing.test_published import filed_whole
from tests.speed.growth import PDF, does_not_grow, table

SignIn = Callable[[int], FlaskClient]

FIGURES = table("""
agency 26 /indicators/?period=2025-H1
agency 4 /indicators/how
agency 38 /indicators/CT06/?period=2025-H1
agency 32 /indicators/CT10/?period=2025-H1
agency 27 /indicators/board.csv?period=2025-H1
agency 27 /indicators/board.xlsx?period=2025-H1
agency 22 /indicators/CT10/rows?period=2025-H1
agency 21 /indicators/CT10/rows.csv?period=2025-H1
agency 21 /indicators/CT10/rows.xlsx?period=2025-H1
machine 28 /api/v1/indicators?period=2025-H1
machine 28 /api/v1/data-value-sets?period=2025-H1
machine 0 /api/v1/openapi.json
""")
DECLARATIONS = table("""
agency 8 /indicators/declarations/
agency 4 /indicators/declarations/waiting
agency 10 /indicators/declarations/remind
agency 8 /indicators/declarations/list.csv
agency 8 /indicators/declarations/list.xlsx
agency 5 /indicators/declarations/{declared}/
bruno 10 /indicators/declarations/units/A/
bruno 8 /indicators/declarations/units/A/children_by_grade
bruno 4 /indicators/declarations/{declared}/
bruno 4 /indicators/declarations/{declared}/evidence
postmaster 7 /indicators/declarations/units/BD/people/network
postmaster 4 /indicators/declarations/units/BD/people/{postman}/scan
postman 3 /indicators/declarations/mine
""")
FILINGS = table("""
agency 5 /reports/filings/?period=2025-H1
agency 5 /reports/filings/list.csv?period=2025-H1
agency 5 /reports/filings/list.xlsx?period=2025-H1
agency 5 /reports/filings/letter.docx?period=2025-H1
agency 6 /reports/filings/{draft}/
agency 2 /reports/filings/{draft}/edit
gina 7 /reports/filings/{filing}/
gina 3 /reports/filings/{filing}/files/{name}
gina 3 /reports/filings/{filing}/scan
gina 11 /reports/filings/{filing}/rows/CT11a?of=people
gina 11 /reports/filings/{filing}/rows/CT11a/list.csv?of=people
gina 11 /reports/filings/{filing}/rows/CT11a/list.xlsx?of=people
nobody 1 /indicators/public/
""")
PAGES = FIGURES + DECLARATIONS + FILINGS
NUMBER = count(1)


@pytest.fixture
def agency(session: Session, world: World) -> int:
    with unit_of_work() as work:
        one = person(work, "Lưu Thị Trực", None)
        grant(work, one.id, Role.STANDING_AGENCY, area_id=world.province)
        return one.id


def offices(work: Session, world: World, many: int) -> None:
    """Add communes with a committee, a school and a clinic each, where people work."""
    district = work.get_one(Area, world.district)
    for _ in range(many):
        here = next(NUMBER)
        commune = area(work, f"F{here}", AreaKind.COMMUNE, f"Xã Số {here}", district)
        for kind, sector, audience in (
            (UnitKind.COMMITTEE, Sector.GOVERNMENT, Audience.COMMUNE_OFFICER),
            (UnitKind.SCHOOL, Sector.EDUCATION, Audience.TEACHER),
            (UnitKind.CLINIC, Sector.HEALTH, Audience.HEALTH_WORKER),
        ):
            there = unit(work, f"{kind}-{here}", kind, sector, f"Đơn vị {here}", commune)
            one = person(work, f"Người Số {here}", there.id, audience)
            if here % 2:
                support.certify(work, one, "BV-01", date(2025, 4, 1))


def test_figures(app: Flask, session: Session, world: World, sign_in: SignIn, agency: int) -> None:
    def fill(many: int) -> Mapping[str, object]:
        with unit_of_work() as work:
            offices(work, world, many)
        return {}

    with unit_of_work() as work:
        token = api_tokens.make(work, agency, "a machine of the tests", NOW)
    machine = app.test_client()
    machine.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    does_not_grow(FIGURES, {"agency": sign_in(agency), "machine": machine}, fill)


def paper(work: Session, by_id: int) -> int:
    return files.keep_bytes(work, PDF, "giay.pdf", kind=FileKind.PDF, purpose="test", by_id=by_id, now=NOW).id


def test_declarations(session: Session, world: World, sign_in: SignIn, agency: int) -> None:
    kept: dict[str, int] = {}
    with unit_of_work() as work:
        office = unit(
            work, "BD", UnitKind.POST_OFFICE, Sector.POST, "Bưu điện", work.get_one(Area, world.province)
        )
        head = person(work, "Dương Văn Thư", None)
        grant(work, head.id, Role.UNIT_HEAD, unit_id=office.id)
        postman = person(work, "Bưu Tá An", office.id, Audience.POSTAL_WORKER)
        office_id, head_id, kept["postman"] = office.id, head.id, postman.id

    def fill(many: int) -> Mapping[str, object]:
        """Every unit declares; school A does so on many days, and postmen are registered."""
        with unit_of_work() as work:
            offices(work, world, many)
            for _ in range(many):
                here = next(NUMBER)
                one = person(work, f"Bưu Tá {here}", office_id, Audience.POSTAL_WORKER)
                for who in (one.id, kept["postman"]):
                    work.add(
                        PersonFact(
                            user_id=who, fact="network", valid_from=date(2020, 1, 1).replace(year=1990 + here % 30, month=1 + here % 12),
                            valid_to=None if who == one.id or "declared" not in kept else date(2025, 1, 1),
                            file_id=paper(work, head_id), recorded_by_id=head_id, recorded_at=NOW,
                        )
                    )  # fmt: skip
                school = unit(
                    work, f"D{here}", UnitKind.SCHOOL, Sector.EDUCATION, f"Trường {here}", work.get_one(Area, world.commune)
                )  # fmt: skip
                for where in (school.id, world.school):
                    row = Declaration(
                        plan="plan-39", item="children_5_15", unit_id=where,
                        said_on=date(2025, 1 + here % 12, 1 + here % 28), value={"count": here},
                        state=DeclarationState.SUBMITTED if where == school.id else DeclarationState.APPROVED,
                        file_id=paper(work, world.bruno), entered_by_id=one.id, entered_at=NOW,
                        decided_by_id=None if where == school.id else one.id,
                        decided_at=None if where == school.id else NOW,
                    )  # fmt: skip
                    work.add(row)
                work.flush()
                kept.setdefault("declared", row.id)
        return kept

    browsers = {
        "agency": sign_in(agency), "bruno": sign_in(world.bruno), "postmaster": sign_in(head_id),
        "postman": sign_in(kept["postman"]),
    }  # fmt: skip
    does_not_grow(DECLARATIONS, browsers, fill)


def test_filed_reports(
    app: Flask, client: FlaskClient, session: Session, world: World, sign_in: SignIn, agency: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Each time a report of D1 is filed with more people in it; and it has been returned and filed anew often."""
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], public_figures="on"))
    with unit_of_work() as work:
        heads = (
            services.By(world.gina, "Ngô Thị Giang"),
            services.By(support.second_head(work, world), "Đặng Văn Hòa"),
        )
        other = person(work, "Lò Thị Mai", None)
        grant(work, other.id, Role.STANDING_AGENCY, area_id=world.province)
        whole = (services.By(agency, "Lưu Thị Trực"), services.By(other.id, "Lò Thị Mai"))

    def anew(work: Session, one: Filing | None, by: tuple[services.By, services.By]) -> Filing:
        if one is not None:
            services.give_back(work, one, "số liệu chưa đúng với danh sách", by[0], NOW)
        return one_filed(work, by)

    def one_filed(work: Session, by: tuple[services.By, services.By]) -> Filing:
        if by is whole:
            return filed_whole(work, by)
        place = reporters.the_one(work, support.PLAN, support.HALF, support.DISTRICT)
        assert place is not None
        one = services.draft(work, support.PLAN, support.HALF, place, support.opener, by[0], support.JUNE_15)
        services.prepare(work, one, support.opener, by[0], support.JUNE_15)
        services.approve(work, one, by[1], support.JUNE_15)
        services.file(work, one, support.opener, by[1], support.JUNE_15)
        return one

    before: list[int] = []

    def fill(many: int) -> Mapping[str, object]:
        with unit_of_work() as work:
            for number in range(many):
                support.officer(work, world, f"Cao Thị {number}", trained_on=date(2025, 4, 1))
            offices(work, world, many)
            place = reporters.the_one(work, support.PLAN, support.HALF, "area:D2")
            assert place is not None
            drafted = work.scalars(select(Filing).where(Filing.place == "area:D2")).first()
            if drafted is None:
                drafted = services.draft(
                    work, support.PLAN, support.HALF, place, support.opener, heads[0], NOW
                )
            made = []
            for by, past in zip((heads, whole), before or (None, None), strict=True):
                one = anew(work, work.get(Filing, past) if past else None, by)
                made.append(one.id)
            before[:] = made
            filing = work.get_one(Filing, made[0])
            filing.scan_id = paper(work, world.gina)
            work.add_all(
                FilingStep(
                    filing_id=one, state=FilingState.FILED, at=NOW, by_id=world.gina, by_name="Ngô Thị Giang"
                )
                for one in (drafted.id, filing.id)
                for _ in range(many)
            )
            name = work.scalars(select(FilingFile.name).where(FilingFile.filing_id == filing.id)).first()
            return {"draft": drafted.id, "filing": filing.id, "name": name}

    does_not_grow(FILINGS, {"agency": sign_in(agency), "gina": sign_in(world.gina), "nobody": client}, fill)
