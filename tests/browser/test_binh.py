"""Bình signs up in a minute, reads what everybody reads and the track of his child, and gets his paper; no exam, no e-mail."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
PORTAL = "looking"
PIN = "580214"


def test_binh_signs_up_learns_and_comes_back(visit: Visit) -> None:
    """One journey on one phone, at 360 px."""
    binh = visit()
    binh.allowed.append("422")  # the form comes back with what is to be corrected
    page = binh.go("/")
    page.click(".ways a[href='/register']")
    page.fill("#full_name", "Đào Công Bình")
    page.fill("#phone", "0987 654 321")
    page.locator("#commune").select_option(index=3)
    page.fill("#pin", "123456")
    page.check("#consent")
    page.click("main form button[type=submit]")
    expect(page.locator(".error-summary")).to_be_visible()
    expect(page.locator("#full_name")).to_have_value("Đào Công Bình")
    page.fill("#pin", PIN)
    page.click("main form button[type=submit]")
    expect(page.locator(".flash--success")).to_be_visible()
    expect(page.locator("h1")).to_contain_text("Bình")

    page.click("main a[href='/courses/CM-01/']")
    page.click("form[action='/courses/CM-01/enrol'] button")
    page.wait_for_url("**/courses/CM-01/before-after/")
    page.click("main .actions a[href='/courses/CM-01/lessons/ba-do-tuoi/']")  # he would rather not be asked
    for lesson in range(1, 7):
        expect(page.locator(".page-header")).to_contain_text(f"bài {lesson}/10")
        page.click(".lesson-nav form button")
    page.wait_for_url("**/courses/CM-01/#tracks")
    expect(page.locator("#done")).to_contain_text("Chọn một nhánh ở trang này")
    page.click("main a[href='/courses/CM-01/lessons/con-vao-tieu-hoc/']")
    for lesson in range(7, 10):  # three of the four lessons of the track are enough
        expect(page.locator(".page-header")).to_contain_text(f"bài {lesson}/10")
        page.click(".lesson-nav form button")
    page.wait_for_url("**/certificates/")
    expect(page.locator(".flash--success")).to_be_visible()
    expect(page.locator(".certificate")).to_have_count(1)
    expect(page.locator(".certificate__kind")).to_have_text("Giấy xác nhận tham gia")
    serial = page.locator(".certificate .serial").inner_text()
    pdf = page.request.get(f"{binh.url}/certificates/{serial}.pdf")
    assert pdf.body().startswith(b"%PDF-")

    page.click("[data-menu]")
    page.click("details.account summary")
    page.click(".account__menu form button")
    expect(page.locator(".flash")).to_contain_text("đăng xuất")
    page.goto(f"{binh.url}/certificates/")
    expect(page).to_have_url(re.compile("/login"))

    binh.sign_in("+84 987 654 321", PIN)
    page.goto(f"{binh.url}/certificates/")
    expect(page.locator(".certificate")).to_contain_text(serial)
    page.goto(f"{binh.url}/courses/CM-01/")
    expect(page.locator(".modules .icon, .modules li").first).to_be_visible()
    expect(page.locator("main")).to_contain_text("đã hoàn thành")


def test_a_wrong_pin_says_the_same_as_an_unknown_number(visit: Visit) -> None:
    """Nobody learns from the sign-in page who has an account."""
    stranger = visit()
    said = []
    for number in ("0900000002", "0911222333"):
        page = stranger.go("/login")
        page.fill("#login", number)
        page.fill("#secret", "000000")
        stranger.allowed.append("422")
        page.click("main form button[type=submit]")
        said.append(page.locator(".error-summary").inner_text())
    assert said[0] == said[1]
