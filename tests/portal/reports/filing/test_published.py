"""The public page: off by default, only what was filed, and no small number of people, nor any that gives one away."""

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.core.db import unit_of_work
from portal.core.policy import Role
from portal.reports import published, published_views
from portal.reports.filing import reporters, services
from portal.reports.filing.models import Filing
from portal.reports.published import Numbers
from tests import factories
from tests.factories import World
from tests.portal.reports.filing import support
from tests.portal.reports.filing.support import HALF, JUNE_15, PLAN, opener

#: Four districts of CT10, with counted and all: 3 of 40 is small; 60 of 140 altogether.
BELOW = [
    ["D1", "Huyện Một", 20, 30],
    ["D2", "Huyện Hai", 3, 40],
    ["D3", "Huyện Ba", 25, 40],
    ["D4", "Huyện Bốn", 12, 30],
]


def stored(code: str, part: int | None, whole: int | None, value: Fraction | None) -> dict[str, object]:
    """Return what a filed report keeps of a figure, as far as the page looks at it."""
    share = [value.numerator, value.denominator] if value is not None else None
    return {
        "code": code,
        "numerator": part,
        "denominator": whole,
        "value": share,
        "target": [4, 5],
        "met": False,
    }


def figure(code: str, part: int | None, whole: int | None, below: list[list[object]]) -> published.Published:
    """Return the one figure of a report that has only this one."""
    value = Fraction(part, whole) if part is not None and whole else None
    kept = {"figures": [stored(code, part, whole, value)], "below": {code: below}}
    (one,) = published.published(PLAN, kept)
    return one


def test_a_small_line_and_the_shortest_other_are_hidden() -> None:
    one = figure("CT10", 60, 140, BELOW)

    # districts One and Four are the shortest, both with 30 people: the first of them follows District Two
    assert [(line.name, line.numerator, line.hidden) for line in one.lines] == [
        ("Huyện Một", None, True),
        ("Huyện Hai", None, True),
        ("Huyện Ba", 25, False),
        ("Huyện Bốn", 12, False),
    ]


def test_what_is_beyond_the_districts_is_a_line_of_its_own() -> None:
    one = figure("CT10", 60, 110, [["D1", "Huyện Một", 30, 50], ["D2", "Huyện Hai", 20, 40]])

    assert one.lines[-1] == Numbers("", 10, 20)  # 60 - 30 - 20 of 110 - 50 - 40


def test_a_small_total_shows_nothing() -> None:
    one = figure("CT10", 3, 140, [["D1", "Huyện Một", 3, 140]])

    assert one.total == Numbers("", None, None, hidden=True)
    assert (one.value, one.met, one.lines) == (None, None, ())


def test_schools_and_districts_are_no_people() -> None:
    one = figure("CT06", 3, 8, [["D1", "Huyện Một", 1, 2], ["D2", "Huyện Hai", 2, 6]])

    assert one.total == Numbers("", 3, 8)
    assert [line.numerator for line in one.lines] == [1, 2]


def test_an_area_without_a_denominator_says_no_number() -> None:
    one = figure("CT10", 60, 100, [["D1", "Huyện Một", 60, 100], ["D2", "Huyện Hai", 2, None]])

    assert one.lines == (Numbers("Huyện Một", 60, 100), Numbers("Huyện Hai", None, None))


def report(
    period: str, cut_off: str, below: list[list[object]], before: list[published.Before]
) -> tuple[published.Published, published.Before]:
    """Publish a report with CT10 alone after those before it; return the figure, and what the report shows."""
    part, whole = (sum(int(str(line[place])) for line in below) for place in (2, 3))
    kept = {
        "filing": {"period": period, "cut_off": cut_off},
        "figures": [stored("CT10", part, whole, Fraction(part, whole))],
        "below": {"CT10": below},
    }
    figures = published.published(PLAN, kept, before)
    return figures[0], published.shown_by(kept, figures)


def hides(one: published.Published) -> list[str]:
    return [line.name for line in one.lines if line.hidden]


def test_what_came_since_the_report_before_is_not_small_either() -> None:
    june = [["D1", "Một", 20, 100], ["D2", "Hai", 30, 120], ["D3", "Ba", 40, 140]]
    december = [["D1", "Một", 23, 100], ["D2", "Hai", 40, 140], ["D3", "Ba", 60, 170]]
    first, shown = report("2025-H1", "2025-06-14", june, [])
    assert hides(first) == []

    alone, _shown = report("2025", "2025-12-14", december, [])
    after, _shown = report("2025", "2025-12-14", december, [shown])

    assert hides(alone) == []
    assert hides(after) == [
        "Một",
        "Hai",
    ]  # 3 people of District One; with District Two 13 came
    assert after.total == alone.total


