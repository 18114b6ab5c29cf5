"""A figure can be opened: every linked figure of a board lists exactly as many people as it says."""

import re
from html import unescape

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit, Visitor

pytestmark = pytest.mark.browser
PORTAL = "looking"
COUNT = re.compile(r"<caption[^>]*>\s*([\d.]+) người\s*</caption>")


def opened(who: Visitor, page: Page, href: str) -> str:
    """Return the list behind a figure; where it asks for the reason first, say why by the form."""
    answer = page.request.get(who.url + href)
    if "/manage/reason" not in answer.url:
        return answer.text()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.text())
    target = re.search(r'name="next"[^>]*value="([^"]+)"', answer.text())
    assert token is not None
    assert target is not None
    form = {"csrf_token": token[1], "next": unescape(target[1]), "reason": "Rà soát tiến độ học của địa bàn"}
    return page.request.post(answer.url, form=form, headers={"Referer": answer.url}).text()


@pytest.mark.parametrize(
    ("login", "board"),
    [
        ("hieutruong", "/manage/?course=GD-01&by=audience"),
        ("sogddt", "/manage/?course=GD-01&by=place"),
        ("huyen", "/manage/"),
        ("thuongtruc", "/manage/"),
        ("thuongtruc", "/manage/?by=place"),
        ("thuongtruc", "/manage/?by=audience"),
    ],
)
def test_every_figure_opens_into_as_many_people(visit: Visit, login: str, board: str) -> None:
    """All figures that disagree with their list are told at once."""
    who = visit(width=1280, login=login)
    page = who.go(board)
    links = page.locator("table.table td a[href*='/manage/people']").evaluate_all(
        """all => all.map(one => [one.getAttribute("href"), one.innerText.trim(),
            one.closest("tr").cells[0].innerText.trim() + ", " + one.closest("td").dataset.label])"""
    )
    assert links
    faults = []
    for href, figure, name in links:
        found = COUNT.search(unescape(opened(who, page, href)))
        listed = found[1] if found else "0"
        if listed != figure:
            faults.append(f"{name}: the board says {figure}, the list has {listed}")
    assert faults == []
