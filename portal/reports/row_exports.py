"""The rows behind a figure as a file that is made in the background: sixty thousand people take longer than a page may.

The job asks anew whether its owner may have the list, streams the rows bundle by bundle into the file, and ends in one
transaction with the file and the record of who stood on it. Ended or killed before that, it begins again.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.accounts.queries import actor_of
from portal.core.db import db
from portal.core.errors import NotFound, Refused
from portal.core.files import services as files
from portal.core.files.models import FileKind, StoredFile
from portal.core.jobs.context import JobContext
from portal.core.jobs.registry import handles
from portal.core.locale import in_language, language
from portal.core.policy import Action, Actor
from portal.core.rights.web import looked_in
from portal.core.text import N_
from portal.indicators import compute, pages, views, words
from portal.indicators.asking import BadQuestion, Question, read
from portal.indicators.compute import Facts
from portal.indicators.definitions import Counted, Indicator, Plan, Rule
from portal.indicators.holders import BUNDLE
from portal.indicators.opening import Row, named
from portal.indicators.pages import Wanted
from portal.indicators.places import where_for
from portal.reports.indicator_lines import asked_line
from portal.reports.tables import Column, Kind, Table, Value
from portal.reports.writers import csv, xlsx

MAKE, CLEAN = "indicator.rows", "indicator.rows.clean"
PURPOSE = "indicator.rows"
KEPT_DAYS = 7


class NoLongerYours(Refused):
    """Between asking and its turn the list has become somebody else's, or its place is no more."""

    message = N_("You may no longer export this list, or there is no such place any more.")


def may_export(session: Session, who: Actor, asked: Question) -> None:
    """Raise `NotFound` unless somebody may export lists of people of a place."""
    if not who.may(Action.PEOPLE_EXPORT):
        raise NotFound
    if asked.asked.now:
        where_for(session, who, asked.where.code, Action.PEOPLE_EXPORT)


def rows_table(
    session: Session, asked: Question, indicator: Indicator, bundles: Iterable[Sequence[Row]]
) -> Table:
    """Return the rows behind a figure as a table whose rows stream; names are looked up a bundle at a time."""
    plan, rule = asked.asked.plan, indicator.rule_on(asked.asked.day)
    counted, not_counted = words.named(views.STATES["counted"]), words.named(views.STATES["not_counted"])

    def written() -> Iterator[Sequence[Value]]:
        for some in bundles:
            for row, name in zip(some, named(session, some), strict=True):
                yield (
                    name.text,
                    name.unit or None,
                    name.unit_code or None,
                    words.part_name(plan, rule, row.part) if row.part else None,
                    counted if row.counted else not_counted,
                    words.reason_of(plan, rule, row) or None,
                    ", ".join(row.detail.get("serials", ())) or words.said_value(plan, row) or None,
                    *_of_grades(plan, rule, row),
                )

    return Table(
        title=f"{indicator.code} · {words.said(indicator.title)}",
        asked=asked_line(asked),
        columns=(
            Column("name", _("Who or what"), Kind.TEXT, 32),
            Column("unit", _("Unit"), Kind.TEXT, 32),
            Column("unit_code", _("Code of the unit"), Kind.TEXT, 14),
            Column("part", _("Group"), Kind.TEXT, 24),
            Column("state", _("State"), Kind.TEXT, 14),
            Column("reason", _("Reason"), Kind.TEXT, 44),
            Column("proof", _("Certificate or declaration"), Kind.TEXT, 34),
            *_grade_columns(plan, rule),
        ),
        rows=written(),
    )


def _grade_columns(plan: Plan, rule: Rule) -> list[Column]:
    """Return two columns for each grade where units declare by grade: of the numerator, of the denominator."""
    items = [plan.item(code or "") for code in (rule.numerator, rule.denominator)]
    split = [item.by_grade for item in items if item is not None and item.by_grade is not None]
    return [
        Column(f"{code}_{place}", f"{words.said(label)}: {words.said(one.column)}", Kind.COUNT, 12)
        for code, label in (split[-1].grades if split else ())
        for place, one in enumerate(split)
    ]


