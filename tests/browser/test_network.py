"""A signal that drops, impatient fingers, two tabs: nothing is lost, and nothing happens twice."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from tests.browser.conftest import Visit, Visitor
from tests.browser.sitting import Sitter, begin_quiz, fields, read_all_lessons

pytestmark = pytest.mark.browser
LOST = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "Failed to fetch", "ERR_NETWORK_CHANGED")
SAVED = re.compile("save-state--saved")
FAILED = re.compile("save-state--failed")


def in_the_quiz(visit: Visit, login: str) -> Visitor:
    """Sign somebody in, read every lesson of GD-01 and open its final quiz."""
    visitor = visit(login=login)
    visitor.allowed += LOST
    read_all_lessons(visitor.page, visitor.url, "GD-01")
    begin_quiz(visitor.page, visitor.url, "GD-01")
    return visitor


def queue(page: Page) -> list[str]:
    """Return what waits on this device, by question."""
    found: list[str] = page.evaluate(
        """() => Object.keys(localStorage).filter(key => key.startsWith("attempt:"))
            .flatMap(key => Object.keys(JSON.parse(localStorage.getItem(key))))"""
    )
    return found


def test_answers_wait_on_the_device_and_are_sent_when_the_network_is_back(visit: Visit) -> None:
    """Offline: said so, kept. Back: sent by itself, with the time. A reload shows them from the server."""
    huong = in_the_quiz(visit, "giaovien")
    page, sitter = huong.page, Sitter("gd-01-1.toml")
    first, second, third = answerable(page, sitter)[:3]
    sitter.answer(first)
    expect(first.locator("[data-state]")).to_have_class(SAVED)
    expect(first.locator("[data-state]")).to_have_text(re.compile(r"Đã lưu (lúc )?\d{1,2}:\d{2}"))
    expect(page.locator("[data-offline]")).to_be_hidden()

    huong.context.set_offline(True)
    sitter.answer(second)
    sitter.answer(third)
    expect(page.locator("[data-offline]")).to_be_visible()
    expect(page.locator("[data-offline]")).to_contain_text("vẫn còn trên máy này")
    for field in (second, third):
        expect(field.locator("[data-state]")).to_have_class(FAILED)
        expect(field.locator("[data-state]")).to_have_text("Chưa gửi được")
    given = answers(page)
    assert len(queue(page)) == 2

    huong.context.set_offline(False)
    for field in (second, third):
        expect(field.locator("[data-state]")).to_have_class(SAVED)
    expect(page.locator("[data-offline]")).to_be_hidden()
    assert queue(page) == []
    assert answers(page) == given
    page.reload()
    assert answers(page) == given


def test_a_page_reloaded_with_answers_waiting_puts_them_back_and_sends_them(visit: Visit) -> None:
    """The signal is back only for pages: saving still fails, the page is drawn anew, the answers are in it again."""
    officer = in_the_quiz(visit, "canboxa")
    page, sitter = officer.page, Sitter("gd-01-3.toml")
    first, second = answerable(page, sitter)[:2]
    page.route("**/answers", lambda route: route.abort())
    sitter.answer(first)
    sitter.answer(second)
    expect(second.locator("[data-state]")).to_have_class(FAILED)
    given = answers(page)
    page.reload()
    assert answers(page) == given
    assert len(queue(page)) == 2
    expect(page.locator("[data-offline]")).to_be_visible()
    expect(first.locator("[data-state]")).to_have_class(FAILED)
    page.unroute("**/answers")
    expect(second.locator("[data-state]")).to_have_class(SAVED)
    assert queue(page) == []
    page.reload()
    assert answers(page) == given


def test_handing_in_waits_for_what_has_not_been_sent(visit: Visit) -> None:
    """Without the network the button hands nothing in, and says so; with it, everything arrives first, then the result."""
    postman = in_the_quiz(visit, "buuta")
    page, sitter = postman.page, Sitter("gd-01-3.toml")
    first, second = answerable(page, sitter)[:2]
    sitter.answer(first)
    expect(first.locator("[data-state]")).to_have_class(SAVED)
    postman.context.set_offline(True)
    sitter.answer(second)
    page.click("[data-submit]")
    expect(page.locator("[data-total]")).to_have_class(FAILED)
    expect(page.locator("[data-total]")).to_contain_text("chưa gửi")
    expect(page.locator("[data-submit]")).to_be_visible()
    postman.context.set_offline(False)
    expect(second.locator("[data-state]")).to_have_class(SAVED)
    page.click("[data-submit]")
    expect(page.locator(".mark-line__figure")).to_have_text("2 / 15")
    assert queue(page) == []


def test_sending_an_answer_twice_changes_nothing(visit: Visit) -> None:
    """The same save, again and late: the newer answer stays."""
    nurse = in_the_quiz(visit, "yte")
    page, sitter = nurse.page, Sitter("gd-01-3.toml")
    field = next(one for one in answerable(page, sitter) if sitter.question(one)["kind"] == "single")
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.url.endswith("/answers") else None)
    sitter.answer(field, right=False)
    expect(field.locator("[data-state]")).to_have_class(SAVED)
    wrong = answers(page)
    sitter.answer(field)
    expect(field.locator("[data-state]")).to_have_class(SAVED)
    page.wait_for_function("() => !localStorage.length")
    right = answers(page)
    assert wrong != right
    assert len(sent) == 2
    for request in (sent[1], sent[1], sent[0]):
        again = page.request.post(
            request.url,
            headers={"X-CSRFToken": request.headers["x-csrftoken"], "Content-Type": "application/json"},
            data=request.post_data or "",
        )
        assert again.status in (200, 409)
    page.reload()
    assert answers(page) == right


def test_two_tabs_that_hand_in_at_once_make_one_result_and_one_certificate(visit: Visit) -> None:
    """Both tabs show the same result; there is one attempt and one certificate."""
    deputy = in_the_quiz(visit, "hieutruong")
    page = deputy.page
    Sitter("gd-01-1.toml").answer_all(page)
    other = deputy.more()
    other.goto(page.url)
    gate = "() => document.querySelector('[data-submit]').click()"
    answered: list[int] = []
    deputy.context.on(
        "response", lambda answer: answered.append(answer.status) if answer.url.endswith("/submit") else None
    )
    page.evaluate(gate)
    other.evaluate(gate)
    for tab in (page, other):
        expect(tab.locator("h1")).to_have_text("Đạt")
        expect(tab.locator(".mark-line__figure")).to_have_text("15 / 15")
    assert len(answered) == 2
    assert page.url == other.url
    page.goto(f"{deputy.url}/certificates/")
    expect(page.locator(".certificate")).to_have_count(1)
    page.goto(f"{deputy.url}/courses/GD-01/quiz/")
    expect(page.locator(".task")).to_have_count(1)


def test_two_starts_at_once_make_one_attempt(visit: Visit) -> None:
    """Begin is pressed in two tabs: both land in the same attempt."""
    soldier = visit(login="congtacvien")
    read_all_lessons(soldier.page, soldier.url, "GD-01")
    page, other = soldier.page, soldier.more()
    for tab in (page, other):
        tab.goto(f"{soldier.url}/courses/GD-01/quiz/")
    press = "() => document.querySelector('main form button[type=submit]').click()"
    page.evaluate(press)
    other.evaluate(press)
    for tab in (page, other):
        tab.wait_for_url("**/attempts/*/")
    assert page.url == other.url
    page.goto(f"{soldier.url}/courses/GD-01/quiz/")
    expect(page.locator(".task")).to_have_count(1)
    assert cookies(soldier.context) == 1


def cookies(context: BrowserContext) -> int:
    """Return how many sessions the browser holds."""
    return sum(cookie.get("name") == "hoc" for cookie in context.cookies())


def answerable(page: Page, sitter: Sitter) -> list:  # type: ignore[type-arg]
    """Return the questions that are answered in one go: a story takes several."""
    return [
        field
        for field in fields(page)
        if sitter.question(field)["kind"] in ("single", "truefalse", "numeric")
    ]


def answers(page: Page) -> dict[str, list[str]]:
    """Return what the form holds now, question by question."""
    found: dict[str, list[str]] = page.locator("[data-question]").evaluate_all(
        """all => Object.fromEntries(all.map(one => [one.dataset.question,
            [...one.querySelectorAll("input, select")].filter(c => !["radio", "checkbox"].includes(c.type) || c.checked)
                .map(c => c.name + "=" + c.value)]))"""
    )
    return found
