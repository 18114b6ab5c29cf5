"""Captain Dũng's restricted course: a story shows him his leading questions, and failing shows him what to read."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, Visitor
from tests.browser.sitting import Sitter, begin_quiz, fields, read_all_lessons

pytestmark = pytest.mark.browser
PORTAL = "learning"
MOMENT = re.compile(r"\d{1,2}:\d{2}.*\d{1,2}/\d{1,2}/\d{4}")


def test_a_restricted_course_does_not_exist_for_others(visit: Visit) -> None:
    """He sees CA-01 in his catalogue; a parent and a stranger see neither the course nor a lesson of it."""
    captain, parent, stranger = visit(login="congan"), visit(login="phuhuynh"), visit()
    expect(captain.go("/courses/").locator("a[href='/courses/CA-01/']").first).to_be_visible()
    captain.go("/courses/CA-01/")
    lesson = captain.page.locator(".modules a[href*='/lessons/']").first.get_attribute("href") or ""
    for other in (parent, stranger):
        other.allowed.append("404")
        expect(other.go("/courses/").locator("a[href='/courses/CA-01/']")).to_have_count(0)
        for path in ("/courses/CA-01/", lesson):
            answer = other.page.goto(other.url + path)
            assert answer is not None
            assert answer.status == 404
            expect(other.page.locator("a[href='tel:111']").first).to_be_visible()


def test_a_story_and_two_failures(visit: Visit) -> None:
    """The first failure may be mended at once, after reading; the second opens a pause of a day."""
    captain = visit(login="congan")
    page = captain.page
    read_all_lessons(page, captain.url, "CA-01")
    sitter = Sitter("ca-01-2.toml")

    begin_quiz(page, captain.url, "CA-01")
    assert len(fields(page)) == 15
    step_by_step(page, sitter)
    hand_in(page)
    expect(page.locator("h1")).to_have_text("Lần này chưa đạt")
    expect(page.locator(".mark-line")).to_contain_text("Điểm đạt: 80%")
    expect(page.locator(".review .feedback--wrong").first).to_be_visible()
    expect(page.locator(".review .story__explain").first).to_be_visible()
    again = page.locator(".card ul a[href*='/courses/CA-01/lessons/']")
    assert 1 <= again.count() <= 4
    expect(page.locator("main")).to_contain_text("Có thể làm lại ngay")
    back = page.url
    again.first.click()
    expect(page.locator("article.lesson__body")).to_be_visible()
    page.goto(back)

    page.click("main .button--primary")
    begin_quiz(page, captain.url, "CA-01")
    for field in fields(page)[:3]:
        sitter.answer(field, right=False)
    hand_in(page)
    expect(page.locator("h1")).to_have_text("Lần này chưa đạt")
    expect(page.locator(".card")).to_contain_text(MOMENT)
    expect(page.locator("main .card .button--primary")).to_have_count(0)
    start_is_refused(captain)


def step_by_step(page: Page, sitter: Sitter) -> None:
    """Take the worst way through the first story: one step at a time, nothing ahead is in the page."""
    field = next(one for one in fields(page) if sitter.question(one)["kind"] == "branching")
    question = sitter.question(field)
    explained = [choice["explain"]["vi"] for step in question["steps"] for choice in step["choices"]]
    assert not any(words in page.content() for words in explained)
    steps = {step["text"]["vi"] for step in question["steps"]}
    assert sum(words in field.inner_text() for words in steps) == 1
    taken = 0
    while field.locator("[data-step]").count():
        words = sitter.step(field, right=False)
        taken += 1
        expect(field.locator(".story__taken").last).to_contain_text(words)
    assert taken >= 2
    expect(field.locator("[data-now]")).to_contain_text("đã kết thúc")
    page.reload()
    expect(field.locator(".story__taken")).to_have_count(taken)


def hand_in(page: Page) -> None:
    """Hand in and wait for the result."""
    page.click("[data-submit]")
    expect(page.locator(".mark-line")).to_be_visible()


def start_is_refused(captain: Visitor) -> None:
    """The quiz's page says when the next attempt opens and has no button; a forged start is refused, too."""
    page = captain.go("/courses/CA-01/quiz/")
    expect(page.locator(".callout")).to_contain_text(["", "24 giờ"])
    expect(page.locator(".callout").last).to_contain_text(MOMENT)
    expect(page.locator("main form[method=post]")).to_have_count(0)
    expect(page.locator(".task")).to_have_count(2)
    token = page.locator("input[name=csrf_token]").first.get_attribute("value") or ""
    answer = page.request.post(
        f"{captain.url}/courses/CA-01/quiz/?ref=final", form={"csrf_token": token}, max_redirects=0
    )
    assert answer.status in (303, 409), "no attempt is begun"
    expect(captain.go("/courses/CA-01/quiz/").locator(".task")).to_have_count(2)
