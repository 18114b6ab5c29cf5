"""Hương's whole way: three lessons read, nine to go, the quiz, a certificate that anyone can check, and counted once.

The head of her school and the department in the capital see her in their figures, and their files hold the same.
"""

import csv
import io
import re
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, Visitor
from tests.browser.sitting import Sitter, begin_quiz, plain

pytestmark = pytest.mark.browser
PORTAL = "learning"
MISSING = "chưa có mẫu số"
NAME = "Phạm Thu Hương"


def test_huong_learns_and_is_counted(visit: Visit, tmp_path: Path) -> None:
    """One journey, from the first page to the two exports."""
    head, department = visit(width=1280, login="hieutruong"), visit(width=1280, login="sogddt")
    school_before = row_of_total(head, "/manage/?course=GD-01&by=audience")
    province_before = table_on_screen(department.go("/manage/?course=GD-01&by=place"))

    huong = visit(login="giaovien")
    home_says_what_by_when_and_where(huong.page)
    finish_every_lesson(huong)
    serial = pass_the_quiz(huong)
    certificate_is_genuine(huong, serial, tmp_path)
    anyone_can_verify(visit(), serial)

    school_after = row_of_total(head, "/manage/?course=GD-01&by=audience")
    assert completed(school_after) == completed(school_before) + 1
    files_equal_the_screen(head, "/manage/?course=GD-01&by=audience")
    head_finds_her(head, serial)

    page = department.go("/manage/?course=GD-01&by=place")
    province_after = table_on_screen(page)
    changed = [
        (before[0], completed(before), completed(after))
        for before, after in zip(province_before, province_after, strict=True)
        if before != after
    ]
    assert len(changed) == 2, "her district and the total, nothing else"
    assert all(after == before + 1 for _name, before, after in changed)
    files_equal_the_screen(department, "/manage/?course=GD-01&by=place")
    department_drills_down_to_her(department, changed[0][0])


def home_says_what_by_when_and_where(page: Page) -> None:
    """Her first screen answers: what must I do, by when, where was I."""
    today = page.locator(".today")
    expect(today.locator(".today__kicker")).to_contain_text("Học tiếp")
    expect(today.locator(".today__kicker")).to_contain_text(
        re.compile(r"Hạn .*\d{1,2}/\d{1,2}/\d{4}, còn (19|20) ngày")
    )
    expect(today.locator(".today__where")).to_contain_text("Bài 4/12")
    expect(today.locator(".today__title")).not_to_be_empty()


def finish_every_lesson(huong: Visitor) -> None:
    """She goes on where she stopped and presses the button under each of the nine lessons left."""
    page = huong.page
    page.click(".today .button--primary")
    for place in range(4, 13):
        expect(page.locator(".page-header")).to_contain_text(f"bài {place}/12")
        page.click(".lesson-nav form button")
    page.wait_for_url("**/courses/GD-01/*")
    expect(page.locator(".rule").first).to_have_class(re.compile("rule--done"))
    expect(page.locator(".rule").nth(1)).not_to_have_class(re.compile("rule--done"))


def pass_the_quiz(huong: Visitor) -> str:
    """She answers everything rightly, hands in, and reads her mark; returns the certificate's number."""
    page = huong.page
    page.click("main a.button--primary[href*='/quiz/']")
    begin_quiz(page, huong.url, "GD-01")
    sitter = Sitter("gd-01-1.toml")
    kinds = sitter.kinds(page)
    assert len(kinds) == 15
    sitter.answer_all(page)
    expect(page.locator(".question-map .is-answered")).to_have_count(15)
    page.click("[data-submit]")
    expect(page.locator("h1")).to_have_text("Đạt")
    line = plain(page.locator(".mark-line").text_content())
    figure = re.match(r"(\d+) / (\d+)", line)
    assert figure is not None
    assert figure[1] == figure[2], line
    assert "100%" in line
    assert "Điểm đạt: 80%" in line
    expect(page.locator(".feedback--right")).to_have_count(15)
    href = page.locator("main .button--primary").get_attribute("href") or ""
    found = re.fullmatch(r"/certificates/(.+)\.pdf", href)
    assert found is not None
    return found[1]


