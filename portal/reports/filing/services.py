"""A report from draft to received: every move checks where it is, is written down, and none of them commits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core.audit.services import record
from portal.core.clock import local_date
from portal.core.organisation import reorganising
from portal.core.web import settings
from portal.indicators import opening
from portal.indicators.catalogue import plans
from portal.indicators.definitions import Plan
from portal.indicators.periods import Period
from portal.reports import document
from portal.reports.filing import adjustments, checks, drafting, queries, snapshot
from portal.reports.filing.checks import STALE, Check
from portal.reports.filing.errors import (
    AlreadyThere,
    ChecksFail,
    Moved,
    NoNumber,
    NotAReporter,
    SamePerson,
    SayWhy,
    TooEarly,
    WrongStep,
)
from portal.reports.filing.models import Filing, FilingState, FilingStep
from portal.reports.filing.reporters import Must, the_one
from portal.reports.filing.work import Opener, Work, compute, figures_json, rules_json

LEAST = 10  # characters of a reason
TARGETS = "province"


@dataclass(frozen=True, slots=True)
class By:
    """Who does it: an id for rights, a name for the record. Nobody: the portal itself."""

    id: int | None
    name: str


NIGHT = By(None, "")


def draft(
    session: Session, plan: Plan, period: Period, place: Must, opener: Opener, by: By, now: datetime
) -> Filing:
    """Begin a report: its words drafted, its figures computed, its checks run; flushes.

    After a return the next one has the next number. Raises `TooEarly`, `AlreadyThere`.
    """
    if local_date(now) <= period.cut_off:
        raise TooEarly(cut_off=document.day(period.cut_off))
    last = queries.latest(session, plan.code, period.code, place.code)
    if last is not None and last.state != FilingState.RETURNED:
        raise AlreadyThere
    filing = Filing(
        plan=plan.code,
        period=period.code,
        place=place.code,
        place_name=place.issuer,
        area_id=place.area_id,
        sector=place.sector,
        number=1 if last is None else last.number + 1,
        target_set=TARGETS,
        cut_off=period.cut_off,
        state=FilingState.DRAFT,
        narrative={} if last is None else dict(last.narrative),
        made_at=now,
        made_by_id=by.id,
    )
    try:
        with session.begin_nested():
            session.add(filing)
    except IntegrityError:  # another began it at the same moment, or the night did
        raise AlreadyThere from None
    _step(session, filing, FilingState.DRAFT, by, now)
    _compute(session, filing, opener, last.snapshot if last is not None else None)
    return filing


def recompute(session: Session, filing: Filing, opener: Opener) -> None:
    """Compute a draft anew from the facts of now; what somebody wrote stays. Raises `WrongStep`."""
    _must_be(filing, FilingState.DRAFT)
    _compute(session, filing, opener, filing.snapshot)


def place_of(session: Session, filing: Filing) -> Must:
    """Return the place of a report as one that must report. Raises `NotAReporter`."""
    found = the_one(session, plan_of(filing), Period.parse(filing.period), filing.place)
    if found is None:
        raise NotAReporter
    return found


def plan_of(filing: Filing) -> Plan:
    """Return the plan of a report, as its file stands today."""
    return plans()[filing.plan]


def _work(
    session: Session, filing: Filing, place: Must, opener: Opener, inside: Opener | None = None
) -> Work:
    return compute(
        session,
        plan_of(filing),
        Period.parse(filing.period),
        place.where,
        filing.target_set,
        opener,
        whole=place.whole,
        inside=inside,
    )


def _compute(session: Session, filing: Filing, opener: Opener, before: Mapping[str, Any] | None) -> None:
    """Set what a draft shows: figures, words, checks, what became of the period before, the document.

    before: the snapshot that the words of `filing` stand with, of this report or of a returned one.
    """
    place = place_of(session, filing)
    work = _work(session, filing, place, opener)
    drafted = drafting.narrative(work, place)
    filing.narrative, stale = _follow(filing.narrative, drafted, before or {})
    kept = _kept(session, filing, place, work, opener)
    kept["drafted"] = drafted
    kept["checks"] += [Check(STALE, {"numeral": numeral}).document() for numeral in stale]
    filing.snapshot = kept
    session.flush()


def _follow(
    words: Mapping[str, str], drafted: Mapping[str, str], before: Mapping[str, Any]
) -> tuple[dict[str, str], list[str]]:
    """Return the words of a report whose figures are new, and the sections that somebody must read again.

    Words that nobody has touched are drafted anew, for they say figures. What somebody wrote stays, and is older than
    the figures once the words that were drafted then would be others now.
    """
    then: Mapping[str, str] = before.get("drafted", {})
    stale_before = {one["values"]["numeral"] for one in before.get("checks", ()) if one["code"] == STALE}
    found, stale = {}, []
    for numeral, fresh in drafted.items():
        own = words.get(numeral)
        if own is None or own == then.get(numeral):
            found[numeral] = fresh
            continue
        found[numeral] = own
        if own != fresh and (numeral in stale_before or then.get(numeral, fresh) != fresh):
            stale.append(numeral)
    return found, stale


def _kept(session: Session, filing: Filing, place: Must, work: Work, opener: Opener) -> dict[str, Any]:
    plan, period = work.plan, work.period
    filed = adjustments.filed_before(session, plan, period, place.area_id, place.sector)
    changed = adjustments.of_all(session, plan, filed, filing.place, opener)
    before: Mapping[str, Any] | None = None
    if len(filed) == 1:  # shares of several places are not added: then nothing stands for the period before
        before = {one["code"]: one for one in (filed[0].snapshot or {})["figures"]}
    notes = checks.notes_of(session, work)
    found = checks.run(session, work, before, filing.narrative, notes, jump=settings().report_jump_points)
    report = drafting.build(work, place, filing.narrative, before, changed, notes)
    return snapshot.working(work, report, found, changed)


def reword(session: Session, filing: Filing, words: Mapping[str, str]) -> None:
    """Change the words of the sections of a draft; figures stay. Raises `WrongStep`."""
    _must_be(filing, FilingState.DRAFT)
    kept, were = dict(filing.snapshot or {}), filing.narrative
    filing.narrative = {
        key: words.get(key, filing.narrative.get(key, "")).replace("\r\n", "\n") for key in document.NARRATIVE
    }
    report = drafting.reworded(document.from_json(kept["report"]), filing.narrative)
    kept["report"] = document.to_json(report)
    kept["checks"] = [
        *(
            one
            for one in kept["checks"]
            if one["code"] not in ("empty", "child")
            and not (one["code"] == STALE and _written(filing.narrative, were, one["values"]["numeral"]))
        ),
        *(one.document() for one in checks.of_words(filing.narrative)),
    ]
    filing.snapshot = kept
    session.flush()


def _written(words: Mapping[str, str], were: Mapping[str, str], numeral: str) -> bool:
    return words.get(numeral) != were.get(numeral)


def prepare(session: Session, filing: Filing, opener: Opener, by: By, now: datetime) -> None:
    """Say that a draft is ready to be approved: computed once more, and no check stops it.

    Raises `WrongStep`, `ChecksFail`.
    """
    _must_be(filing, FilingState.DRAFT)
    _compute(session, filing, opener, filing.snapshot)
    if any(one["stops"] for one in (filing.snapshot or {})["checks"]):
        raise ChecksFail
    _move(session, filing, FilingState.PREPARED, by, now)


def approve(session: Session, filing: Filing, by: By, now: datetime, seen: int | None = None) -> None:
    """Approve a prepared report: not who prepared it, unless the place has one head only; then that is recorded.

    seen: the last step of the report that was read. Raises `WrongStep` (also where there was a step since: it may have
    been a draft with other words meanwhile), `SamePerson`.
    """
    _must_be(filing, FilingState.PREPARED)
    _must_be_read(session, filing, seen)
    prepared = queries.last_step(session, filing, FilingState.PREPARED)
    if prepared is not None and prepared.by_id is not None and prepared.by_id == by.id:
        if set(queries.heads(session, place_of(session, filing), local_date(now))) - {by.id}:
            raise SamePerson
        kept = dict(filing.snapshot or {})
        kept["checks"] = [*kept["checks"], Check("one_head").document()]
        filing.snapshot = kept
    _move(session, filing, FilingState.APPROVED, by, now)


def take_back(session: Session, filing: Filing, by: By, now: datetime, note: str = "") -> None:
    """Make a prepared or approved report a draft again. Raises `WrongStep`."""
    _must_be(filing, FilingState.PREPARED, FilingState.APPROVED)
    _move(session, filing, FilingState.DRAFT, by, now, note)


def file(
    session: Session, filing: Filing, opener: Opener, by: By, now: datetime, seen: int | None = None
) -> None:
    """File an approved report: from here on nothing about it moves.

    What was approved is what is filed: the figures are counted once more together with their rows, and where one (or
    the list of classes, or a reason of Appendix III) differs the report goes back first. Reorganisations that it stands on can no longer be undone.
    seen: as for `approve`. Raises `WrongStep`, `Moved`.
    """
    _must_be(filing, FilingState.APPROVED)
    _must_be_read(session, filing, seen)
    work = _work(session, filing, place_of(session, filing), opener, opening.people)
    kept = dict(filing.snapshot or {})
    now_are, were = figures_json(work), kept["figures"]
    moved = [one["code"] for one in now_are if one not in were]
    moved += [one["code"] for one in were if one["code"] not in {other["code"] for other in now_are}]
    listed = next(
        one["table"] for one in kept["report"]["appendices"] if one["code"] == drafting.CLASSES_LIST
    )
    if document.table_to_json(drafting.classes_table(work))["rows"] != listed["rows"]:
        moved.append("Phụ lục II")
    reasons = next(one["table"] for one in kept["report"]["appendices"] if one["code"] == drafting.EXPLAINED)
    if drafting.explains(work, checks.notes_of(session, work)) != drafting.own_lines(reasons):
        moved.append("Phụ lục III")
    if moved or rules_json(work) != kept["rules"] or work.plan.digest != kept["plan"]["digest"]:
        raise Moved(codes=", ".join(moved) or plan_of(filing).number)
    snapshot.freeze(session, filing, work, kept, now)
    reorganising.seal(session, filing.cut_off, now)
    _move(session, filing, FilingState.FILED, by, now, digest=filing.digest)


def receive(session: Session, filing: Filing, by: By, now: datetime) -> None:
    """Note that the standing agency has a filed report. Raises `WrongStep`."""
    _must_be(filing, FilingState.FILED)
    _move(session, filing, FilingState.RECEIVED, by, now)


def give_back(session: Session, filing: Filing, reason: str, by: By, now: datetime) -> None:
    """Return a filed report with a reason; it stays as it is, and a new one can be drafted.

    Raises `WrongStep`, `SayWhy`.
    """
    _must_be(filing, FilingState.FILED, FilingState.RECEIVED)
    if len(reason.strip()) < LEAST:
        raise SayWhy
    _move(session, filing, FilingState.RETURNED, by, now, reason)


def attach(
    session: Session,
    filing: Filing,
    number: str,
    issued_on: date | None,
    scan_id: int | None,
    by: By,
    now: datetime,
) -> None:
    """Note number and day of the issued paper, and its signed scan: outside the digest. Raises `WrongStep`, `NoNumber`."""
    _must_be(filing, FilingState.FILED, FilingState.RECEIVED)
    if not number.strip() or issued_on is None:
        raise NoNumber
    filing.issued_number, filing.issued_on = number.strip(), issued_on
    if scan_id is not None:
        filing.scan_id = scan_id
    session.flush()
    record(
        session,
        at=now,
        actor_id=by.id,
        code="filing.issued",
        target=f"filing:{filing.id}",
        number=filing.issued_number,
        on=issued_on.isoformat(),
    )


def _must_be(filing: Filing, *states: FilingState) -> None:
    if filing.state not in states:
        raise WrongStep


def _must_be_read(session: Session, filing: Filing, seen: int | None) -> None:
    if seen is not None and queries.steps(session, filing)[-1].id != seen:
        raise WrongStep


def _move(
    session: Session,
    filing: Filing,
    state: FilingState,
    by: By,
    now: datetime,
    note: str = "",
    **facts: object,
) -> None:
    """Move a report from the state it was read in, once: of two clicks the second finds it gone."""
    session.flush()
    moved = session.execute(
        update(Filing)
        .where(Filing.id == filing.id, Filing.state == filing.state)
        .values(state=state)
        .returning(Filing.id)
        .execution_options(synchronize_session=False)
    ).first()
    if moved is None:
        raise WrongStep
    session.refresh(filing, ["state"])
    _step(session, filing, state, by, now, note)
    record(
        session,
        at=now,
        actor_id=by.id,
        code=f"filing.{state}",
        target=f"filing:{filing.id}",
        period=filing.period,
        place=filing.place,
        **facts,
    )


def _step(
    session: Session, filing: Filing, state: FilingState, by: By, now: datetime, note: str = ""
) -> None:
    session.add(
        FilingStep(
            filing_id=filing.id, state=state, at=now, by_id=by.id, by_name=by.name, note=note.strip() or None
        )
    )
    session.flush()