def _of_grades(plan: Plan, rule: Rule, row: Row) -> list[Value]:
    item = plan.item(rule.denominator or "")
    given = {code: numbers for code, *numbers in row.detail.get("grades", ())}
    grades = item.by_grade.grades if item is not None and item.by_grade is not None else ()
    return [number for code, _label in grades for number in given.get(code, (None, None))]


def bundled(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield rows in bundles of a thousand or so."""
    some: list[Row] = []
    for row in rows:
        some.append(row)
        if len(some) == BUNDLE:
            yield some
            some = []
    if some:
        yield some


@handles(MAKE, N_("The rows behind a figure, as a file"))
def make(context: JobContext) -> dict[str, Any]:
    """Write the file. facts: `asked` and `wanted` of the address, `indicator`, `kind`, `language`, `reason`."""
    facts = context.facts
    session = db.session()
    who = actor_of(session, context.by_id or 0, clock.today())
    with in_language(str(facts["language"])):
        try:
            asked = read(session, who, facts["asked"], clock.today())
            may_export(session, who, asked)
            indicator = views.indicator_of(asked.asked, str(facts["indicator"]))
        except (BadQuestion, NotFound):
            raise NoLongerYours from None
        return _written(context, session, asked, indicator)


def _written(context: JobContext, session: Session, asked: Question, indicator: Indicator) -> dict[str, Any]:
    facts = context.facts
    known = Facts(session, asked.asked)
    wanted = Wanted(**facts["wanted"])
    people, many = array("q"), 0
    total = _expected(known, indicator, asked, wanted)

    def told() -> Iterator[list[Row]]:
        nonlocal many
        for some in bundled(
            pages.fitting(session, pages.all_rows(known, indicator, asked.where, wanted), wanted)
        ):
            context.stop_if_asked()
            many += len(some)
            people.extend(views.people_in(some))
            yield some
            context.progress(many, max(total, many + 1) if total else 0)

    table = rows_table(session, asked, indicator, told())
    missing, kind = str(_("no denominator yet")), str(facts["kind"])
    if kind == FileKind.CSV:
        content = b"".join(csv.write(table, missing))
    else:
        with xlsx.write(table, missing, language()) as made:
            content = made.read()
    session.rollback()  # what was read is read; the unit of work begins anew
    with context.work() as work:
        stored = files.keep_bytes(
            work, content, f"{facts['name']}.{kind}", purpose=PURPOSE, kind=FileKind(kind), by_id=None, now=clock.now()
        )  # fmt: skip
        if people:
            looked_in(
                work, context.by_id, views.EXPORT, asked.where.code, list(people), facts["reason"], kind=kind,
                indicator=indicator.code, period=asked.asked.period.code, rows=many,
            )  # fmt: skip
        context.finish(work, _result(context.job_id, stored.id, many))
    return {}


def _expected(known: Facts, indicator: Indicator, asked: Question, wanted: Wanted) -> int:
    """Return about how many rows there will be, 0 where it is not known before they are counted."""
    everything = wanted == Wanted(of=wanted.of) and not wanted.of
    if not everything or indicator.counted != Counted.PERSON:
        return 0
    figure = compute.figure(known, indicator, asked.where)
    return (figure.denominator or 0) + figure.outside


def _result(job_id: int, file_id: int, many: int) -> dict[str, Any]:
    return {
        "file": file_id,
        "lines": [
            [
                N_("%(rows)s rows are in the file. It is kept for %(days)s days."),
                {"rows": many, "days": KEPT_DAYS},
            ]
        ],
        "next": {
            "endpoint": "indicator_files.made",
            "values": {"job_id": job_id},
            "label": N_("Download the file"),
        },
    }


@handles(CLEAN, N_("Letting go of lists that were exported"), daily_at=1)
def clean(context: JobContext) -> dict[str, Any]:
    """Remove files that are older than a week: a list of people that was taken is not kept here for ever."""
    before = clock.now() - timedelta(days=KEPT_DAYS)
    with context.work() as session:
        old = session.scalars(
            select(StoredFile).where(StoredFile.purpose == PURPOSE, StoredFile.uploaded_at < before)
        ).all()
        for one in old:
            files.forget(session, one)
        context.finish(session, {"removed": len(old)})
    return {}
