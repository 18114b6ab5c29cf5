"""Every shipped course from its first lesson to its certificate, by reading the pages.

The learner is of the first audience of the course that has an account in the demonstration, and where a course asks some
audiences for more, one of those learns it too; who began an older version
there finishes that. Answers come from the banks, by the words of the questions. A course that is begun only by whom it
was given to is given by the head over her. What needs other people – a class, an observed practice – is read off the
course's checklist and done by them, each on their own pages: the head announces the class, ticks her and closes it, or
arranges the practice and marks it, with a second assessor where the course asks for two.

One course runs by default; EVERY_COURSE=1 runs all.
"""

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from courses import loader
from courses.completion import binds
from courses.manifest import CourseManifest, read_course
from courses.workshops.plan import PLAN_ITEMS
from portal.core import clock
from portal.demo.accounts import ACCOUNTS
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
    "manager": "sogddt",
    "child_affairs_officer": "huyen",
}
HEADS = {
    "yte": "soyte",
    "canboxa": "huyen",
    "congtacvien": "huyen",
    "congan": "congantinh",
    "sogddt": "thuongtruc",
    "huyen": "thuongtruc",
}
"""Who gives a course to a learner, holds her class and arranges her practice."""
SECOND = "sogddt"
"""Who marks a practice beside the head."""
CLASS = re.compile(r"Dự \d+ buổi học")
PRACTICE = re.compile(r"Thực hành có quan sát và được chấm điểm")
"""What other people fill in on the checklist."""
KINDS = {"completion": "Giấy chứng nhận hoàn thành", "participation": "Giấy xác nhận tham gia"}
PEOPLE = {one.username: one for one in ACCOUNTS}


def newest() -> dict[str, CourseManifest]:
    """Return the newest version of each shipped course that runs."""
    found = {folder.parent.name: folder for folder in loader.folders()}
    wanted = found if os.environ.get("EVERY_COURSE") == "1" else {BY_DEFAULT: found[BY_DEFAULT]}
    return {code: read_course(folder) for code, folder in wanted.items()}


COURSES = newest()


def ways() -> Iterator[tuple[str, str]]:
    """Yield each course with an audience for each set of rules and kind of certificate that it has."""
    for code, course in sorted(COURSES.items()):
        seen = set()
        for audience in (one for one in course.audiences if one in LEARNERS):
            asked = (
                *(binds(rule.audiences, audience) for rule in course.completion),
                kind_for(course, audience),
            )
            if asked not in seen:
                seen.add(asked)
                yield code, audience


def kind_for(course: CourseManifest, audience: str) -> str:
    others = [kind for kind, audiences in course.certificate_for.items() if audience in audiences]
    return others[0] if others else course.certificate


@pytest.mark.parametrize(("code", "audience"), list(ways()))
def test_from_the_first_lesson_to_the_certificate(visit: Visit, code: str, audience: str) -> None:
    course = COURSES[code]
    if course.access == "discreet":
        pytest.skip(f"{code} is read under another name, by families whom nobody else knows")
    login = LEARNERS[audience]
    learner = visit(login=login)
    page = learner.page
    if course.access == "restricted":
        give(visit(login=HEADS[login], width=1280), learner, login, code)
    read_all_lessons(page, learner.url, code)

    for rule in course.completion:
        if rule.quiz is not None and binds(rule.audiences, audience):
            pass_quiz(learner, course, rule.quiz)

    legs = waiting(learner, code)
    assert all(CLASS.search(one) or PRACTICE.search(one) for one in legs), legs
    learner.go("/certificates/")
    mine = page.locator(".certificate").filter(has_text=course.title.vi)
    expect(mine).to_have_count(0 if legs else 1)
    if legs:
        head = visit(login=HEADS[login], width=1280)
        for leg in legs:
            if CLASS.search(leg):
                hold_a_class(head, login, course)
            else:
                mark_a_practice(head, visit, login, course)
        assert waiting(learner, code) == []
        learner.go("/certificates/")
        expect(mine).to_have_count(1)
    expect(mine.locator(".certificate__kind")).to_have_text(KINDS[kind_for(course, audience)])
    certificate_opens(page, learner.url, mine.locator(".serial").inner_text())


def waiting(learner: Visitor, code: str) -> list[str]:
    """Return the lines of the course's checklist that are not done."""
    checklist = learner.go(f"/courses/{code}/").locator(".rules").first
    assert checklist.locator(".rule").count() >= 1
    return [plain(one) for one in checklist.locator(".rule:not(.rule--done)").all_text_contents()]


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


