"""The rows behind a figure as a file that is made in the background: sixty thousand people take longer than a page may.

The job asks anew whether its owner may have the list, streams the rows bundle by bundle into the file, and ends in one
transaction with the file and the record of who stood on it. Ended or killed before that, it begins again.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

from flask import Response
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.accounts.queries import actor_of
from portal.core.db import db
from portal.core.errors import NotFound, Refused
from portal.core.files import services as files
from portal.core.files import web as files_web
from portal.core.files.models import FileKind, StoredFile
from portal.core.jobs.context import JobContext
from portal.core.jobs.models import Job
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
from portal.indicators.opening.names import named
from portal.indicators.opening.row import Row
from portal.indicators.pages import Wanted
from portal.indicators.places import where_for, where_then
from portal.reports.indicator_lines import asked_line
from portal.reports.tables import Column, Kind, Table, Value
from portal.reports.writers import csv, xlsx

MAKE, CLEAN = "indicator.rows", "indicator.rows.clean"
PURPOSE = "indicator.rows"
KEPT_DAYS = 7


class NoLongerYours(Refused):
    """Between asking and its turn the list has become somebody else's, or its place is no more."""

    message = N_("You may no longer export this list, or there is no such place any more.")


def for_export(session: Session, who: Actor, asked: Question) -> Question:
    """Return a question narrowed to what somebody may export lists of people of, in the boundaries that it asks for.

    Raises `NotFound` where that is nothing.
    """
    if not who.may(Action.PEOPLE_EXPORT):
        raise NotFound
    code = asked.where.code
    where = (
        where_for(session, who, code, Action.PEOPLE_EXPORT)
        if asked.asked.now
        else where_then(session, who, code, Action.PEOPLE_EXPORT, asked.asked.day)
    )
    return replace(asked, where=where)


def rows_table(
    session: Session,
    plan: Plan,
    indicator: Indicator,
    rule: Rule,
    asked: str,
    bundles: Iterable[Sequence[Row]],
) -> Table:
    """Return the rows behind a figure as a table whose rows stream; names are looked up a bundle at a time.

    rule: the reading that the rows were counted by. asked: one line saying what the file answers.
    """
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
        asked=asked,
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
    with in_language(str(facts["language"])):
        try:
            asked, indicator = still(session, context.by_id or 0, facts)
        except NotFound:
            raise NoLongerYours from None
        known, wanted = Facts(session, asked.asked), Wanted(**facts["wanted"])
        rule = indicator.rule_on(asked.asked.day)
        write(
            context,
            pages.fitting(session, pages.all_rows(known, indicator, asked.where, wanted), wanted),
            lambda some: rows_table(session, asked.asked.plan, indicator, rule, asked_line(asked), some),
            total=_expected(known, indicator, asked, wanted),
            look=Look(
                views.EXPORT,
                asked.where.code,
                {"indicator": indicator.code, "period": asked.asked.period.code},
            ),
            endpoint="indicator_files.made",
            scope=scope(session, asked),
        )
    return {}


def still(session: Session, by_id: int, facts: Mapping[str, Any]) -> tuple[Question, Indicator]:
    """Return what a job was asked for, if whoever asked may have it at this moment. Raises `NotFound`."""
    who = actor_of(session, by_id, clock.today())
    try:
        asked = read(session, who, facts["asked"], clock.today())
    except BadQuestion:
        raise NotFound from None
    return for_export(session, who, asked), views.indicator_of(asked.asked, str(facts["indicator"]))


def scope(session: Session, asked: Question) -> dict[str, Any]:
    """Return how much of its place a list shows, as JSON values: its sectors (None: all), of a past day its units, too."""
    where = asked.where
    units = None
    if where.reached is not None:
        there = sorted(where.units_in(Facts(session, asked.asked).on(asked.asked.day)))
        units = sha256(repr(there).encode()).hexdigest()
    return {"sectors": None if where.sectors is None else sorted(where.sectors), "units": units}


def covers(now: Mapping[str, Any], then: Mapping[str, Any]) -> bool:
    """Return whether who may have a list of one scope may have a list that was made in another."""
    wide = now["sectors"] is None
    return now["units"] == then["units"] and (
        wide or (then["sectors"] is not None and set(then["sectors"]) <= set(now["sectors"]))
    )


@dataclass(frozen=True, slots=True)
class Look:
    """How it is written down that somebody took a list: the code of the look, the place, what else is said."""

    code: str
    place: str
    facts: Mapping[str, str]


def write(
    context: JobContext,
    rows: Iterable[Row],
    table_of: Callable[[Iterator[list[Row]]], Table],
    *,
    total: int,
    look: Look,
    endpoint: str,
    scope: Mapping[str, Any] | None = None,
) -> None:
    """Write rows to a file, and end the job with it and with the record of who stood on it.

    total: about how many there are, 0 where nobody knows. endpoint: what hands the file out, and asks then
    whether its reader may still have what is in it (`scope`). facts of the job: `kind`, `language`, `reason`, `name`.
    """
    facts = context.facts
    people, many = array("q"), 0

    def told() -> Iterator[list[Row]]:
        nonlocal many
        for some in bundled(rows):
            context.stop_if_asked()
            many += len(some)
            people.extend(views.people_in(some))
            yield some
            context.progress(many, max(total, many + 1) if total else 0)

    table = table_of(told())
    missing, kind = str(_("no denominator yet")), str(facts["kind"])
    if kind == FileKind.CSV:
        content = b"".join(csv.write(table, missing))
    else:
        with xlsx.write(table, missing, language()) as made:
            content = made.read()
    db.session().rollback()  # what was read is read; the unit of work begins anew
    with context.work() as work:
        stored = files.keep_bytes(
            work, content, f"{facts['name']}.{kind}", purpose=PURPOSE, kind=FileKind(kind), by_id=None, now=clock.now()
        )  # fmt: skip
        if people:
            looked_in(
                work, context.by_id, look.code, look.place, list(people), facts["reason"], kind=kind,
                rows=many, **look.facts,
            )  # fmt: skip
        context.finish(work, {**_result(context.job_id, stored.id, many, endpoint), "scope": scope})


def _expected(known: Facts, indicator: Indicator, asked: Question, wanted: Wanted) -> int:
    """Return about how many rows there will be, 0 where it is not known before they are counted."""
    everything = wanted == Wanted(of=wanted.of) and not wanted.of
    if not everything or indicator.counted != Counted.PERSON:
        return 0
    figure = compute.figure(known, indicator, asked.where)
    return (figure.denominator or 0) + figure.outside


def _result(job_id: int, file_id: int, many: int, endpoint: str) -> dict[str, Any]:
    return {
        "file": file_id,
        "lines": [
            [
                N_("%(rows)s rows are in the file. It is kept for %(days)s days."),
                {"rows": many, "days": KEPT_DAYS},
            ]
        ],
        "next": {
            "endpoint": endpoint,
            "values": {"job_id": job_id},
            "label": N_("Download the file"),
        },
    }


def sent(session: Session, job: Job) -> Response:
    """Return the file that a job has made; the caller has authorised it. Raises `NotFound` where there is none."""
    key = (job.result or {}).get("file")
    stored = session.get(StoredFile, key) if key is not None else None
    if stored is None:
        raise NotFound
    return files_web.send(stored)


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
