"""Sitting a quiz as a person does: reads the page, looks the answer up in the shipped bank, and gives it.

Nothing here knows the database or the labels in the HTML; questions, options and steps are found by their words.
"""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from playwright.sync_api import Locator, Page, expect

from quizzes.bank import read_shipped

SPACES = re.compile(r"\s+")
SAYS = {"vi": {True: "Đúng", False: "Sai"}, "en": {True: "True", False: "False"}}


def plain(text: str | None) -> str:
    """Return a text as a reader sees it: runs of spaces are one."""
    return SPACES.sub(" ", text or "").strip()


class Sitter:
    """Someone who has the bank of a course beside her."""

    def __init__(self, bank: str, language: str = "vi") -> None:
        self.language = language
        questions = read_shipped(bank).document["questions"]
        self.by_stem: Mapping[str, Mapping[str, Any]] = {
            plain(one["stem"][language]): one for one in questions
        }

    def question(self, field: Locator) -> Mapping[str, Any]:
        """Return the bank's question that a field of the page asks."""
        return self.by_stem[plain(field.locator(".question__stem").text_content())]

    def kinds(self, page: Page) -> list[str]:
        """Return the kinds of the questions of the page, in their order."""
        return [str(self.question(field)["kind"]) for field in fields(page)]

    def answer_all(self, page: Page, *, right: bool = True) -> None:
        """Answer every question and see each of them saved."""
        for field in fields(page):
            self.answer(field, right=right)
            expect(field.locator("[data-state]")).to_have_class(re.compile("save-state--saved"))

    def answer(self, field: Locator, *, right: bool = True, script: bool = True) -> None:
        """Answer one question, rightly or wrongly; without script a story is left alone."""
        question = self.question(field)
        kind = question["kind"]
        if kind in ("single", "multiple"):
            for option in question["options"]:
                if bool(option.get("right")) == right:
                    self.choose(field, option["text"][self.language])
                    if kind == "single":
                        break
        elif kind == "truefalse":
            self.choose(field, SAYS[self.language][bool(question["answer"]) == right])
        elif kind == "matching":
            self._match(field, question["pairs"], right)
        elif kind == "ordering":
            self._order(field, question["items"], right)
        elif kind == "numeric":
            fill(field, str(question["answer"]) if right else "987654")
        elif kind == "shorttext":
            fill(field, question["accept"][self.language][0] if right else "hoa hồng")
        elif kind == "branching" and script:
            while field.locator("[data-step]").count():
                self.step(field, right=right)

    def choose(self, field: Locator, words: str) -> None:
        """Tick the option that reads so."""
        choice_of(field, words).click()

    def step(self, field: Locator, *, right: bool = True) -> str:
        """Take one step of a story; return what was chosen."""
        words = self.next_choice(field, right=right)
        before = field.locator(".story__taken").count()
        self.choose(field, words)
        field.locator("[data-step]").click()
        expect(field.locator(".story__taken")).to_have_count(before + 1)
        return words

    def next_choice(self, field: Locator, *, right: bool = True) -> str:
        """Return the words of the choice that leads to the best (or the worst) end from the step shown."""
        steps = {step["ref"]: step for step in self.question(field)["steps"]}
        shown = plain(field.locator("[data-now]").text_content())
        here = next(step for step in steps.values() if plain(step["text"][self.language]) == shown)
        sign = 1 if right else -1

        def worth(choice: Mapping[str, Any]) -> Fraction:
            own = sign * Fraction(choice["weight"])
            after = steps.get(choice["to"])
            return own + (max(worth(one) for one in after["choices"]) if after else 0)

        return str(max(here["choices"], key=worth)["text"][self.language])

    def _match(self, field: Locator, pairs: Sequence[Mapping[str, Any]], right: bool) -> None:
        rights = [plain(pair["right"][self.language]) for pair in pairs]
        for number, pair in enumerate(pairs):
            wanted = rights[number]
            if not right:
                wanted = next(one for one in rights if one != wanted)
            row = row_of(field, ".match-row", pair["left"][self.language])
            row.locator("select").select_option(label=wanted)

    def _order(self, field: Locator, items: Sequence[Mapping[str, Any]], right: bool) -> None:
        for place, item in enumerate(items if right else list(reversed(items)), start=1):
            row = row_of(field, ".order-row", item["text"][self.language])
            row.locator("select").select_option(str(place))


def fields(page: Page) -> list[Locator]:
    """Return the questions of the page, each its own locator."""
    refs = page.locator("[data-question]").evaluate_all("all => all.map(one => one.dataset.question)")
    return [page.locator(f'[data-question="{ref}"]') for ref in refs]


def choice_of(field: Locator, words: str) -> Locator:
    """Return the option that reads exactly so."""
    options = field.locator("label.choice")
    read = [plain(one) for one in options.all_text_contents()]
    return options.nth(read.index(plain(words)))


def row_of(field: Locator, rows: str, words: str) -> Locator:
    """Return the row whose label reads exactly so."""
    found = field.locator(rows)
    read = [plain(one) for one in found.locator("label").all_text_contents()]
    return found.nth(read.index(plain(words)))


def fill(field: Locator, text: str) -> None:
    """Write into the one input and leave it, as a thumb on the next question does."""
    entry = field.locator("input")
    entry.fill(text)
    entry.blur()


def read_all_lessons(page: Page, url: str, code: str) -> None:
    """Begin a course and finish every lesson, by the forms of the pages but without drawing them: for tests of quizzes."""
    page.goto(f"{url}/courses/{code}/")
    begin = page.locator(f"form[action='/courses/{code}/enrol']")
    if begin.count():
        begin.locator("button").click()
        page.goto(f"{url}/courses/{code}/")
    token = page.locator("input[name=csrf_token]").first.get_attribute("value") or ""
    lessons = page.locator(".modules a[href*='/lessons/']").evaluate_all(
        "all => all.map(one => one.getAttribute('href'))"
    )
    assert len(lessons) >= 8
    for lesson in lessons:
        answer = page.request.post(f"{url}{lesson}done", form={"csrf_token": token}, max_redirects=0)
        assert answer.status == 303


def begin_quiz(page: Page, url: str, code: str) -> str:
    """Open the quiz's front page, begin (or go on), and return the address of the attempt."""
    page.goto(f"{url}/courses/{code}/quiz/")
    page.click("main form button[type=submit]")
    page.wait_for_url("**/attempts/*/")
    return page.url
