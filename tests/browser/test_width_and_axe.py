"""Every page, in both languages and both colour schemes: fits a phone, and axe-core finds nothing.

One browser context a person, language and scheme goes from page to page; the open attempt, the result and the
certificate are made once, by a person who has passed.
"""

import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from portal.config import ROOT
from tests.browser.conftest import PASSWORD, Server, Visitor, open_visitor
from tests.browser.sitting import Sitter, begin_quiz, read_all_lessons

pytestmark = pytest.mark.browser
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
# the other colours change nothing else: the page is the same, only its colours are looked at again
COLOURS = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}
LESSON = "/courses/GD-01/lessons/vi-sao-khong-danh/"
ROLES = (
    "",
    "giaovien",
    "phuhuynh",
    "hieutruong",
    "sogddt",
    "quantri",
    "soanbai",
    "congtacvien",
    "hotrogiadinh",
    "thuongtruc",
)
PAGES = (
    # name, who ("": signed out), address with the names of what was made below, status
    ("welcome", "", "/", 200),
    ("login", "", "/login", 200),
    ("register", "", "/register", 200),
    ("help", "", "/help", 200),
    ("catalogue", "", "/courses/", 200),
    ("catalogue without a course", "", "/courses/?q=zzzz", 200),
    ("course signed out", "", "/courses/GD-01/", 200),
    ("lesson signed out", "", LESSON, 200),
    ("verify", "", "/verify/", 200),
    ("verify valid", "", "/verify/{serial}", 200),
    ("verify unknown", "", "/verify/CN-2026-0000-0000-0000-0", 404),
    ("not found", "", "/no-such-page", 404),
    ("home", "giaovien", "/", 200),
    ("course begun", "giaovien", "/courses/GD-01/", 200),
    ("lesson", "giaovien", LESSON, 200),
    ("lesson with everything", "giaovien", "/courses/GD-01/lessons/nam-buoc-binh-tinh/", 200),
    ("quiz front, lessons first", "giaovien", "/courses/GD-01/quiz/", 200),
    ("account", "giaovien", "/account", 200),
    ("no certificate yet", "giaovien", "/certificates/", 200),
    ("home of a parent", "phuhuynh", "/", 200),
    ("job aid", "phuhuynh", "/courses/CM-01/lessons/muoi-phut-theo-con/job-aid/1/", 200),
    ("asked before and after", "phuhuynh", "/courses/CM-01/before-after/", 200),
    ("quiz front", "phuhuynh", "/courses/CM-01/quiz/", 200),
    ("open attempt", "phuhuynh", "{open}", 200),
    ("result of a self-check", "phuhuynh", "{checked}", 200),
    ("forbidden", "phuhuynh", "/manage/", 403),
    ("result", "hieutruong", "{passed}", 200),
    ("course completed", "hieutruong", "/courses/GD-01/", 200),
    ("certificates", "hieutruong", "/certificates/", 200),
    ("home of a head", "hieutruong", "/", 200),
    ("classes", "giaovien", "/workshops/", 200),
    ("a class", "giaovien", "/workshops/1/", 200),
    ("check in", "giaovien", "/workshops/1/check-in?code=ABCDEFGHIJ", 200),
    ("classes held", "hieutruong", "/manage/workshops/", 200),
    ("a class held", "hieutruong", "/manage/workshops/1/", 200),
    ("roll", "hieutruong", "/manage/workshops/1/roll", 200),
    ("check-in screen", "hieutruong", "/manage/workshops/1/screen", 200),
    ("new class", "hieutruong", "/manage/workshops/new", 200),
    ("closing", "hieutruong", "/manage/workshops/1/close", 200),
    ("attendance file", "hieutruong", "/manage/workshops/1/file", 200),
    ("evidence", "hieutruong", "/manage/workshops/1/evidence", 200),
    ("paper class", "hieutruong", "/manage/workshops/paper/new", 200),
    ("practices", "hieutruong", "/manage/practice/", 200),
    ("a practice", "hieutruong", "/manage/practice/1/", 200),
    ("group lessons", "congtacvien", "/manage/group-lessons/", 200),
    ("an evening", "congtacvien", "/manage/group-lessons/1/", 200),
    ("board by course", "sogddt", "/manage/", 200),
    ("board by place", "sogddt", "/manage/?course=GD-01&by=place", 200),
    ("board by audience", "sogddt", "/manage/?by=audience", 200),
    ("people", "sogddt", "/manage/people?course=GD-01", 200),
    ("nobody found", "sogddt", "/manage/people?q=zzzz", 200),
    ("revoke", "quantri", "/manage/certificates/{serial}/revoke", 200),
    ("audit", "quantri", "/admin/audit", 200),
    ("roles", "quantri", "/admin/roles", 200),
    ("author", "soanbai", "/author/", 200),
    ("law used", "soanbai", "/author/law", 200),
    ("quality of courses", "soanbai", "/author/quality", 200),
    ("quizzes with keys", "soanbai", "/author/courses/", 200),
    ("a bank with its keys", "soanbai", "/author/courses/CA-01/1/quiz/final/", 200),
    ("a paper tried", "soanbai", "/author/courses/GD-01/1/quiz/final/paper", 200),
    ("the units of an area itself", "sogddt", "/manage/?place=own:34&by=place", 200),
    ("rules", "hieutruong", "/manage/assignments/", 200),
    ("a rule", "hieutruong", "/manage/assignments/1", 200),
    (
        "preview of a rule",
        "hieutruong",
        "/manage/assignments/new?preview=1&course=GD-01&due_on=2040-01-31",
        200,
    ),
    ("a rule with faults", "hieutruong", "/manage/assignments/new?preview=1", 422),
    ("remind", "hieutruong", "/manage/remind/?place=unit:MN-336-01&course=GD-01", 200),
    ("list for paper", "hieutruong", "/manage/remind/print?place=unit:MN-336-01&course=GD-01", 200),
    ("households", "congtacvien", "/manage/households/", 200),
    ("a household", "congtacvien", "/manage/households/12454-3", 200),
    ("paper list", "congtacvien", "/manage/register", 200),
    ("reason", "hotrogiadinh", "/manage/support/reason", 200),
    ("my data", "hieutruong", "/account/data", 200),
    ("my removal", "hieutruong", "/account/data/erase", 200),
    ("notices, none", "giaovien", "/notices", 200),
    ("jobs, none", "giaovien", "/manage/jobs/", 200),
    ("reason", "hieutruong", "/manage/reason?kind=police&place=area:D1", 200),
    ("looks", "quantri", "/admin/looks", 200),
    ("indicators", "sogddt", "/indicators/?period=2025-H1", 200),
    ("how all is calculated", "sogddt", "/indicators/how", 200),
    ("an indicator of facilities", "sogddt", "/indicators/CT06/?period=2025-H1", 200),
    ("facilities behind it", "sogddt", "/indicators/CT06/rows?period=2025-H1", 200),
    ("people inside them", "sogddt", "/indicators/CT06/rows?period=2025-H1&of=people", 200),
    ("nothing behind it", "sogddt", "/indicators/CT06/rows?period=2025-H1&q=zzzz", 200),
    ("a period that cannot be read", "sogddt", "/indicators/?period=soon", 400),
    ("an indicator of people", "thuongtruc", "/indicators/CT10/?period=2025-H1&place=area:336", 200),
    ("an indicator nobody is counted in", "thuongtruc", "/indicators/CT09/?period=2025-H1", 200),
    ("an indicator that grows", "thuongtruc", "/indicators/CT17/?period=2025", 200),
    ("an indicator in words", "thuongtruc", "/indicators/ĐT1/?period=2025-H1", 200),
    ("families behind it", "thuongtruc", "/indicators/CT01/rows?period=2025-H1", 200),
    ("declared values", "hieutruong", "/indicators/declarations/", 200),
    ("numbers by grade", "hieutruong", "/indicators/declarations/units/MN-336-01/children_by_grade", 200),
    ("reports", "thuongtruc", "/reports/filings/?period=2025-H1", 200),
    ("a report", "sogddt", "{report}", 200),
    ("words of a report", "sogddt", "{report}edit", 200),
    ("public figures", "", "/indicators/public/", 200),
    ("removals", "quantri", "/admin/erasures?who=giaovien", 200),
    ("removal", "quantri", "/admin/people/1/erase", 200),
)