def give(head: Visitor, learner: Visitor, login: str, code: str) -> None:
    """The head gives the course to the learner's unit, sees her among those it reaches, and she reads by when."""
    due = clock.today() + timedelta(days=30)
    page = read_with_a_reason(head, f"/manage/assignments/new?place=unit:{PEOPLE[login].unit}")
    page.select_option("#course", code)
    page.fill("#due_on", due.isoformat())
    page.get_by_role("button", name="Xem ai sẽ được giao").click()
    say_why(page)
    expect(page.locator("main table")).to_contain_text(PEOPLE[login].full_name)
    page.get_by_role("button", name="Giao học cho những người này").click()
    page.wait_for_url("**/jobs/*")
    for _ in range(60):  # people are asked in the background
        told = learner.go(f"/courses/{code}/").locator("main").get_by_text(f"{due:%d/%m/%Y}")
        if told.count():
            return
        learner.page.wait_for_timeout(500)
    pytest.fail(f"{code} was given, and the learner is not told")


def hold_a_class(head: Visitor, login: str, course: CourseManifest) -> None:
    """Announce a class of today, put the learner on its list, tick her and close it with one signature."""
    page = head.go("/manage/workshops/new")
    page.fill("#title", f"Lớp thực hành {course.code}")
    page.select_option("#course", label=f"{course.code} · {course.title.vi}")
    page.select_option("#plan_item", next(one for one in course.plan_items if one in PLAN_ITEMS))
    page.fill("#place", "Hội trường")
    page.fill("#days-0-day", clock.today().isoformat())
    page.get_by_role("button", name="Mở lớp").click()
    page.wait_for_url(re.compile(r"/manage/workshops/\d+/$"))
    address = page.url.removeprefix(head.url)
    page.fill("#login", login)
    page.get_by_role("button", name="Đăng ký cho người này").click()
    expect(page.locator("main table")).to_contain_text(PEOPLE[login].full_name)
    page = read_with_a_reason(head, f"{address}roll")
    page.locator("[data-tick]").check()
    expect(page.locator("[data-roll-state]")).to_have_class(re.compile("save-state--saved"))
    head.go(f"{address}close")
    page.fill("#signatures", "1")
    page.get_by_role("button", name="Đóng lớp").click()
    page.wait_for_url(f"**{address}")
    expect(page.locator("main")).to_contain_text("Đã đóng")


def mark_a_practice(head: Visitor, visit: Visit, login: str, course: CourseManifest) -> None:
    """Arrange the practice; the head, and a second where the course asks for two, choose the best level everywhere."""
    assert course.practice is not None
    # a whole province waits on some heads' pages: one looks for the name
    page = read_with_a_reason(head, f"/manage/practice/?q={quote(PEOPLE[login].full_name)}")
    line = page.locator(".task").filter(has_text=PEOPLE[login].full_name).filter(has_text=course.code)
    line.get_by_role("link").click()
    page.fill("#place", "Phòng họp")
    if course.practice.two_assessors:
        page.fill("#second", SECOND)
    page.get_by_role("button", name="Sắp xếp").click()
    say_why(page)
    page.wait_for_url(re.compile(r"/manage/practice/\d+/$"))
    address = page.url.removeprefix(head.url)
    criteria = [len(one.levels) for one in course.practice.criteria]
    best_levels(page, criteria)
    if course.practice.two_assessors:
        expect(page.locator("main")).to_contain_text("chờ phiếu đánh giá")
        best_levels(read_with_a_reason(visit(login=SECOND, width=1280), address), criteria)
    page = read_with_a_reason(head, address)
    expect(page.locator("main dl.facts")).to_contain_text("100%")


def best_levels(page: Page, criteria: list[int]) -> None:
    """Choose the highest level of every criterion of the sheet and hand it in."""
    groups = page.locator("form fieldset.field--group")
    expect(groups).to_have_count(len(criteria))
    for place, levels in enumerate(criteria):
        groups.nth(place).locator("input").nth(levels - 1).check()
    page.get_by_role("button", name="Nộp phiếu").click()
    expect(page.get_by_role("button", name="Nộp phiếu")).to_have_count(0)


def read_with_a_reason(visitor: Visitor, path: str) -> Page:
    """Open a page; where police officers are on it, say first why."""
    page = visitor.go(path)
    say_why(page)
    return page


def say_why(page: Page) -> None:
    """Give the reason where one is asked for."""
    ask = page.get_by_role("button", name="Ghi lý do và mở danh sách")
    if ask.count():
        page.fill("#reason", "Sắp xếp và chấm phần thực hành của khóa học theo kế hoạch năm")
        ask.click()
        page.wait_for_load_state()


def certificate_opens(page: Page, url: str, serial: str) -> None:
    """The file is a PDF, and whoever has its number sees that it is genuine."""
    assert page.request.get(f"{url}/certificates/{serial}.pdf").body().startswith(b"%PDF-")
    page.goto(f"{url}/verify/{serial}")
    expect(page.locator(".verdict")).to_have_class(re.compile("verdict--valid"))