def certificate_is_genuine(huong: Visitor, serial: str, folder: Path) -> None:
    """The file downloads, its signature holds, and her name can be read from it."""
    page = huong.go("/certificates/")
    expect(page.locator(".certificate")).to_contain_text(serial)
    answer = page.request.get(f"{huong.url}/certificates/{serial}.pdf")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/pdf"
    file = folder / "certificate.pdf"
    file.write_bytes(answer.body())
    signature = subprocess.run(["pdfsig", str(file)], capture_output=True, text=True, timeout=30)
    assert "Signature is Valid" in signature.stdout, signature.stdout
    text = subprocess.run(
        ["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True
    )
    words = plain(text.stdout)
    assert NAME.casefold() in words.casefold()
    assert serial in words
    assert "111" in words


def anyone_can_verify(stranger: Visitor, serial: str) -> None:
    """Someone who has only the paper learns that it is genuine, and no more of the name than the paper's holder needs."""
    page = stranger.go(f"/verify/{serial}")
    expect(page.locator(".verdict--valid")).to_be_visible()
    expect(page.locator(".verdict")).to_contain_text("Phạm T. H.")
    assert NAME not in page.content()
    page.goto(f"{stranger.url}/verify/")
    page.fill("#serial", serial.lower())
    page.click("main form button")
    expect(page.locator(".verdict--valid")).to_be_visible()


def head_finds_her(head: Visitor, serial: str) -> None:
    """The head searches without diacritics and finds her completed, with the number of her certificate."""
    page = head.go("/manage/people?course=GD-01")
    page.fill("#q", "pham thu huong")
    page.click("form.filters button")
    row = page.locator("table.table tbody tr").filter(has_text=NAME)
    expect(row).to_have_count(1)
    expect(row).to_contain_text("đã hoàn thành")
    expect(row).to_contain_text(serial)


def department_drills_down_to_her(department: Visitor, district: str) -> None:
    """From the province to the district to the commune's figure to the name."""
    page = department.go("/manage/?course=GD-01&by=place")
    page.click(f"table.table tbody th a:text-is('{district}')")
    expect(page.locator("h1")).to_have_text(district)
    files_equal_the_screen(department, page.url.removeprefix(department.url))
    page.goto(f"{department.url}/manage/?course=GD-01&by=place")
    row = page.locator("table.table tbody tr").filter(has=page.locator(f"th:has-text('{district}')"))
    row.locator("td").nth(4).locator("a").click()
    page.fill("#q", "PHAM thu HUONG")
    page.click("form.filters button")
    expect(page.locator("table.table tbody tr").filter(has_text=NAME)).to_have_count(1)


def row_of_total(who: Visitor, path: str) -> list[Any]:
    """Return the last row of the board: everybody, once."""
    return table_on_screen(who.go(path))[-1]


def completed(row: list[Any]) -> int:
    """Return how many have completed."""
    assert isinstance(row[5], int)
    return row[5]


def table_on_screen(page: Page) -> list[list[Any]]:
    """Return the figures of the board as a reader reads them, the total last. A dash is no denominator."""
    rows = page.locator("table.table tbody tr, table.table tfoot tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    )
    return [[rows_[0], *map(figure, rows_[1:])] for rows_ in rows]


def figure(text: str) -> int | Decimal | None:
    """Return a figure as written in Vietnamese: 1.234, 56,7 %, a dash or words where there is none."""
    text = text.replace("\xa0", " ")
    if text in ("–", MISSING):
        return None
    if text.endswith("%"):
        return Decimal(text.removesuffix("%").strip().replace(".", "").replace(",", "."))
    return int(text.replace(".", ""))


def files_equal_the_screen(who: Visitor, path: str) -> None:
    """Figure by figure: the screen, the workbook and the CSV of one board are the same."""
    page = who.go(path)
    screen = table_on_screen(page)
    width = len(screen[0])
    workbook = page.request.get(who.url + (page.locator("a[href*='board.xlsx']").get_attribute("href") or ""))
    assert workbook.status == 200
    sheet = load_workbook(io.BytesIO(workbook.body())).active
    assert sheet is not None
    book = [list(row)[:width] for row in sheet.iter_rows(values_only=True)]
    text = page.request.get(who.url + (page.locator("a[href*='board.csv']").get_attribute("href") or ""))
    assert text.body().startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(text.body().decode("utf-8-sig"))))
    by_name = {str(row[0]): row for row in book if row[0] is not None and row[-2] is not None}
    in_csv = {row[0]: row for row in lines if len(row) == width}
    for row in screen:
        name = row[0]
        for shown, kept, written in zip(row[1:], by_name[name][1:], in_csv[name][1:], strict=True):
            assert agrees(shown, kept), f"{name}: the screen says {shown}, the workbook {kept!r}"
            assert agrees(shown, number(written)), f"{name}: the screen says {shown}, the CSV {written!r}"


def agrees(shown: int | Decimal | None, kept: Any) -> bool:
    """Return whether a file's figure is the screen's; a share of one is shown in per cent with one decimal."""
    if shown is None:
        return kept in (None, "", MISSING)
    if isinstance(shown, Decimal):
        return isinstance(kept, int | float) and abs(shown - Decimal(str(kept)) * 100) <= Decimal("0.0501")
    return isinstance(kept, int) and kept == shown


def number(text: str) -> int | float | str:
    """Return a cell of the CSV as what it is."""
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text
