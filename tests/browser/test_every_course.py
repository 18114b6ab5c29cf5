"""Every shipped course from its first lesson to its certificate, by reading the pages.

The learner is of the first audience of the course that has an account in the demonstration, or, where all of these began an
older version there, somebody who begins the newest. Answers come from the banks, by the words of the questions. What needs other people – a class, an
observed practice – is read off the course's checklist: the test then ends where the learner waits for them, without a
certificate.

One course runs by default; EVERY_COURSE=1 runs all.
"""

import os
import re

import pytest
from playwright.sync_api import Page, expect

from courses import loader
from courses.manifest import CourseManifest, read_course
from tests.browser.conftest import Visit, Visitor
from tests.browser.sitting import Sitter, fields, plain, read_all_lessons

pytestmark = pytest.mark.browser
BY_DEFAULT = "BD-01"
LEARNERS = {
    "parent": "phuhuynh",
    "investigator": "congan",
    "police_officer": "congan",
    "health_worker": "yte",
    "commune_officer": "canboxa",
    "postal_worker": "buuta",
    "collaborator": "congtacvien",
    "manager": "hieutruong",
    "child_affairs_officer": "huyen",
}
BEGINS_ANEW = {"GD-01": "buuta"}
"""Who learns a course that is open to all, where every account of its audiences began an older version."""
WITH_OTHERS = re.compile(r"Thực hành có quan sát và được chấm điểm|Dự \d+ buổi học")
"""What other people fill in on the checklist."""


def newest() -> dict[str, CourseManifest]:
    """Return the newest version of each shipped course that everybody of its audience may begin."""
    found = {folder.parent.name: folder for folder in loader.folders()}
    wanted = found if os.environ.get("EVERY_COURSE") == "1" else {BY_DEFAULT: found[BY_DEFAULT]}
    return {code: read_course(folder) for code, folder in wanted.items()}


COURSES = newest()


@pytest.mark.parametrize("code", sorted(COURSES))
def test_from_the_first_lesson_to_the_certificate(visit: Visit, code: str) -> None:
    course = COURSES[code]
    if course.access in ("restricted", "discreet"):
        pytest.skip(f"{code} is begun only by those to whom it was assigned")
    login = BEGINS_ANEW.get(code) or next(LEARNERS[one] for one in course.audiences if one in LEARNERS)
    learner = visit(login=login)
    page = learner.page
    read_all_lessons(page, learner.url, code)

    for ref in (rule.quiz for rule in course.completion if rule.quiz is not None):
        pass_quiz(learner, course, ref)

    page.goto(f"{learner.url}/courses/{code}/")
    checklist = page.locator(".rules").first
    lines = [plain(one) for one in checklist.locator(".rule").all_text_contents()]
    waiting = [plain(one) for one in checklist.locator(".rule:not(.rule--done)").all_text_contents()]
    assert len(lines) >= 1
    assert all(WITH_OTHERS.search(one) for one in waiting), waiting
    learner.go("/certificates/")
    mine = page.locator(".certificate").filter(has_text=course.title.vi)
    if waiting:
        expect(mine).to_have_count(0)
        return
    expect(mine).to_have_count(1)
    certificate_opens(page, learner.url, mine.locator(".serial").inner_text())


def pass_quiz(learner: Visitor, course: CourseManifest, ref: str) -> None:
    """Answer everything rightly, see each answer saved, hand in, and read that it is passed."""
    page = learner.page
    bank = next(quiz.bank for quiz in course.quizzes if quiz.ref == ref)
    page.goto(f"{learner.url}/courses/{course.code}/quiz/?ref={ref}")
    page.click("main form button[type=submit]")
    page.wait_for_url("**/attempts/*/")
    drawn = next(quiz.draw for quiz in course.quizzes if quiz.ref == ref)
    assert len(fields(page)) == sum(one.count for one in drawn)
    Sitter(f"{bank}.toml").answer_all(page)
    page.click("[data-submit]")
    expect(page.locator("h1")).to_have_text("Đạt")
    expect(page.locator(".mark-line")).to_contain_text("100%")


def certificate_opens(page: Page, url: str, serial: str) -> None:
    """The file is a PDF, and whoever has its number sees that it is genuine."""
    assert page.request.get(f"{url}/certificates/{serial}.pdf").body().startswith(b"%PDF-")
    page.goto(f"{url}/verify/{serial}")
    expect(page.locator(".verdict")).to_have_class(re.compile("verdict--valid"))
