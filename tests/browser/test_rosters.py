"""Staff lists in a real browser: Ms Hạnh's file with twelve bad rows, a transfer, and a first sign-in on a phone."""

import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from portal.config import ROOT
from tests.browser.conftest import Server, Visit, Visitor

pytestmark = pytest.mark.browser
PORTAL = "looking"
SCHOOL = "MN-336-01"
OTHER = "TH-336-02"


def figures(page: Page) -> dict[str, int]:
    """Return the counts of a dry run by their words."""
    found = page.locator(".figures--links li")
    return {
        (found.nth(place).locator(".status").text_content() or "").strip(): int(
            found.nth(place).locator("strong").inner_text()
        )
        for place in range(found.count())
    }


def on_the_list(page: Page) -> int:
    """Return how many people stand on the school's list, as the page says."""
    page.goto(page.url.split("/manage")[0] + f"/manage/roster/units/{SCHOOL}/")
    return int(page.locator(".figures dd").first.inner_text())


def settled(page: Page, words: str) -> None:
    """Wait until the page of an import, which looks again by itself, says how it stands."""
    expect(page.locator(".kicker")).to_contain_text(words, timeout=60_000)


def test_ms_hanh_uploads_45_people_with_12_bad_rows_applies_and_undoes(
    visit: Visit, server: Server, tmp_path: Path
) -> None:
    """She sees what would change and why not, applies it, sees the list grow, and takes it back."""
    file = tmp_path / "danh-sach.xlsx"
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "demo", "roster", str(file)],
        cwd=ROOT, env=server.environ, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    hanh = visit(width=1280, login="hieutruong")
    page = hanh.page
    before = on_the_list(page)
    assert before == 45

    page.click("text=Nhập danh sách từ tệp")
    page.set_input_files("#file", file)
    page.click("main form button[type=submit]")
    settled(page, "đã đọc")
    assert figures(page) == {
        "thêm mới": 4, "thay đổi": 0, "giữ nguyên": 45, "đã rời": 0, "nghi trùng": 0, "bị từ chối": 12,
    }  # fmt: skip
    page.click(".figures--links a[href*='kind=refused']")
    expect(page.locator("tbody tr")).to_have_count(12)
    expect(page.locator("tbody")).to_contain_text("“12345” không phải số điện thoại Việt Nam")
    with page.expect_download() as coming:
        page.click("main a[href*='lines.xlsx']")
    sheet = load_workbook(BytesIO(Path(coming.value.path()).read_bytes())).active
    assert sheet is not None
    reasons = [row for row in sheet.iter_rows(values_only=True) if row[1] == "bị từ chối"]
    assert len(reasons) == 12
    assert all(row[0] and row[2] for row in reasons), "each with its row and its reason"
    assert on_the_list(page) == before, "a dry run changes nothing"

    page.go_back()
    page.click("text=Áp dụng 4 thay đổi")
    settled(page, "đã áp dụng")
    address = page.url
    assert on_the_list(page) == before + 4
    expect(page.locator("tbody")).to_contain_text("Lê Thị Hoa Sim")

    page.goto(address)
    page.click("text=Hoàn tác danh sách này")
    settled(page, "đã hoàn tác")
    assert on_the_list(page) == before


def test_a_transfer_between_two_schools(visit: Visit) -> None:
    """The head of the kindergarten offers; the department, which keeps the other school's list, accepts."""
    hanh, department = visit(width=1280, login="hieutruong"), visit(width=1280, login="sogddt")
    page = hanh.go(f"/manage/roster/units/{SCHOOL}/?q=DM-")
    page.locator("tbody a").first.click()
    name = page.locator("h1").inner_text()
    page.fill("#to_unit", OTHER)
    page.click("text=Đề nghị điều chuyển")
    expect(page.locator(".flash")).to_contain_text("Đã đề nghị")

    theirs = department.go("/manage/roster/transfers")
    card = theirs.locator(".card", has_text=name).first
    card.get_by_role("button", name="Tiếp nhận").click()
    expect(theirs.locator(".flash")).to_contain_text("đã vào danh sách")
    theirs.goto(f"{department.url}/manage/roster/units/{OTHER}/?q={name}")
    expect(theirs.locator("tbody")).to_contain_text(name)
    hanh.go("/manage/roster/transfers")
    expect(hanh.page.locator(".card", has_text=name).first).to_contain_text("đã tiếp nhận")


def slip(hanh: Visitor) -> tuple[str, str, str]:
    """Print the slips of the kindergarten; return name, login and confirmation code of the first."""
    page = hanh.go(f"/manage/roster/units/{SCHOOL}/?account=none")
    page.locator("tbody input[type=checkbox]").first.check()
    name = page.locator("tbody th a").first.inner_text()
    with page.expect_download() as coming:
        page.click("text=In phiếu đăng nhập")
    text = PdfReader(BytesIO(Path(coming.value.path()).read_bytes())).pages[0].extract_text()
    code = re.search(r"\b[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}\b", text)
    login = re.search(r"\bDM-[0-9]{5}\b", text)
    assert code is not None
    assert login is not None
    assert name in text
    return name, login.group(), code.group()


def test_the_first_sign_in_by_slip_on_a_phone(visit: Visit) -> None:
    """The QR code opens the page with the code filled in; the confirmation code is typed; then she is in."""
    name, login, code = slip(visit(width=1280, login="hieutruong"))
    phone = visit(width=360)
    page = phone.go(f"/first?who={login}")
    assert page.input_value("#login") == login
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.fill("#code", code.lower())
    page.click("main form button[type=submit]")
    expect(page.locator("h1")).to_contain_text(name)
    page.fill("#new", "con đường làng xa")
    page.fill("#again", "con đường làng xa")
    page.click("main form button[type=submit]")
    page.wait_for_selector("details.account", state="attached")

    again = visit(width=360)
    again.allowed.append("422")  # the browser's own note of the refusal below
    page = again.go(f"/first?who={login}")
    page.fill("#code", code)
    page.click("main form button[type=submit]")
    expect(page.locator(".error-summary")).to_be_visible()
    again.sign_in(login, "con đường làng xa")


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_of_staff_lists_is_wider_than_the_screen(visit: Visit, width: int) -> None:
    """At either width; tables scroll in their own region or stand as cards."""
    hanh = visit(width=width, login="hieutruong")
    for path in (
        f"/manage/roster/units/{SCHOOL}/", f"/manage/roster/units/{SCHOOL}/add", f"/manage/roster/units/{SCHOOL}/basis",
        "/manage/roster/imports", "/manage/roster/imports/new", "/manage/roster/requests", "/manage/roster/transfers",
    ):  # fmt: skip
        page = hanh.go(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