def test_the_pages_of_two_reports_cannot_be_subtracted(
    app: Flask,
    client: FlaskClient,
    world: World,
    agency: tuple[services.By, services.By],
    public_page: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The page of the later report hides beside the earlier one, whichever of the two is looked at first."""
    with unit_of_work() as session:
        first = filed_whole(session, agency)
        services.give_back(session, first, "Thiếu số liệu của hai huyện", agency[0], JUNE_15)
        second = filed_whole(session, agency)
        ids = (first.id, second.id)
        assert [one.id for one in published.earlier(session, second)] == [
            first.id
        ]  # it was read, though returned
        assert list(published.earlier(session, first)) == []
    given: list[tuple[int, int]] = []
    made = published.published

    def noted(plan: object, kept: dict[str, dict[str, int]], before: object = ()) -> object:
        given.append((kept["filing"]["number"], len(before)))  # type: ignore[arg-type]
        return made(plan, kept, before)  # type: ignore[arg-type]

    monkeypatch.setattr(published, "published", noted)
    assert client.get("/indicators/public/").status_code == 200

    assert sorted(given) == [(1, 0), (2, 1)], ids


@pytest.fixture
def public_page(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch the public page on."""
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], public_figures="on"))


@pytest.fixture
def agency(world: World) -> tuple[services.By, services.By]:
    """Return two people of the standing agency."""
    with unit_of_work() as session:
        made = []
        for number, name in enumerate(("Lò Thị Mai", "Vàng A Páo")):
            one = factories.person(session, name, None, username=f"agency-{number}")
            factories.grant(session, one.id, Role.STANDING_AGENCY, area_id=world.province)
            made.append(services.By(one.id, name))
    return made[0], made[1]


def filed_whole(session: Session, by: tuple[services.By, services.By]) -> Filing:
    """File the consolidated report of the province."""
    place = next(one for one in reporters.must(session, PLAN, HALF) if one.whole)
    one = services.draft(session, PLAN, HALF, place, opener, by[0], JUNE_15)
    services.prepare(session, one, opener, by[0], JUNE_15)
    services.approve(session, one, by[1], JUNE_15)
    services.file(session, one, opener, by[1], JUNE_15)
    return one


def test_each_report_is_made_once_however_many_came_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Seventy reports, returned ones among them: each stands on all before it."""
    made: list[int] = []

    def figures(_plan: object, kept: dict[str, int], _before: object) -> tuple[()]:
        made.append(kept["number"])
        return ()

    class Stored:
        def get_one(self, _table: object, key: int) -> Filing:
            return Filing(id=key, plan=PLAN.code, snapshot={"number": key})

    monkeypatch.setattr(
        published,
        "earlier",
        lambda _session, one: [SimpleNamespace(id=n, digest="") for n in range(1, one.id)],
    )
    monkeypatch.setattr(published, "published", figures)
    monkeypatch.setattr(published, "shown_by", lambda _kept, _figures: published.Before(2025, {}))
    monkeypatch.setattr(published_views, "db", SimpleNamespace(session=Stored))
    for kept in (published_views._figures, published_views._shown):
        kept.cache_clear()
    try:
        published_views._figures(70, "")
    finally:
        for kept in (published_views._figures, published_views._shown):
            kept.cache_clear()

    assert sorted(made) == list(range(1, 71))


def test_the_page_is_off_unless_switched_on(app: Flask, client: FlaskClient, world: World) -> None:
    assert client.get("/indicators/public/").status_code == 404


def test_the_page_shows_the_filed_report_to_everybody(
    app: Flask,
    client: FlaskClient,
    world: World,
    agency: tuple[services.By, services.By],
    public_page: None,
) -> None:
    before = client.get("/indicators/public/")
    assert before.status_code == 200
    assert "chưa nộp báo cáo" in before.text
    with unit_of_work() as session:
        support.officer(session, world, "Cao Thị Lụa", trained_on=None)
        one = filed_whole(session, agency)
        kept = dict(one.snapshot or {})

    page = client.get("/indicators/public/")

    assert page.status_code == 200
    assert "Kết quả thực hiện kế hoạch" in page.text
    assert "CT10" in page.text
    assert {"CT10", "CT14"} <= set(kept["below"])
    assert client.get("/indicators/public/?period=2024").status_code == 404


def test_a_returned_report_is_not_public(
    app: Flask,
    client: FlaskClient,
    world: World,
    agency: tuple[services.By, services.By],
    public_page: None,
) -> None:
    with unit_of_work() as session:
        one = filed_whole(session, agency)
        services.give_back(session, one, "Thiếu số liệu của hai huyện", agency[0], JUNE_15)

    assert "chưa nộp báo cáo" in client.get("/indicators/public/").text


def test_a_district_s_own_report_is_not_public(
    app: Flask, client: FlaskClient, world: World, public_page: None
) -> None:
    with unit_of_work() as session:
        support.filed(session, world)

    assert "chưa nộp báo cáo" in client.get("/indicators/public/").text
