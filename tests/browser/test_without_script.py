"""JavaScript off: everything a learner must do works by links and forms."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.sitting import Sitter, begin_quiz, choice_of, fields, plain

pytestmark = pytest.mark.browser
PORTAL = "looking"


def test_a_parent_learns_without_script(visit: Visit) -> None:
    """Sign in, read, finish a lesson, save the quiz by its form, follow a story, hand in, read the result."""
    parent = visit(script=False, login="phuhuynh")
    page = parent.go("/courses/CM-01/")
    page.click("form[action='/courses/CM-01/enrol'] button")
    page.wait_for_url("**/courses/CM-01/before-after/")
    page.click("main .actions form button")  # she answers the questions before the course, with a thumb
    page.wait_for_url("**/attempts/*/")
    asked = Sitter("cm-01-before-after-1.toml")
    assert len(asked.kinds(page)) == 8
    for field in fields(page):
        asked.answer(field, script=False)
    page.click("button[name=then][value=submit]")
    page.wait_for_url("**/courses/CM-01/before-after/")
    expect(page.locator("main h1")).to_contain_text("Cảm ơn")
    expect(page.locator(".review")).to_have_count(0)
    page.click("main .actions a")
    page.wait_for_url("**/lessons/**")
    expect(page.locator("main h1")).not_to_be_empty()
    first = page.url
    page.click(".lesson-nav form button")
    page.wait_for_url(lambda url: url != first)
    page.goto(first)
    expect(page.locator(".lesson-nav form")).to_have_count(0)

    begin_quiz(page, parent.url, "CM-01")
    expect(page.locator("[data-offline]")).to_be_hidden()
    sitter = Sitter("cm-01-2.toml")
    kinds = sitter.kinds(page)
    assert len(kinds) == 13  # one of each of six objectives, and the seven of the track
    for field in fields(page):
        sitter.answer(field, script=False)
    page.click("button[name=then][value=save]:not([data-step])")
    page.wait_for_load_state()
    saved = page.locator("[data-state]").filter(has_text=re.compile(r"Đã lưu"))
    expect(saved).to_have_count(sum(kind != "branching" for kind in kinds))
    assert page.locator(".question-map .is-answered").count() == sum(kind != "branching" for kind in kinds)

    for number in [place for place, kind in enumerate(kinds) if kind == "branching"]:
        follow_the_story(page, sitter, number)

    page.click("button[name=then][value=submit]")
    expect(page.locator(".mark-line__figure")).to_be_visible()
    line = re.match(r"(\d+) / (\d+)", plain(page.locator(".mark-line").text_content()))
    assert line is not None
    assert line[1] == line[2] == "13", "what was saved by the form is what was marked"


def test_a_story_goes_on_step_by_step_without_script(visit: Visit) -> None:
    """Each step is a page: what was chosen stays, and what comes next is asked. CA-01 has a story in every paper."""
    investigator = visit(script=False, login="congan")
    page = investigator.go("/courses/CA-01/")
    with page.expect_navigation():
        page.click("form[action='/courses/CA-01/enrol'] button >> nth=0")
    while "/lessons/" in page.url:
        with page.expect_navigation():
            page.click(".lesson-nav form button")
    begin_quiz(page, investigator.url, "CA-01")
    sitter = Sitter("ca-01-2.toml")
    stories = [place for place, kind in enumerate(sitter.kinds(page)) if kind == "branching"]
    assert stories, "every paper of CA-01 has at least one story"
    follow_the_story(page, sitter, stories[0])
    page.click("button[name=then][value=submit]")
    expect(page.locator("h1")).to_have_text("Lần này chưa đạt")
    expect(page.locator(".review .story__explain").first).to_be_visible()


def follow_the_story(page: Page, sitter: Sitter, number: int) -> None:
    """Take steps with the button of the story until it has ended."""
    for taken in range(12):
        field = fields(page)[number]
        if not field.locator("[data-step]").count():
            break
        expect(field.locator(".story__taken")).to_have_count(taken)
        words = sitter.next_choice(field)
        choice_of(field, words).click()
        field.locator("[data-step]").click()
        page.wait_for_load_state()
        expect(fields(page)[number].locator(".story__taken")).to_have_count(taken + 1)
        expect(fields(page)[number].locator(".story__taken").last).to_contain_text(words)
    expect(fields(page)[number].locator("[data-now]")).to_contain_text("đã kết thúc")
