"""What a file of figures answers, in one line: said alike by the answer of a page and by a job."""

from flask_babel import gettext as _

from portal.core.locale import show_date
from portal.indicators import words
from portal.indicators.asking import Question, name_of


def asked_line(asked: Question) -> str:
    """Return in one line what a file answers: place, period, cut-off, target set."""
    plan = asked.asked.plan
    targets = next(one for one in plan.target_sets if one.code == asked.asked.target_set)
    return " · ".join(
        [
            asked.where.name,
            name_of(asked.asked.period),
            str(_("facts as of %(day)s", day=show_date(asked.asked.day))),
            words.said(targets.title),
            plan.number,
        ]
    )