@dataclass(frozen=True, slots=True)
class Made:
    """Signed-in states of every person, and addresses of what was made for the pages."""

    states: dict[str, Any]
    addresses: dict[str, str]


@pytest.fixture(scope="module")
def made(browser: Browser, server: Server) -> Made:
    """Sign everybody in once; pass a quiz, check oneself, leave an attempt open."""
    states: dict[str, Any] = {"": None}
    addresses: dict[str, str] = {}
    for login in ROLES[1:]:
        visitor = open_visitor(browser, server.url, 360, "vi", "light")
        page = visitor.sign_in(login, PASSWORD)
        if login == "hieutruong":
            addresses["passed"], addresses["serial"] = passed(visitor)
        if login == "phuhuynh":
            read_all_lessons(page, server.url, "CM-01")
            addresses["checked"] = begin_quiz(page, server.url, "CM-01")
            page.click("[data-submit]")
            page.wait_for_selector(".mark-line")
            addresses["open"] = begin_quiz(page, server.url, "CM-01")
        if login == "sogddt":
            page.goto(f"{server.url}/reports/filings/?period=2025-H1")
            page.locator("main table form button").click()
            page.wait_for_selector(".paper")
            addresses["report"] = page.url
        if login == "thuongtruc":
            filed(server)
        states[login] = visitor.context.storage_state()
        visitor.context.close()
    return Made(states, addresses)


