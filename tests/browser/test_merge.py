"""A merge of two communes: written, previewed, applied, seen on the board in both boundaries, undone."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


def test_two_communes_are_merged_seen_in_both_boundaries_and_parted_again(visit: Visit) -> None:
    admin = visit(width=1280, login="quantri")
    page = admin.go("/admin/units/?at=area:336")
    page.click("main a:has-text('Phường Lê Hồng Phong')")
    page.click("main a:has-text('Nhập…')")
    expect(page.locator("#predecessors")).to_have_value("12433")
    page.fill("#title", "Nhập phường Lê Hồng Phong và phường Bồ Xuyên")
    page.fill("#legal_basis", "Nghị quyết số 1/NQ-HĐND")
    page.fill("#effective_on", "2026-03-01")
    page.fill("#predecessors", "12433\n12436")
    page.fill("#code", "12433")
    page.fill("#name", "Phường Sông Trà")
    page.check("input[name=along][value=committee]")
    page.check("input[name=along][value=community]")
    page.click("main form button[type=submit]")

    expect(page.locator("#touched")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Phường Bồ Xuyên (12436)")
    expect(page.locator("main")).to_contain_text("Cộng đồng Phường Sông Trà")
    here = page.url
    page.click("button:has-text('Áp dụng')")
    expect(page.locator(".flash--success")).to_be_visible()

    head = visit(width=360, login="thuongtruc")
    board = head.go("/manage/?place=area:336&by=place&until=2026-02-15&bounds=then")
    then = board.locator("main table").inner_text()
    assert "Phường Bồ Xuyên" in then
    assert "Phường Sông Trà" not in then
    figure = board.locator(".figures dd").first.inner_text()
    board.select_option("#bounds", "now")
    board.click("form.filters button")
    expect(board.locator("main table")).to_contain_text("Phường Sông Trà")
    now = board.locator("main table").inner_text()
    assert "Phường Bồ Xuyên" not in now
    assert board.locator(".figures dd").first.inner_text() == figure, "the whole is the whole in either"
    board.goto(admin.url + "/manage/?place=area:12433&by=place")
    expect(board.locator("h1")).to_contain_text("Phường Sông Trà")

    page.goto(here)
    page.click("button:has-text('Hoàn tác')")
    expect(page.locator(".flash--success")).to_be_visible()
    head.go("/manage/?place=area:336&by=place")
    expect(board.locator("main table")).to_contain_text("Phường Bồ Xuyên")
    expect(board.locator("main table")).not_to_contain_text("Phường Sông Trà")


def test_the_administrator_loads_the_shipped_decrees(visit: Visit) -> None:
    admin = visit(width=360, login="quantri", script=False)
    for name, communes in (("2024-11-01", "242"), ("2025-07-01", "104")):
        page = admin.go("/admin/reorganisations/")
        page.select_option("#shipped", name)
        page.click("form:has(#shipped) button[type=submit]")
        page.click("button:has-text('Áp dụng')")
        expect(page.locator(".flash--success")).to_be_visible()
        if name == "2025-07-01":
            admin.go("/admin/units/")
            expect(page.locator("h1")).to_contain_text("Tỉnh Hưng Yên")
            assert page.locator("main table").first.locator("tbody tr").count() == int(communes)
    admin.go("/admin/units/?day=2023-05-05")
    expect(page.locator("h1")).to_contain_text("Tỉnh Thái Bình")
    assert page.locator("main table").first.locator("tbody tr").count() == 8
