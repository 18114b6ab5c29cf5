"""A hall with a bad signal: Lan's evening, a class ticked by phone, and Captain Dũng's rubric with two assessors."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, expect

from courses import loader
from portal.config import ROOT
from tests.browser.conftest import Server, Visit

pytestmark = pytest.mark.browser
PORTAL = "learning"
LOST = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "Failed to fetch", "ERR_NETWORK_CHANGED")
SAVED = re.compile("save-state--saved")
FAILED = re.compile("save-state--failed")


def to_screen(page: Page, words: str) -> None:
    """Press the button until the screen with `words` is there."""
    for _ in range(40):
        if page.locator("[data-screen]:visible").get_by_text(words).count():
            return
        page.click("[data-on]")
    pytest.fail(f"no screen says {words}")


def test_lan_s_evening_without_a_signal_is_counted_once(visit: Visit) -> None:
    visitor = visit(login="congtacvien")
    visitor.allowed += LOST
    page = visitor.page
    page.clock.install()
    visitor.go("/manage/group-lessons/")
    page.get_by_role("link", name=re.compile("Mười phút")).first.click()
    expect(page.locator("[data-group]")).to_have_attribute("data-ready", "yes")
    before = page.locator("[data-place]").inner_text()
    assert before.startswith("1 / ")

    visitor.context.set_offline(True)
    page.fill("#place", "Nhà văn hóa thôn")
    page.click("[data-on]")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-place]")).to_have_text(re.compile("^3 / "))
    page.clock.fast_forward("20:00")
    page.reload()  # a phone that went to sleep: the page comes from the phone itself, and so does what was entered
    expect(page.locator("[data-place]")).to_have_text(re.compile("^3 / "))
    to_screen(page, "Giơ tay: câu 1")
    for _ in range(3):
        page.locator("[data-more]:visible").first.click()
    to_screen(page, "Ai có mặt?")
    people = page.locator("input[name=present]")
    assert people.count() >= 3
    names = page.locator("[data-name]")
    chosen = [names.nth(place).get_attribute("data-name") for place in (0, 1)]
    people.nth(0).check()
    people.nth(1).check()
    page.fill("#others", "7")
    to_screen(page, "Kết thúc bài học")
    expect(page.locator("[data-summary]")).to_have_text(re.compile("^2 "))
    page.get_by_role("button", name="Ghi nhận buổi học").click()
    expect(page.locator("[data-group-state]")).to_have_class(FAILED)

    visitor.context.set_offline(False)
    page.clock.fast_forward("01:00")
    expect(page.locator("[data-group-state]")).to_have_class(SAVED)
    # another tab, and the queue as it was before it was emptied: the same evening sent again
    visitor.go("/manage/group-lessons/")
    rows = page.locator("table tbody tr")
    evening = rows.filter(has_text="Nhà văn hóa thôn").filter(has_text="Mười phút")
    expect(evening).to_have_count(1)
    expect(evening).to_contain_text("7")
    evening.get_by_role("link").click()
    for name in chosen:
        assert name
        expect(page.locator("main")).to_contain_text(name)
    expect(page.locator("main")).to_contain_text("3 tay giơ")
    expect(page.locator("tbody tr")).to_have_count(2)


def test_an_evening_sent_twice_is_one(visit: Visit) -> None:
    visitor = visit(login="congtacvien")
    page = visitor.go("/manage/group-lessons/")
    page.locator("details[open] ol a").nth(4).click()
    expect(page.locator("[data-group]")).to_have_attribute("data-ready", "yes")
    person = page.locator("input[name=present]").first.get_attribute("value")

    answers = page.evaluate(
        """async (person) => {
            const form = document.querySelector("[data-group]");
            const send = () => fetch(form.getAttribute("action"), {method: "POST", headers: {
                "Content-Type": "application/json", "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content},
                body: JSON.stringify({key: "sent-twice-by-a-test", place: "Sân đình", began: Date.now() - 1000,
                    ended: Date.now(), present: [Number(person)], others: 0, hands: {}})}).then((one) => one.json());
            return Promise.all([send(), send(), send()]);
        }""",
        person,
    )

    assert len({one["evening"] for one in answers}) == 1
    assert {one["people"] for one in answers} == {1}
    visitor.go("/manage/group-lessons/?q=Sân đình")
    expect(page.locator("table tbody tr")).to_have_count(1)


def test_a_class_ticked_without_a_signal(visit: Visit) -> None:
    visitor = visit(login="hieutruong")
    visitor.allowed += LOST
    page = visitor.go("/manage/workshops/1/roll")
    boxes = page.locator("[data-tick]")
    expect(page.locator("[data-roll-state]")).to_have_class(SAVED)
    boxes.nth(0).check()
    expect(page.locator("[data-roll-state]")).to_have_class(SAVED)

    visitor.context.set_offline(True)
    boxes.nth(1).check()
    boxes.nth(2).check()
    boxes.nth(2).uncheck()
    expect(page.locator("[data-roll-state]")).to_have_class(FAILED)
    visitor.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("[data-roll-state]")).to_have_class(SAVED)

    page.reload()
    assert [boxes.nth(place).is_checked() for place in range(4)] == [True, True, False, False]
    visitor.go("/manage/workshops/1/close")
    expect(page.locator("dl.facts dd").first).to_have_text("2")


def test_a_class_ticked_without_script(visit: Visit) -> None:
    visitor = visit(login="sogddt", script=False)
    page = visitor.go("/manage/workshops/3/roll")
    boxes = page.locator("input[name=present]")
    assert boxes.nth(0).is_checked()

    boxes.nth(0).uncheck()
    page.click("main form button[type=submit] >> nth=0")

    assert not boxes.nth(0).is_checked()
    assert boxes.nth(1).is_checked()


@pytest.fixture
def interviewing(server: Server, tmp_path: Path) -> None:
    """Publish CA-09, a course of the tests: an observed interview that two mark, and nothing else."""
    folder = tmp_path / "CA-09" / "1"
    shutil.copytree(loader.CONTENT / "CA-01" / "1", folder)
    text = (folder / "course.toml").read_text(encoding="utf-8")
    rubric = (loader.CONTENT / "GD-01" / "2" / "course.toml").read_text(encoding="utf-8")
    rubric = rubric[rubric.index("[practice]") : rubric.index("[[quizzes]]")]
    rubric = rubric.replace("two_assessors = false", "two_assessors = true")
    rubric = rubric.replace('kind = "observed_lesson"', 'kind = "observed_interview"')
    text = text.replace('code = "CA-01"', 'code = "CA-09"')
    text = text[: text.index("[[completion]]")]
    text += '[[completion]]\nrule = "practice_marked"\nshare = "0.70"\n\n' + rubric
    (folder / "course.toml").write_text(text, encoding="utf-8")
    script = (
        "import sys; from pathlib import Path; from wsgi import app; from courses import loader\n"
        "from portal.core import clock; from portal.core.db import unit_of_work\n"
        "with app.app_context():\n"
        "    with unit_of_work() as session:\n"
        "        print(loader.load(session, Path(sys.argv[1]), clock.now()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        cwd=ROOT,
        env=server.environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def fill_in(page: Page, levels: list[int]) -> None:
    for place, level in enumerate(levels):
        page.locator("form fieldset.field--group").nth(place).locator("input").nth(level).check()
    page.get_by_role("button", name="Nộp phiếu").click()


def test_captain_dung_is_marked_by_two_and_a_third_decides(visit: Visit, interviewing: None) -> None:
    dung = visit(login="congan")
    dung.go("/courses/CA-09/").get_by_role("button", name="Bắt đầu").click()
    head, second, third = visit(login="congantinh"), visit(login="thuongtruc"), visit(login="huyen")

    head.allowed.append("422")  # one assessor where the course asks for two
    page = head.go("/manage/practice/")
    page.fill("#reason", "xếp người đánh giá phỏng vấn")  # police are on this list: it asks why
    page.click("main form button[type=submit]")
    page.get_by_role("link", name="Đỗ Tiến Dũng").click()
    page.fill("#place", "Phòng thân thiện")
    page.get_by_role("button", name="Sắp xếp").click()
    expect(page.locator(".error-summary")).to_contain_text("cần 2 người đánh giá")
    page.fill("#second", "thuongtruc")
    page.get_by_role("button", name="Sắp xếp").click()
    address = page.url.removeprefix(head.url)
    fill_in(page, [3, 3, 3, 3, 3])
    expect(page.locator("main")).to_contain_text("chờ phiếu đánh giá")

    other = second.go(address)
    expect(other.locator("main")).not_to_contain_text("Các mức đã chọn")  # blind
    fill_in(other, [3, 0, 3, 3, 2])

    head.go(address)
    expect(page.locator("main")).to_contain_text("Hai phiếu lệch nhau")
    page.fill("#login", "huyen")
    page.get_by_role("button", name="Cử người quyết định").click()
    deciding = third.go(address)
    expect(deciding.locator("form fieldset.field--group")).to_have_count(1)
    fill_in(deciding, [1])

    # 3 + 1 (decided) + 3 + 3 + (3 + 2)/2 = 12.5 of 15
    expect(deciding.locator("main")).to_contain_text("83,3%")
    expect(dung.go("/courses/CA-09/").locator("main")).to_contain_text("83,3%")
    expect(dung.go("/certificates/").locator("main")).to_contain_text(re.compile(r"CN-\d{4}"))


def test_a_roll_and_a_paper_list_open_again_without_a_signal_until_one_signs_out(visit: Visit) -> None:
    visitor = visit(login="congtacvien")
    visitor.allowed += LOST
    page = visitor.go("/manage/register")
    expect(page.locator("[data-register]")).to_have_attribute("data-ready", "yes")
    # the card begins with the first field: a line that says nothing yet takes no room
    top = page.evaluate(
        "document.querySelector('.field').getBoundingClientRect().top"
        " - document.querySelector('[data-register]').getBoundingClientRect().top"
    )
    assert top < 50, top

    visitor.context.set_offline(True)
    page.goto("about:blank")
    page.goto(visitor.url + "/manage/register")  # a phone that was switched off and on again
    page.fill("#full_name", "Vũ Thị Ngoại Tuyến")
    page.locator("input[name=consent]").check()
    page.get_by_role("button", name="Thêm vào danh sách").click()
    expect(page.locator("[data-rows]")).to_contain_text("Vũ Thị Ngoại Tuyến")
    visitor.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("[data-rows] .save-state--saved")).to_have_count(1)

    assert "kept-pages" in page.evaluate("caches.keys()")
    page.get_by_role("button", name="Menu").click()
    page.locator("details.account summary").click()
    page.get_by_role("button", name="Đăng xuất").click()
    page.wait_for_load_state()
    assert "kept-pages" not in page.evaluate("caches.keys()")
    visitor.context.set_offline(True)
    with pytest.raises(Error, match="ERR_"):
        page.goto(visitor.url + "/manage/register")
    visitor.context.set_offline(False)


def test_a_kept_roll_goes_with_the_quick_exit(visit: Visit) -> None:
    visitor = visit(login="hieutruong")
    visitor.allowed += LOST
    page = visitor.go("/manage/workshops/1/roll")
    expect(page.locator("[data-roll]")).to_have_attribute("data-ready", "yes")
    visitor.context.set_offline(True)
    page.goto("about:blank")
    page.goto(visitor.url + "/manage/workshops/1/roll")
    expect(page.locator("[data-tick]").first).to_be_visible()
    visitor.context.set_offline(False)

    page.route("https://www.google.com/**", lambda route: route.fulfill(body="gone"))
    page.locator("[data-exit]").click()
    page.wait_for_url("https://www.google.com/**")

    visitor.go("/help")
    assert "kept-pages" not in page.evaluate("caches.keys()")
