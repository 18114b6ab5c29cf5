"""What the pages of `pages` need, made once: by the forms of the portal, each by the person whose work it is.

A function takes a page on which its person is signed in, and returns addresses by the names that `pages` uses.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import Browser, Page, expect

from portal.config import ROOT
from tests.browser.conftest import Server, Visitor, open_visitor
from tests.browser.sitting import Sitter, begin_quiz, read_all_lessons

Addresses = dict[str, str]
SUBMIT = "main form:not([role=search]) button[type=submit]"
PIN = "482915"
ON_ONE_NUMBER = ("12454-1", "0900001001")  # a household of the demonstration whose two members share a number
STAFF_LIST = "Họ và tên,Nhóm đối tượng,Mã cán bộ\nNgười Thử Một,giáo viên,TX-1\nNgười Thử Hai,phi công,TX-2\n"
PAPER_LIST = "Họ và tên,Đơn vị\nNguyễn Hồng Hạnh,MN-336-01\nNgười Không Ai Biết,\n"


def link(page: Page, path: str, part: str) -> str:
    """Open a page; return where its first link with `part` in its address leads."""
    page.goto(urljoin(page.url, path))
    return page.locator(f"main a[href*='{part}']").first.get_attribute("href") or ""


def a_file(name: str, text: str) -> Any:
    """Return a file to send that is on no disk."""
    return {"name": name, "mimeType": "application/octet-stream", "buffer": text.encode()}


def of_the_head(visitor: Visitor) -> Addresses:
    """Pass GD-01, send a staff list and a paper list, ask for a transfer."""
    page, made = visitor.page, passed(visitor)
    visitor.go("/manage/roster/imports/new")
    page.set_input_files("#file", a_file("danh-sach.csv", STAFF_LIST))
    page.click(SUBMIT)
    page.wait_for_url(re.compile("/imports/[0-9]+$"))
    made["import"] = page.url
    expect(page.locator(".kicker")).to_contain_text("đã đọc", timeout=60_000)
    made["job"] = link(page, "/manage/jobs/", "/manage/jobs/")
    made["arrange"] = link(page, "/manage/practice/", "/arrange/")
    made["post"] = link(page, "/manage/roster/units/MN-336-01/?q=DM-", "/posts/")
    declared = "/indicators/declarations/units/MN-336-01/"
    made["declaration"] = link(page, declared, "/indicators/declarations/1")
    visitor.go(made["post"])
    page.fill("#to_unit", "TH-336-02")
    page.click("form:has(#to_unit) button[type=submit]")
    made["paper"] = paper_class(visitor)
    return made


def paper_class(visitor: Visitor) -> str:
    """Enter a class held on paper, with a list of one whom the portal knows and one whom it does not."""
    page = visitor.go("/manage/workshops/paper/new")
    page.fill("#title", "Lớp tập huấn trên giấy")
    page.select_option("#plan_item", index=1)
    page.fill("#organiser", "MN-336-01")
    page.fill("#area", "12454")
    page.fill("#place", "Hội trường")
    page.fill("#days input[type=date] >> nth=0", "2026-03-02")
    page.fill("#visits", "0")
    page.set_input_files("#list", a_file("danh-sach.csv", PAPER_LIST))
    page.set_input_files("#evidence", a_file("bien-ban.pdf", "%PDF-1.4\n%%EOF\n"))
    page.click(SUBMIT)
    page.wait_for_url(re.compile("/paper/[0-9]+/$"))
    return page.url


def passed(visitor: Visitor) -> Addresses:
    """Pass GD-01; return the address of the result and the number of the certificate."""
    read_all_lessons(visitor.page, visitor.url, "GD-01")
    address = begin_quiz(visitor.page, visitor.url, "GD-01")
    Sitter("gd-01-1.toml").answer_all(visitor.page)
    visitor.page.click("[data-submit]")
    visitor.page.wait_for_selector(".mark-line")
    href = visitor.page.locator("main .button--primary").get_attribute("href") or ""
    return {"passed": address, "serial": href.removeprefix("/certificates/").removesuffix(".pdf")}


def of_a_parent(visitor: Visitor) -> Addresses:
    """Check oneself in CM-01, and leave the next attempt open."""
    read_all_lessons(visitor.page, visitor.url, "CM-01")
    checked = begin_quiz(visitor.page, visitor.url, "CM-01")
    visitor.page.click("[data-submit]")
    visitor.page.wait_for_selector(".mark-line")
    return {"checked": checked, "open": begin_quiz(visitor.page, visitor.url, "CM-01")}


def of_a_department(visitor: Visitor) -> Addresses:
    """Draft a report; close a class."""
    page = visitor.go("/manage/workshops/3/close")
    page.fill("#signatures", page.inner_text("dl.facts dd >> nth=0"))
    page.click(SUBMIT)
    page.wait_for_url("**/workshops/3/")
    correction = link(page, "/manage/workshops/3/", "/correct/")
    visitor.go("/reports/filings/?period=2025-H1")
    page.locator("main table form button").click()
    page.wait_for_selector(".paper")
    return {"report": page.url, "correction": correction}


def of_the_administrator(visitor: Visitor) -> Addresses:
    """Write down a decree that renames a school; it is only planned."""
    page = visitor.go("/admin/reorganisations/new/rename?subject=unit&predecessors=MN-336-01")
    page.fill("#title", "Đổi tên một trường")
    page.fill("#legal_basis", "Quyết định 1/QĐ-UBND")
    page.fill("#effective_on", "2040-01-01")
    page.fill("#name", "Trường Mầm non Hoa Đào")
    page.click(SUBMIT)
    page.wait_for_url(re.compile("/reorganisations/[0-9]+$"))
    return {"decree": page.url}


def of_a_collaborator(visitor: Visitor) -> Addresses:
    """Find a lesson for a group."""
    return {"play": link(visitor.page, "/manage/group-lessons/", "/play/")}


def of_family_support(visitor: Visitor) -> Addresses:
    """Give the reason that the lists of families are opened for."""
    page = visitor.go("/manage/support/")
    page.fill("#reason", "thăm nhà theo kế hoạch của quý")
    page.click(SUBMIT)
    page.wait_for_url("**/manage/support/")
    return {"family": link(page, "/manage/support/", "/manage/support/")}


def of_the_standing_agency(visitor: Visitor, server: Server) -> Addresses:
    """File the consolidated report, so that the public page has something to show."""
    subprocess.run(
        [
            sys.executable, "-m", "flask", "--app", "wsgi", "reports", "file", "--period", "2025-H1",
            "--place", "area:34", "--prepared-by", "thuongtruc", "--by", "thuongtruc",
        ],
        cwd=ROOT, env=server.environ, check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    page = visitor.go("/reports/filings/?period=2025-H1")
    filed = page.locator("main table a").first.get_attribute("href") or ""  # what concerns all comes first
    return {"filed": link(page, filed, "/rows/")}


def newcomer(browser: Browser, server: Server, collaborator: Any) -> Any:
    """Be somebody who has asked the head for an account, and who has typed the code of a slip but chosen no PIN yet.

    Before that, two people on one number choose the same PIN. Returns the signed-out state of the newcomer.
    """
    household, phone = ON_ONE_NUMBER
    helper = open_visitor(browser, server.url, 360, "vi", "light", state=collaborator)
    codes = slips(helper, household)
    waiting = slips(helper, "12454-5")[0]
    helper.context.close()
    for code in codes:
        member = open_visitor(browser, server.url, 360, "vi", "light")
        first(member, phone, code)
        member.page.fill("#new", PIN)
        member.page.fill("#again", PIN)
        member.page.click(SUBMIT)
        member.page.wait_for_selector("details.account", state="attached")
        member.context.close()
    visitor = open_visitor(browser, server.url, 360, "vi", "light")
    page = visitor.go("/first/ask")
    page.fill("#login", "DM-00006")
    page.fill("#full_name", "Người Mới Đến")
    page.fill("#new", "con đường làng xa")
    page.fill("#again", "con đường làng xa")
    page.click(SUBMIT)
    page.wait_for_url("**/first/asked")
    first(visitor, "0900001005", waiting)
    state = visitor.context.storage_state()
    visitor.context.close()
    return state


def slips(visitor: Visitor, household: str) -> list[str]:
    """Return the confirmation codes of a household's slips."""
    show_slips(visitor.go(f"/manage/households/{household}"))
    return re.findall(r"\b[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}\b", visitor.page.inner_text("main"))


def first(visitor: Visitor, login: str, code: str) -> None:
    """Type the code of a slip."""
    page = visitor.go(f"/first?who={login}")
    page.fill("#code", code)
    page.click(SUBMIT)
    page.wait_for_url("**/first/secret")


def show_slips(page: Page) -> None:
    """Make the slips of a household and show them."""
    page.click("main button[name=then][value=show]")
    page.wait_for_selector("main .card .facts")


def mark(page: Page) -> None:
    """Hand a tried paper in as it is."""
    page.click("main button[name=then][value=mark]")
    page.wait_for_selector("main .mark-line")


def sign_in_as_two(page: Page) -> None:
    """Sign in with the number and the PIN that two people share."""
    page.fill("#login", ON_ONE_NUMBER[1])
    page.fill("#secret", PIN)
    page.click(SUBMIT)
    page.wait_for_url("**/login/choose*")


#: The pages that are drawn for whoever presses a button: what is done once the address is open.
PRESSED: dict[str, Callable[[Page], None]] = {
    "slips shown": show_slips,
    "a paper marked": mark,
    "one of two on a number": sign_in_as_two,
}
