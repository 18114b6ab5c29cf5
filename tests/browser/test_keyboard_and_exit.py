"""By keyboard alone, and away in one press: the skip link, the order of Tab, quick exit, colours, the menu."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, Visitor

pytestmark = pytest.mark.browser
PORTAL = "looking"
LESSON = "/courses/GD-01/lessons/vi-sao-khong-danh/"


def test_the_skip_link_comes_first_and_goes_to_the_content(visit: Visit) -> None:
    """The first Tab shows it; Enter puts the focus into the content."""
    page = visit(width=1280).go(LESSON)
    page.keyboard.press("Tab")
    link = page.locator(".skip-link")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.closest('main') !== null")


def test_tab_reaches_the_main_action_and_nothing_invisible(visit: Visit) -> None:
    """On the pages of a learner; wherever the focus is, it can be seen and is marked."""
    huong = visit(login="giaovien")
    for path, action in (
        ("/", "main .button--primary"),
        ("/courses/GD-01/", "main .button--primary"),
        (LESSON.replace("vi-sao-khong-danh", "noi-quy-cung-xay"), ".lesson-nav .button--primary"),
    ):
        page = huong.go(path)
        for _press in range(80):
            page.keyboard.press("Tab")
            here = page.evaluate(
                """wanted => { const one = document.activeElement, box = one.getBoundingClientRect(),
                    look = getComputedStyle(one);
                    return { there: one.matches(wanted), wide: box.width, high: box.height, name: one.outerHTML.slice(0, 80),
                        marked: look.outlineStyle !== "none" || look.boxShadow !== "none" } }""",
                action,
            )
            assert min(here["wide"], here["high"]) > 1, (
                f"{path}: the focus is on what nobody sees: {here['name']}"
            )
            assert here["marked"], f"{path}: the focus cannot be seen on {here['name']}"
            if here["there"]:
                break
        else:
            pytest.fail(f"{path}: Tab never reached {action}")
        expect(page.locator(f"{action} >> nth=0")).to_be_in_viewport()


def elsewhere(visitor: Visitor) -> None:
    """Answer for the other site: nothing leaves this machine."""
    visitor.context.route(
        lambda address: urlsplit(address).hostname == "www.google.com",
        lambda route: route.fulfill(
            status=200, content_type="text/html", body="<title>Google</title><p>elsewhere"
        ),
    )


def gone(page: Page) -> None:
    """See that the page is the other site and that going back does not return to the lesson."""
    page.wait_for_url("https://www.google.com/**")
    page.go_back()
    assert "/lessons/" not in page.url


@pytest.mark.parametrize("way", ["button", "shift"])
def test_quick_exit_replaces_the_lesson_in_the_history(visit: Visit, way: str) -> None:
    """By the button and by three presses of Shift."""
    stranger = visit()
    elsewhere(stranger)
    page = stranger.go("/courses/")
    page.goto(stranger.url + LESSON)
    if way == "button":
        page.click("[data-exit]")
    else:
        page.keyboard.press("Shift")
        expect(page.locator("[data-exit-status]")).not_to_be_empty()
        page.keyboard.press("Shift+A")
        expect(page.locator("[data-exit-status]")).to_be_empty()
        for _press in range(3):
            page.keyboard.press("Shift")
    gone(page)


def test_quick_exit_is_a_link_without_script(visit: Visit) -> None:
    """Without script it still leaves."""
    stranger = visit(script=False)
    elsewhere(stranger)
    page = stranger.go(LESSON)
    page.click("[data-exit]")
    page.wait_for_url("https://www.google.com/**")


def test_the_colours_stay_as_chosen(visit: Visit) -> None:
    """The button turns them; the next page and the server remember."""
    stranger = visit(width=1280)
    page = stranger.go("/")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    button = page.locator("[data-theme-button]")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    dark = page.evaluate(ground)
    assert dark != light
    page.goto(f"{stranger.url}/help")
    assert page.evaluate(ground) == dark
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    device = visit(width=1280, scheme="dark")
    assert device.go("/").evaluate(ground) == dark


def test_the_menu_of_a_phone(visit: Visit) -> None:
    """Opens and closes by its button and by Escape, which gives the focus back."""
    huong = visit(login="giaovien")
    page = huong.go("/")
    button, menu = page.locator("[data-menu]"), page.locator("#menu")
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(menu.locator("a").first).to_be_hidden()
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(menu.locator(".main-nav a").first).to_be_visible()
    menu.locator("a").first.focus()
    page.keyboard.press("Escape")
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(button).to_be_focused()
    button.click()
    menu.locator(".main-nav a", has_text=re.compile("Khóa học")).click()
    expect(page).to_have_url(re.compile("/courses/$"))


def test_the_menu_is_open_without_script(visit: Visit) -> None:
    """No button that does nothing; every link can be reached."""
    page = visit(script=False).go("/")
    expect(page.locator("[data-menu]")).to_be_hidden()
    expect(page.locator("#menu a[href='/courses/']").first).to_be_visible()
