"""From queries to tables: the words of headings and notes, and nothing counted here."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.core.accounts.models import AUDIENCE_LABELS, Audience
from portal.core.locale import show_date
from portal.core.text import N_
from portal.reports.declared import Declared
from portal.reports.queries import By, Counts, Filters, Line, PersonLine, Scope, State
from portal.reports.tables import Column, Kind, Table, Value

STATE_LABELS = {
    State.ALL: N_("everybody"),
    State.ROSTER: N_("on the roster"),
    State.ENROLLED: N_("enrolled"),
    State.NOT_STARTED: N_("not begun"),
    State.IN_PROGRESS: N_("in progress"),
    State.OVERDUE: N_("overdue"),
    State.COMPLETED: N_("completed"),
    State.ROSTER_COMPLETED: N_("completed, on the roster"),
    State.NOT_COMPLETED: N_("not completed"),
}
FIRST = {By.COURSE: N_("Course"), By.PLACE: N_("Area or unit"), By.AUDIENCE: N_("Audience")}


def label_of(line: Line, by: By) -> str:
    """Return what a row is called in the reader's language."""
    if by == By.AUDIENCE:
        return str(_(AUDIENCE_LABELS[Audience(line.label)]))
    return line.label or str(_("Units of the area itself"))


def name_of(scope: Scope) -> str:
    """Return what a place is called in the reader's language."""
    if scope.own:
        return str(_("%(area)s: units of the area itself", area=scope.name))
    return scope.name


def asked(scope: Scope, filters: Filters) -> str:
    """Return one line that says what a table was asked for."""
    parts = [name_of(scope), _("as of %(day)s", day=show_date(filters.day))]
    if scope.past is not None:
        parts.append(_("boundaries as they were then"))
    if filters.since:
        parts.append(_("completed since %(day)s", day=show_date(filters.since)))
    if filters.course is not None:
        parts.append(filters.course.code)
    if filters.meant:
        parts.append(_("people whom a course is for"))
    if filters.audience:
        parts.append(_(AUDIENCE_LABELS[Audience(filters.audience)]))
    return " · ".join(parts)


def board_table(
    scope: Scope,
    filters: Filters,
    by: By,
    lines: Sequence[Line],
    total: Counts,
    declared: Declared | None = None,
) -> Table:
    """Return the board as a table; where units declare totals, with a column for them that is in no rate."""
    columns = (
        Column("label", _(FIRST[by]), Kind.TEXT, 46),
        Column("roster", _("On the roster"), Kind.COUNT),
        Column("enrolled", _("Enrolled"), Kind.COUNT),
        Column("in_progress", _("In progress"), Kind.COUNT),
        Column("overdue", _("Overdue"), Kind.COUNT),
        Column("completed", _("Completed"), Kind.COUNT),
        Column("roster_completed", _("of them on the roster"), Kind.COUNT),
        Column("rate", _("Rate"), Kind.SHARE),
    )
    notes = [
        _(
            "Rate = completed people on the roster / people on the roster. A person counts once in every row and once in the total."
        ),
        _("Units without a staff list have no denominator; their people are counted but stand in no rate."),
    ]
    if declared is not None and declared.coded:
        notes.append(
            ngettext(
                "%(num)d unit gives codes without names; its people are counted like others.",
                "%(num)d units give codes without names; their people are counted like others.",
                declared.coded,
            )
        )
    if declared is not None and declared.any:
        return with_declared(
            Table(
                title=_("Completion of courses"),
                asked=asked(scope, filters),
                columns=columns,
                rows=[_counts(label_of(line, by), line.counts) for line in lines],
                total=_counts(_("Everybody, once"), total),
                notes=notes,
            ),
            [declared.lines.get(line.code, 0) for line in lines],
            declared,
        )
    return Table(
        title=_("Completion of courses"),
        asked=asked(scope, filters),
        columns=columns,
        rows=[_counts(label_of(line, by), line.counts) for line in lines],
        total=_counts(_("Everybody, once"), total),
        notes=notes,
    )


def with_declared(table: Table, numbers: Sequence[int], declared: Declared) -> Table:
    """Return the board's table with one more column, "declared total", and a note that it is in no rate."""
    total = table.total or ()
    return replace(
        table,
        columns=[*table.columns, Column("declared", _("Declared total"), Kind.COUNT)],
        rows=[[*row, number or None] for row, number in zip(table.rows, numbers, strict=True)],
        total=[*total, declared.people],
        notes=[
            *table.notes,
            ngettext(
                "Declared total: %(people)s people of %(num)d unit that gives a signed number instead of a list. They stand in no rate.",
                "Declared total: %(people)s people of %(num)d units that give a signed number instead of a list. They stand in no rate.",
                len(declared.units),
                people=declared.people,
            ),
        ],
    )


def _counts(label: str, counts: Counts) -> Sequence[Value]:
    return (
        label,
        counts.roster if counts.roster else None,
        counts.enrolled,
        counts.in_progress,
        counts.overdue,
        counts.completed,
        counts.roster_completed,
        counts.rate.value,
    )


def people_table(scope: Scope, filters: Filters, state: State, people: Iterable[PersonLine]) -> Table:
    """Return a list of people as a table whose rows stream."""
    columns = (
        Column("full_name", _("Full name"), Kind.TEXT, 28),
        Column("unit", _("Unit"), Kind.TEXT, 36),
        Column("area", _("Area"), Kind.TEXT, 24),
        Column("audience", _("Audience"), Kind.TEXT, 18),
        Column("state", _("State"), Kind.TEXT, 16),
        Column("enrolled_on", _("Enrolled on"), Kind.DATE),
        Column("due_on", _("Due on"), Kind.DATE),
        Column("completed_on", _("Completed on"), Kind.DATE),
        Column("serial", _("Certificate"), Kind.TEXT, 28),
    )
    audiences = {str(audience): _(label) for audience, label in AUDIENCE_LABELS.items()}
    states = {state_: _(label) for state_, label in STATE_LABELS.items()}

    def rows() -> Iterator[Sequence[str | date | None]]:
        for one in people:
            yield (
                one.full_name,
                one.unit,
                one.area,
                audiences[one.audience],
                states[one.state],
                one.enrolled_on,
                one.due_on,
                one.completed_on,
                one.serial or None,
            )

    return Table(
        title=_("People: %(state)s", state=states[state]),
        asked=asked(scope, filters),
        columns=columns,
        rows=rows(),
    )
