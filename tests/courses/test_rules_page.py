"""Every reason why a condition is not met has its own words on the course's page."""

from courses.completion import Why
from portal.config import ROOT

WITHOUT_WORDS = {Why.NO_LESSONS, Why.UNKNOWN_QUIZ, Why.UNKNOWN_RULE}  # faults of a course, not of a learner


def test_the_checklist_words_every_reason() -> None:
    template = (ROOT / "courses/templates/courses/catalogue/_rules.html").read_text(encoding="utf-8")

    assert {why for why in Why if f'"{why}"' not in template} == WITHOUT_WORDS