def filed(server: Server) -> None:
    """File the consolidated report, so that the public page has something to show."""
    subprocess.run(
        [
            sys.executable, "-m", "flask", "--app", "wsgi", "reports", "file", "--period", "2025-H1",
            "--place", "area:34", "--prepared-by", "thuongtruc", "--by", "thuongtruc",
        ],
        cwd=ROOT, env=server.environ, check=True, capture_output=True, timeout=300,
    )  # fmt: skip


def passed(visitor: Visitor) -> tuple[str, str]:
    """Pass GD-01; return the address of the result and the number of the certificate."""
    read_all_lessons(visitor.page, visitor.url, "GD-01")
    address = begin_quiz(visitor.page, visitor.url, "GD-01")
    Sitter("gd-01-1.toml").answer_all(visitor.page)
    visitor.page.click("[data-submit]")
    visitor.page.wait_for_selector(".mark-line")
    href = visitor.page.locator("main .button--primary").get_attribute("href") or ""
    return address, href.removeprefix("/certificates/").removesuffix(".pdf")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_fits_a_phone_and_pleases_axe(
    browser: Browser, server: Server, made: Made, language: str
) -> None:
    """All faults of all pages, in light and in dark, are told at once."""
    faults: list[str] = []
    for role in ROLES:
        visitor = open_visitor(browser, server.url, 360, language, "light", state=made.states[role])
        visitor.allowed += ["400", "404", "403", "422"]
        for name, who, address, status in PAGES:
            if who != role:
                continue
            path = address.format(**made.addresses).removeprefix(server.url)
            path += ("&" if "?" in path else "?") + f"lang={language}"
            answer = visitor.page.goto(server.url + path)
            if name == "public figures":  # its tables are folded
                visitor.page.evaluate(
                    "document.querySelectorAll('main details').forEach(one => { one.open = true; })"
                )
            assert answer is not None
            if answer.status != status:
                faults.append(f"{name}: answered {answer.status}, not {status}")
            faults += [f"{name}: {fault}" for fault in faults_of(visitor.page, language)]
            visitor.page.emulate_media(color_scheme="dark")
            faults += [f"{name}, dark: {fault}" for fault in violations(visitor.page, COLOURS)]
            visitor.page.emulate_media(color_scheme="light")
        faults += [f"{role or 'signed out'}: {one}" for one in visitor.unexpected()]
        visitor.context.close()
    assert faults == []


AXE = Axe()


def faults_of(page: Page, language: str) -> list[str]:
    """Return what is wrong with the page shown."""
    seen: dict[str, Any] = page.evaluate(
        """() => ({
            wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
            beyond: [...document.querySelectorAll("main *")].filter(one => one.getBoundingClientRect().right > innerWidth + 1
                && !one.closest(".table-region, .visually-hidden, svg, pre")).slice(0, 3).map(one => one.outerHTML.slice(0, 90)),
            headings: document.querySelectorAll("h1").length,
            title: document.title, lang: document.documentElement.lang,
            call: document.querySelectorAll("a[href='tel:111']").length,
            exit: document.querySelectorAll("[data-exit]").length,
        })"""
    )
    faults = []
    if seen["wide"] > 0:
        faults.append(f"scrolls sideways by {seen['wide']} px: {seen['beyond']}")
    if seen["headings"] != 1:
        faults.append(f"has {seen['headings']} headings of the first level")
    if len(seen["title"]) < 5:
        faults.append(f"has the title {seen['title']!r}")
    if seen["lang"] != language:
        faults.append(f"is in {seen['lang']!r}")
    if not seen["call"] or not seen["exit"]:
        faults.append("has no 111 or no quick exit")
    return faults + violations(page, RULES)


def violations(page: Page, options: dict[str, Any]) -> list[str]:
    """Return what axe-core finds, with the first places of each."""
    faults = []
    for violation in AXE.run(page, options=options).response["violations"]:
        nodes = [" ".join(map(str, node["target"])) for node in violation["nodes"]]
        said = violation["nodes"][0].get("failureSummary", "").replace("\n", " ")[:220]
        faults.append(f"axe {violation['id']}: {nodes[:3]} ({len(nodes)}): {said}")
    return faults


def test_the_scales_are_true(browser: Browser, server: Server, made: Made) -> None:
    """A page that is wrong in every way is found out, in both colour schemes."""
    visitor = open_visitor(browser, server.url, 360, "vi", "light")
    page = visitor.go("/help")
    page.evaluate(
        """() => document.querySelector("main").insertAdjacentHTML("beforeend", '<h1>x</h1><img src="data:,">'
            + '<p class="narrow">grey</p>') """
    )
    page.evaluate(
        """() => { const one = document.querySelector(".narrow").style;
            one.width = "500px"; one.color = "#777"; one.background = "#666"; }"""
    )
    found = " ".join(faults_of(page, "en"))
    for fault in ("sideways", "2 headings", "is in 'vi'", "image-alt", "color-contrast"):
        assert fault in found
    page.emulate_media(color_scheme="dark")
    assert "color-contrast" in " ".join(violations(page, COLOURS))
    visitor.context.close()
