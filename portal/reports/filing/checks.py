"""What is looked at before a report goes on: faults stop it, warnings are kept with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.child_words import child_in_text
from portal.core.text import N_
from portal.indicators import rules
from portal.indicators.definitions import Indicator, ItemKind, Way
from portal.indicators.models import Declaration, DeclarationState
from portal.indicators.rules import Figure
from portal.reports import document
from portal.reports.filing import drafting
from portal.reports.filing.work import Work

MESSAGES = {
    "numerator_over": N_(
        "%(code)s: the numerator (%(numerator)s) is larger than the denominator (%(denominator)s)."
    ),
    "jump": N_("%(code)s: %(now)s after %(before)s in the period before."),
    "missing": N_("%(code)s: no denominator yet from %(units)s."),
    "expired": N_("%(code)s: “%(item)s” of %(unit)s no longer counts (declared on %(said_on)s)."),
    "waiting": N_("%(code)s: declarations that wait for approval and are not counted: %(number)s."),
    "variance": N_("%(code)s: declared %(declared)s, computed %(computed)s, and no note says why."),
    "empty": N_("Section %(numeral)s is empty."),
    "child": N_(
        "Section %(numeral)s seems to speak of a child: “%(words)s”. Reports name no child and no case."
    ),
    "stale_words": N_(
        "Section %(numeral)s was written before the figures changed. Read it again; the portal's own draft of it stands beside your words."
    ),
    "unnamed": N_("%(code)s: Appendix III does not name all that gave no denominator; lacking: %(number)s."),
    "unexplained": N_(
        "%(code)s is below its target, and Appendix III gives no reason: no unit that is missing, nobody who was not counted."
    ),
    "reasons_differ": N_(
        "%(code)s: Appendix III gives reasons for %(explained)s that were not counted, the board has %(number)s."
    ),
    "one_head": N_("The same person prepared and approved: this place has one head only."),
}
MOST_NAMES = 5
STALE = "stale_words"


@dataclass(frozen=True, slots=True)
class Check:
    """Something a check found. `values` fill the message of the code; stops: whether the report cannot go on."""

    code: str
    values: Mapping[str, str] = field(default_factory=dict)
    stops: bool = False

    def document(self) -> dict[str, Any]:
        """Return JSON values."""
        return {"code": self.code, "values": dict(self.values), "stops": self.stops}


def from_document(stored: Mapping[str, Any]) -> Check:
    """Return the finding that `document` wrote."""
    return Check(str(stored["code"]), dict(stored["values"]), bool(stored["stops"]))


def run(
    session: Session,
    work: Work,
    before: Mapping[str, Any] | None,
    words: Mapping[str, str],
    notes: Mapping[tuple[str, int], str],
    *,
    jump: int,
) -> list[Check]:
    """Return what is to be mended or looked at. jump: percentage points beyond which a change is named."""
    return [
        *_figures(work, before, jump),
        *_missing(work),
        *_explained(work),
        *_declared(session, work, notes),
        *of_words(words),
    ]


def of_words(words: Mapping[str, str]) -> list[Check]:
    """Return what is to be said of the words of the sections."""
    found = []
    for numeral in document.NARRATIVE:
        text = words.get(numeral, "")
        if not text.strip():
            found.append(Check("empty", {"numeral": numeral}, stops=True))
        elif seems := child_in_text(text):
            found.append(Check("child", {"numeral": numeral, "words": seems}))
    return found


def _figures(work: Work, before: Mapping[str, Any] | None, jump: int) -> list[Check]:
    found = []
    for one, figure in work.figures:
        ratios = [] if one.way == Way.GROWTH else [(one.code, figure.numerator, figure.denominator)]
        ratios += [(f"{one.code} ({part.key})", part.numerator, part.denominator) for part in figure.parts]
        for code, numerator, denominator in ratios:
            if numerator is not None and denominator is not None and numerator > denominator:
                values = {"code": code, "numerator": str(numerator), "denominator": str(denominator)}
                found.append(Check("numerator_over", values, stops=code == one.code))
        was = ((before or {}).get(one.code) or {}).get("value")
        if was and figure.value is not None and abs(figure.value - Fraction(*was)) * 100 > jump:
            values = {
                "code": one.code,
                "now": document.percent(figure.value),
                "before": document.percent(Fraction(*was)),
            }
            found.append(Check("jump", values))
    return found


def _missing(work: Work) -> list[Check]:
    found = []
    for one, figure in work.figures:
        names = drafting.names(work, one, figure.missing)
        if names:
            shown = ", ".join(names[:MOST_NAMES]) + (
                f" … (+{len(names) - MOST_NAMES})" if len(names) > MOST_NAMES else ""
            )
            found.append(Check("missing", {"code": one.code, "units": shown}))
        if figure.waiting:
            found.append(Check("waiting", {"code": one.code, "number": str(figure.waiting)}))
    return found


def _explained(work: Work) -> list[Check]:
    """Return where Appendix III explains less, or something else, than the figure says."""
    found = []
    for one, figure in work.figures:
        opened = work.opened[one.code]
        unnamed = len(figure.missing) - len(drafting.names(work, one, figure.missing))
        if unnamed:
            found.append(Check("unnamed", {"code": one.code, "number": str(unnamed)}))
        if figure.met is False and not figure.missing and not opened.reasons:
            found.append(Check("unexplained", {"code": one.code}))
        short = _not_counted(one, figure)
        if short is not None and (explained := len(opened.left_out)) != short:
            values = {"code": one.code, "explained": str(explained), "number": str(short)}
            found.append(Check("reasons_differ", values))
    return found


def _not_counted(one: Indicator, figure: Figure) -> int | None:
    """Return how many a figure has in its denominator alone; None where its rows are not what it counts.

    Growth compares two days, and declared counts of parents or cases have no rows of their own.
    """
    if one.way not in (Way.PEOPLE, Way.FACILITIES, Way.AREAS):
        return None
    if figure.numerator is None or figure.denominator is None:
        return None
    return figure.denominator - figure.numerator


def _declared(session: Session, work: Work, notes: Mapping[tuple[str, int], str]) -> list[Check]:
    found = []
    for one, figure in work.figures:
        rule = one.rule_on(work.period.cut_off)
        for code in rule.items:
            item = work.plan.item(code)
            if item is None or item.kind != ItemKind.DOCUMENT:
                continue
            for (of, unit), said in sorted(work.world.said.items()):
                if of == code and said.approved and not _still(work, said):
                    found.append(
                        Check(
                            "expired",
                            {
                                "code": one.code,
                                "item": item.label.vi,
                                "unit": work.world.units[unit].name,
                                "said_on": said.on.isoformat(),
                            },
                        )
                    )
        for item_code, declared, units in drafting.beside(work, one):
            silent = not any((item_code, unit) in notes for unit in units)
            if declared != (figure.numerator or 0) and silent:
                values = {
                    "code": one.code,
                    "declared": str(declared),
                    "computed": str(figure.numerator or 0),
                }
                found.append(Check("variance", values))
    return found


def _still(work: Work, said: Any) -> bool:
    return rules.counts_now(work.plan, said, work.period, work.period.cut_off)


def notes_of(session: Session, work: Work) -> dict[tuple[str, int], str]:
    """Return what units wrote of a difference between what they declare and what is computed, by item and unit."""
    rows = session.execute(
        select(Declaration.item, Declaration.unit_id, Declaration.note)
        .where(
            Declaration.plan == work.plan.code,
            Declaration.said_on <= work.period.cut_off,
            Declaration.state == DeclarationState.APPROVED,
            Declaration.note.is_not(None),
        )
        .order_by(Declaration.said_on, Declaration.id)
    )
    return {(item, unit): note for item, unit, note in rows if note and unit in work.world.units}
