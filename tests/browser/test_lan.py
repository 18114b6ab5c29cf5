"""Lan's evening: a paper list, one phone, no network for a while; and the head, the teacher, the support officer."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Request, expect

from portal.core import clock
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
LOST = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "Failed to fetch", "ERR_NETWORK_CHANGED")


def put(page: Page, name: str, *, phone: str = "", home: str = "new") -> None:
    """Type one person of the list and put her on it."""
    page.fill("#full_name", name)
    page.fill("#phone", phone)
    page.check(f"input[name=home][value={home}]")
    if home == "new":
        page.check("input[name=bands][value='6-10']")
    page.check("#consent")
    page.click("[data-register] button[type=submit]")


def on_the_device(page: Page) -> list[str]:
    """Return the names that are kept on this device."""
    found: list[str] = page.evaluate(
        """() => Object.keys(localStorage).filter(key => key.startsWith("register:"))
            .flatMap(key => JSON.parse(localStorage.getItem(key)).map(row => row.full_name))"""
    )
    return found


def test_lan_types_a_list_with_no_network_and_it_is_sent_once(visit: Visit) -> None:
    """Kept and said so while offline, also over a reload; sent by itself; sending again makes nobody twice."""
    lan = visit(login="congtacvien")
    lan.allowed += LOST
    page = lan.go("/manage/register")
    lan.context.set_offline(True)
    put(page, "Nguyễn Thị Thử Một", phone="0911 222 333")
    put(page, "Trần Văn Thử Hai", phone="0911 222 333", home="same")
    put(page, "Lê Thị Thử Ba")
    expect(page.locator("[data-offline]")).to_be_visible()
    expect(page.locator("[data-offline]")).to_contain_text("giữ trên máy này")
    expect(page.locator("[data-rows] li")).to_have_count(3)
    assert on_the_device(page) == ["Nguyễn Thị Thử Một", "Trần Văn Thử Hai", "Lê Thị Thử Ba"]

    sent: list[Request] = []
    lan.context.on("request", lambda one: sent.append(one) if one.url.endswith("/register/rows") else None)
    lan.context.set_offline(False)
    expect(page.locator("[data-rows] li[data-state=saved]")).to_have_count(3)
    expect(page.locator("[data-offline]")).to_be_hidden()
    assert on_the_device(page) == []
    told = page.locator("[data-rows] li .save-state").all_inner_texts()
    assert [re.sub(r"\d+$", "N", one) for one in told] == ["đã ghi danh, hộ 12454-N"] * 3
    assert told[0] == told[1] != told[2]

    request = next(one for one in sent if one.post_data)
    again = page.request.post(
        request.url,
        headers={"X-CSRFToken": request.headers["x-csrftoken"], "Content-Type": "application/json"},
        data=request.post_data or "",
    )
    assert {one["state"] for one in again.json()["rows"]} == {"again"}
    lan.go("/manage/households/?q=thu mot")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("Trần Văn Thử Hai")
    page.goto(f"{lan.url}/manage/households/?q=Thử Hai")
    page.click("tbody th a")
    expect(page.locator("main")).to_contain_text("chưa bắt đầu khóa nào")


def test_a_refused_row_is_corrected_and_the_others_stand(visit: Visit) -> None:
    lan = visit(login="congtacvien")
    page = lan.go("/manage/register")
    put(page, "bé Thử Bốn")
    expect(page.locator("[data-rows] li[data-state=failed]")).to_contain_text("tên gọi của trẻ em")
    put(page, "Phạm Thị Thử Năm")
    expect(page.locator("[data-rows] li[data-state=saved]")).to_have_count(1)
    page.locator("[data-rows] li[data-state=failed]").get_by_role("button", name="Sửa").click()
    page.fill("#full_name", "Phạm Thị Thử Bốn")
    page.click("[data-register] button[type=submit]")
    expect(page.locator("[data-rows] li[data-state=saved]")).to_have_count(2)
    expect(page.locator("[data-rows] li[data-state=failed]")).to_have_count(0)


def test_without_script_one_person_after_the_other(visit: Visit) -> None:
    lan = visit(login="congtacvien", script=False)
    lan.allowed.append("422")
    page = lan.go("/manage/register")
    put(page, "Vũ Thị Thử Sáu", phone="12345")
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.locator("#full_name")).to_have_value("Vũ Thị Thử Sáu")
    page.fill("#phone", "0911 222 444")
    page.click("[data-register] button[type=submit]")
    expect(page.locator(".flash--success")).to_contain_text("đã ghi danh, hộ 12454-")
    put(page, "Vũ Văn Thử Bảy", home="same")
    expect(page.locator(".flash--success")).to_contain_text("đã ghi danh, hộ 12454-")


def test_an_accompanied_family_is_seen_by_no_one_else(visit: Visit) -> None:
    officer, lan, head = (visit(login=name) for name in ("hotrogiadinh", "congtacvien", "quantri"))
    lan.allowed.append("403")
    head.allowed.append("403")
    before = lan.go("/manage/households/12454-3").locator("main").inner_text()
    page = officer.go("/manage/support/12454-3")
    expect(page).to_have_url(re.compile("/manage/reason"))
    page.fill("#reason", "thăm nhà theo kế hoạch")
    page.click("main form button[type=submit]")
    page.get_by_role("button", name="Đồng hành với gia đình này").click()
    expect(page.locator(".flash--success")).to_be_visible()
    officer.go("/manage/support/?only=1")
    expect(page.locator("tbody tr", has_text="12454-3")).to_have_count(1)

    assert lan.go("/manage/households/12454-3").locator("main").inner_text() == before
    for other in (lan, head):
        for address in ("/manage/support/", "/manage/support/12454-3"):
            answer = other.page.goto(other.url + address)
            assert answer is not None
            assert answer.status == 403
    trail = head.go("/admin/audit").locator("main").inner_text()
    assert "12454-3" not in trail
    assert "thăm nhà" not in trail
    assert "ghi vào một hồ sơ" in trail


def test_a_head_asks_and_reminds_and_a_teacher_sees_by_when(visit: Visit) -> None:
    head, teacher = visit(login="hieutruong", width=1280), visit(login="giaovien")
    page = head.go("/manage/assignments/new")
    page.select_option("#course", "CA-01")
    page.fill("#due_on", f"{clock.today() + timedelta(days=60):%Y-%m-%d}")
    page.click("main form button[type=submit]")
    expect(page.locator("#reach")).to_be_visible()
    page.select_option("#course", "GD-01")
    page.click("main form button[type=submit]")
    expect(page.locator("#reach")).to_contain_text("45 người")
    page.get_by_role("button", name="Giao học cho những người này").click()
    page.wait_for_url("**/manage/jobs/*")

    head.go("/manage/people?place=unit:MN-336-01&course=GD-01")
    page.get_by_role("link", name="Nhắc người chưa hoàn thành").click()
    expect(page.locator(".lead").last).to_contain_text("Sẽ nhắc")
    page.get_by_role("button", name="Nhắc những người này").click()
    expect(page.locator(".flash--success")).to_contain_text("Đã nhắc")
    head.go("/manage/remind/?place=unit:MN-336-01&course=GD-01")
    expect(page.locator("main")).to_contain_text("trong 7 ngày qua")
    expect(page.get_by_role("button", name="Nhắc những người này")).to_have_count(0)

    home = teacher.go("/")
    expect(home.locator("[data-required] li").first).to_contain_text("Hạn hoàn thành")
    teacher.go("/notices")
    expect(home.locator("main")).to_contain_text("Nguyễn Hồng Hạnh nhắc anh/chị hoàn thành khóa")
    teacher.go("/courses/GD-01/")
    expect(home.locator("main")).to_contain_text("Bắt buộc với tôi: hạn")
