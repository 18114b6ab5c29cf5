"""Every page, in both languages and both colour schemes: fits a phone, and axe-core finds nothing.

One browser context a person and language goes from page to page of `pages`; what the pages need is made once, by
`making`. The portal says with each answer which templates it was drawn from, so that a template which is a whole page
and which nobody has looked at fails the test: whoever adds a page adds it to `pages`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response

from portal.config import ROOT
from tests.browser import making
from tests.browser.conftest import PASSWORD, Server, Visitor, open_visitor
from tests.browser.pages import HEADER, PAGES, ROLES

pytestmark = pytest.mark.browser
APPLICATION = "tests.browser.named:app"
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
# the other colours change nothing else: the page is the same, only its colours are looked at again
COLOURS = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}


@dataclass(frozen=True, slots=True)
class Made:
    """Signed-in states of every person, and addresses of what was made for the pages."""

    states: dict[str, Any]
    addresses: dict[str, str]


@pytest.fixture(scope="module")
def made(browser: Browser, server: Server) -> Made:
    """Sign everybody in once, and let each make what the pages need."""
    states: dict[str, Any] = {"": None}
    addresses: dict[str, str] = {}
    makes: dict[str, Callable[[Visitor], dict[str, str]]] = {
        "phuhuynh": making.of_a_parent,
        "hieutruong": making.of_the_head,
        "sogddt": making.of_a_department,
        "quantri": making.of_the_administrator,
        "congtacvien": making.of_a_collaborator,
        "hotrogiadinh": making.of_family_support,
        "thuongtruc": partial(making.of_the_standing_agency, server=server),
    }
    for login in ROLES[1:-1]:
        visitor = open_visitor(browser, server.url, 360, "vi", "light")
        visitor.sign_in(login, PASSWORD)
        if login in makes:
            addresses |= makes[login](visitor)
        states[login] = visitor.context.storage_state()
        visitor.context.close()
    states["newcomer"] = making.newcomer(browser, server, states["congtacvien"])
    return Made(states, addresses)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_fits_a_phone_and_pleases_axe(
    browser: Browser, server: Server, made: Made, language: str
) -> None:
    """All faults of all pages, in light and in dark, are told at once."""
    faults: list[str] = []
    drawn: set[str] = set()

    def heard(answer: Response) -> None:
        drawn.update(answer.headers.get(HEADER, "").split(","))

    for role in ROLES:
        visitor = open_visitor(browser, server.url, 360, language, "light", state=made.states[role])
        visitor.allowed += ["400", "404", "403", "422"]
        visitor.page.on("response", heard)
        for name, who, address, status in PAGES:
            if who != role:
                continue
            path = address.format(**made.addresses).removeprefix(server.url)
            path += ("&" if "?" in path else "?") + f"lang={language}"
            answer = visitor.page.goto(server.url + path)
            if name in making.PRESSED:
                making.PRESSED[name](visitor.page)
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
    faults += [f"{one}: no page of `pages` is drawn from it" for one in sorted(full_pages() - drawn)]
    assert faults == []


def full_pages() -> set[str]:
    """Return the names of all templates that are whole pages."""
    return {
        path.as_posix().split("/templates/", 1)[1]
        for package in ("portal", "courses", "quizzes")
        for path in (ROOT / package).rglob("templates/**/*.html")
        if re.search(r"\{%-? extends ", path.read_text())
    }


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
