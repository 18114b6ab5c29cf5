"""Declared values: what a unit must give, entering it, deciding on it, who has not, and facts about people."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as Redirect

from courses.forms import ButtonForm
from portal.core import clock
from portal.core.audit.services import record
from portal.core.db import db, unit_of_work
from portal.core.errors import NotFound, Refused
from portal.core.files import services as files
from portal.core.files.models import FileKind, StoredFile
from portal.core.files.web import send, takes_files
from portal.core.locale import language, show_number, worded
from portal.core.organisation.models import Unit
from portal.core.organisation.queries import reachable
from portal.core.policy import Action
from portal.core.rights.looking import name_look
from portal.core.rights.web import looked, reason_for_police
from portal.core.text import N_
from portal.core.web import actor, requires, see_other
from portal.indicators import words as indicator_words
from portal.indicators.asking import name_of
from portal.indicators.catalogue import plans
from portal.indicators.declaring import queries, services, values, words
from portal.indicators.declaring.errors import EvidenceNeeded, NotAsked, SayWhyDifferent, ScanNeeded
from portal.indicators.declaring.forms import (
    DeclareForm,
    FactForm,
    NumbersForm,
    ReturnForm,
    numbers_form,
    typed_before,
)
from portal.indicators.declaring.queries import Standing
from portal.indicators.definitions import Item, Plan
from portal.indicators.models import DECLARATION_STATE_LABELS, Declaration, DeclarationState
from portal.indicators.periods import NoPeriod, Period, running, since
from portal.indicators.rules import months_later

bp = Blueprint("declarations", __name__, url_prefix="/indicators/declarations", template_folder="templates")
Answer = Redirect | str | tuple[str, int]
PAPERS = (FileKind.PDF, FileKind.JPEG, FileKind.PNG)
EVIDENCE, SCAN = "declaration.evidence", "person_fact.scan"
#: Most units that one reminder reaches: a province has fewer, and a page of a preview must be readable.
PREVIEW = 200
LOOK = name_look("person_fact.read", N_("looked at registrations and volunteers of a unit"))


class Asked:
    """What every address of this part may carry: the plan, the period, words to search, a page."""

    def __init__(self) -> None:
        """Read the address; what cannot be read is the period that runs."""
        known = plans()
        self.plan: Plan = known.get(request.values.get("plan", "")) or next(iter(known.values()))
        today = clock.today()
        self.period = running(today)
        text = request.values.get("period", "")
        if text:
            try:
                period = Period.parse(text)
                if period.starts_on <= today and period.cut_off >= self.plan.signed_on:
                    self.period = period
            except NoPeriod:
                flash(_("There is no such period; the one that runs is shown."), "warning")
        self.day = min(self.period.cut_off, today)
        self.search = request.values.get("q", "").strip()[:100]
        self.item = request.values.get("item", "") if self.plan.item(request.values.get("item", "")) else ""
        state = request.values.get("state", "missing")
        self.state = state if state in words.STATES or state == "" else "missing"
        self.page = min(max(1, request.args.get("page", 1, type=int)), 100_000)

    @property
    def here(self) -> dict[str, str]:
        """Return the parameters of the address but for the page."""
        found = {"period": self.period.code, "q": self.search, "item": self.item, "state": self.state}
        if self.plan is not next(iter(plans().values())):
            found["plan"] = self.plan.code
        return {key: value for key, value in found.items() if value or key == "state"}

    @property
    def periods(self) -> list[tuple[str, str]]:
        """Return the periods of the plan up to today, the latest first."""
        return [(one.code, name_of(one)) for one in since(self.plan.signed_on, clock.today())][:24]

    def standings(self, session: Session, action: Action) -> list[Standing]:
        """Return who must declare what, as the address asks it, in the reach of an action."""
        return queries.standings(
            session,
            self.plan,
            self.period,
            self.day,
            reachable(actor().grants, action),
            item=self.item,
            state=self.state,
            search=self.search,
        )


def me() -> int:
    """Return the id of whoever asks."""
    return actor().id or 0


def _labels() -> dict[str, Any]:
    return {
        "said": indicator_words.said,
        "value_of": words.value,
        "grades_of": words.grades,
        "decided_note": words.decided_note,
        "lasts": words.lasts,
        "states": {key: _(label) for key, label in words.STATES.items()},
        "signs": words.SIGNS,
        "not_mine": {key: _(label) for key, label in words.NOT_MINE.items()},
    }


@bp.get("/")
@requires(Action.VALUE_DECLARE)
def index() -> Answer:
    """List who has not declared what; the head of one unit goes straight to it."""
    session = db.session()
    only = _only_unit()
    if only is not None:
        return see_other("declarations.unit", code=only)
    asked = Asked()
    found = asked.standings(session, Action.VALUE_DECLARE)
    size = queries.PAGE
    return render_template(
        "declarations/index.html",
        asked=asked,
        found=found[(asked.page - 1) * size : asked.page * size],
        many=len(found),
        units=len({one.unit_id for one in found}),
        pages=max(1, -(-len(found) // size)),
        period_name=name_of(asked.period),
        items=[(one.code, indicator_words.said(one.label)) for one in asked.plan.items],
        waiting=queries.count_waiting(session, actor(), asked.plan),
        **_labels(),
    )


def _only_unit() -> str | None:
    """Return the code of the one unit that the reader's roles are given over; None where they reach further."""
    grants = [grant for grant in actor().grants if actor().may(Action.VALUE_DECLARE)]
    units = {grant.unit for grant in grants if grant.unit is not None}
    if len(units) != 1 or any(grant.unit is None for grant in grants):
        return None
    found = db.session().get(Unit, units.pop())
    return found.code if found is not None and found.valid_to is None else None


@bp.get("/units/<code>/")
@requires(Action.VALUE_DECLARE)
def unit(code: str) -> str:
    """Show what a unit must declare, what it declared last, and whether that still counts."""
    session, asked = db.session(), Asked()
    here = queries.unit_for(session, actor(), code)
    found = queries.duties(session, asked.plan, here, asked.period, asked.day)
    return render_template(
        "declarations/unit.html",
        asked=asked,
        unit=here,
        area=queries.path(session, here),
        duties=found,
        counting=sum(one.state == "" for one in found),
        facts=[(fact, _(words.FACTS[fact])) for fact in queries.concerned(session, here, clock.today())],
        period_name=name_of(asked.period),
        same=queries.SAME_THING,
        different=values.too_different,
        **_labels(),
    )


def _item(asked: Asked, code: str) -> Item:
    item = asked.plan.item(code)
    if item is None:
        raise NotFound
    return item


@bp.get("/units/<code>/<item>")
@requires(Action.VALUE_DECLARE)
def item(code: str, item: str) -> str:
    """Show the form of an item."""
    asked = Asked()
    one = _item(asked, item)
    if one.by_grade is not None:
        return _numbers_page(asked, code, one, None)
    form = DeclareForm(one, formdata=None, said_on=asked.day)
    return _item_page(asked, code, one, form)


def _item_page(asked: Asked, code: str, one: Item, form: DeclareForm) -> str:
    session = db.session()
    here = queries.unit_for(session, actor(), code)
    duty = next(
        (
            duty
            for duty in queries.duties(session, asked.plan, here, asked.period, asked.day)
            if duty.item == one
        ),
        None,
    )
    if duty is None:
        raise NotFound
    return render_template(
        "declarations/item.html",
        asked=asked,
        unit=here,
        duty=duty,
        item=one,
        form=form,
        kept=_kept_name(form, EVIDENCE),
        entries=[
            form[name]
            for name in ("number", "yes", "ticks", "document", "document_on", "partner", "words")
            if name in form
        ],
        numeric="number" in form,
        computed=duty.computed,
        same=one.code in queries.SAME_THING,
        share=f"{int(values.VARIANCE * 100)}%",
        period_name=name_of(asked.period),
        **_labels(),
    )


@bp.post("/units/<code>/<item>")
@requires(Action.VALUE_DECLARE)
@takes_files()
def declare(code: str, item: str) -> Answer:
    """Take a value: checked, kept, to be approved. A file that came with faults beside it is kept for the next try."""
    asked = Asked()
    one = _item(asked, item)
    here = queries.unit_for(db.session(), actor(), code)
    form: DeclareForm | NumbersForm
    if one.by_grade is not None:
        form = numbers_form(*asked.plan.entered_with(one), here.kind)
    else:
        form = DeclareForm(one)

    def page() -> str:
        if isinstance(form, NumbersForm):
            return _numbers_page(asked, code, one, form)
        return _item_page(asked, code, one, form)

    good = form.validate_on_submit()
    file_id = _kept(form, form.evidence, EVIDENCE)
    if not good or form.evidence.errors:
        return page(), 422
    given = form.given if isinstance(form, NumbersForm) else [(one, form.given)]
    now = clock.now()
    try:
        with unit_of_work() as session:
            here = queries.unit_for(session, actor(), code)
            for entered, value in given:
                services.declare(
                    session,
                    asked.plan,
                    here,
                    entered,
                    said_on=_given_day(form.said_on),
                    given=value,
                    note=str(form.note.data or ""),
                    file_id=file_id,
                    by_id=me(),
                    now=now,
                )
    except Refused as refusal:
        where = {EvidenceNeeded: form.evidence, SayWhyDifferent: form.note}.get(type(refusal), form.said_on)
        where.errors = [*where.errors, worded(refusal)]
        if isinstance(refusal, NotAsked):
            where.errors = []
            form.form_errors.append(worded(refusal))
        return page(), 422
    flash(_("Declared. It counts once it is approved."), "success")
    if isinstance(form, NumbersForm):
        flash(_sums(form), "info")
    return see_other("declarations.unit", code=code, period=asked.period.code)


def _sums(form: NumbersForm) -> str:
    """Return the sums that the portal adds up, as they are said after saving."""
    found, tongue = form.numbers, language()
    whole = show_number(sum(found.whole.values()), tongue)
    if found.part is None:
        return str(_("In all %(whole)s. How many of them were taught is still to be declared.", whole=whole))
    part = show_number(sum(found.part.values()), tongue)
    return str(_("In all %(part)s taught of %(whole)s.", part=part, whole=whole))


def _numbers_page(asked: Asked, code: str, one: Item, form: NumbersForm | None) -> str:
    """Show the form of numbers by grade: both columns, with how each item stands."""
    here = queries.unit_for(db.session(), actor(), code)
    both = asked.plan.entered_with(one)
    duties = [
        duty
        for duty in queries.duties(db.session(), asked.plan, here, asked.period, asked.day)
        if duty.item in both
    ]
    if one not in [duty.item for duty in duties]:
        raise NotFound
    if form is None:
        # what was sent back, or waits still: of older numbers some would stay that are no longer so
        last = {duty.item: duty.returned or duty.waiting for duty in duties}
        begun = [
            row.value if item is not None and (row := last.get(item)) is not None else None for item in both
        ]
        filled = {"said_on": asked.day, **typed_before(*begun)}
        form = numbers_form(*both, here.kind, formdata=None, data=filled)
    return render_template(
        "declarations/numbers.html",
        asked=asked,
        unit=here,
        item=one,
        duties=duties,
        form=form,
        by_grade=bool(both[0].grades_of(here.kind)),
        kept=_kept_name(form, EVIDENCE),
        period_name=name_of(asked.period),
        **_labels(),
    )


def _kept(form: Any, field: Any, purpose: str) -> int | None:
    """Keep the file that came, or find the one that came before; its id goes along in the form."""
    upload = request.files.get(field.name)
    if upload is not None and upload.filename:
        try:
            with unit_of_work() as session:
                stored = files.keep(
                    session, upload, purpose=purpose, allowed=PAPERS, by_id=me(), now=clock.now()
                )
                form.kept.data = str(stored.id)
        except Refused as refusal:
            field.errors = [*field.errors, worded(refusal)]
            form.kept.data = ""
            return None
    before = _kept_before(form, purpose)
    form.kept.data = str(before.id) if before is not None else ""
    return before.id if before is not None else None


def _kept_before(form: Any, purpose: str) -> StoredFile | None:
    """Return the file that the form names, if the reader sent it herself for this purpose."""
    text = str(form.kept.data or "")
    stored = db.session().get(StoredFile, int(text)) if text.isdecimal() and len(text) < 19 else None
    if stored is None or stored.purpose != purpose or stored.uploaded_by_id != me() or stored.removed_at:
        return None
    return stored


def _kept_name(form: Any, purpose: str) -> str:
    before = _kept_before(form, purpose)
    return before.name if before is not None else ""


def _given_day(field: Any) -> date:
    """Return the day of a field that was checked."""
    day: date = field.data
    return day


@bp.get("/<int:declaration_id>/evidence")
@requires(Action.VALUE_DECLARE)
def evidence(declaration_id: int) -> Response:
    """Hand out the evidence of a value; who took it is recorded."""
    with unit_of_work() as session:
        row, here = queries.declaration_for(session, actor(), declaration_id)
        if row.file_id is None:
            raise NotFound
        record(
            session, at=clock.now(), actor_id=me(), code="declaration.evidence", target=f"unit:{here.code}",
            item=row.item, declaration=row.id,
        )  # fmt: skip
        file_id = row.file_id
    return send(db.session().get_one(StoredFile, file_id))


@bp.get("/waiting")
@requires(Action.VALUE_APPROVE)
def waiting() -> str:
    """List what waits for approval, with what the portal counts beside it."""
    return _waiting_page()


def _waiting_page() -> str:
    asked = Asked()
    session = db.session()
    found = queries.waiting(session, actor(), asked.plan, asked.search, asked.page, clock.today())
    return render_template(
        "declarations/waiting.html",
        asked=asked,
        found=found[: queries.PAGE],
        more=len(found) > queries.PAGE,
        many=queries.count_waiting(session, actor(), asked.plan),
        form=ButtonForm(),
        **_labels(),
    )


@bp.post("/waiting")
@requires(Action.VALUE_APPROVE)
def approve() -> Answer:
    """Approve the values ticked; what may not be approved by this reader is left out, and said."""
    asked = Asked()
    ids = [int(one) for one in request.form.getlist("id") if one.isdigit() and len(one) < 19][:1000]
    try:
        with unit_of_work() as session:
            found = [
                queries.declaration_for(session, actor(), one, Action.VALUE_APPROVE)
                for one in dict.fromkeys(ids)
            ]
            done, left = services.approve_many(session, actor(), asked.plan, found, clock.now())
    except Refused as refusal:
        flash(worded(refusal), "warning")
        return see_other("declarations.waiting", q=asked.search or None)
    if done:
        flash(ngettext("%(num)d value approved.", "%(num)d values approved.", done), "success")
    for message in dict.fromkeys(worded(refusal) for refusal in left):
        flash(message, "warning")
    return see_other("declarations.waiting", q=asked.search or None)


@bp.get("/<int:declaration_id>/")
@requires(Action.VALUE_DECLARE)
def show(declaration_id: int) -> str:
    """Show one declared value with its evidence, its note, and what was decided."""
    return _show_page(declaration_id, ReturnForm(formdata=None))


def _show_page(declaration_id: int, form: ReturnForm) -> str:
    session = db.session()
    row, here = queries.declaration_for(session, actor(), declaration_id)
    plan = plans().get(row.plan)
    one = plan.item(row.item) if plan is not None else None
    if one is None:
        raise NotFound
    decides = _may_decide(row.id)
    return render_template(
        "declarations/show.html",
        row=row,
        unit=here,
        area=queries.path(session, here),
        item=one,
        table=_grades_beside(plan, row, here.kind) if plan is not None else None,
        computed=queries.compared(session, here, row.item, row.said_on),
        count=row.value.get("count"),
        share=f"{int(values.VARIANCE * 100)}%",
        different=values.too_different,
        open=row.state == DeclarationState.SUBMITTED,
        decides=decides,
        why_not=queries.why_not(session, actor(), row, here, clock.today()) if decides else "",
        state_label=_(DECLARATION_STATE_LABELS[DeclarationState(row.state)]),
        entered_on=clock.local_date(row.entered_at),
        decided_on=clock.local_date(row.decided_at) if row.decided_at else None,
        form=form,
        **_labels(),
    )


def _grades_beside(
    plan: Plan, row: Declaration, unit_kind: str
) -> tuple[list[str], list[tuple[str, list[int | None]]]] | None:
    """Return the columns and lines of a value by grade, with what was declared beside it for the same day."""
    item = plan.item(row.item)
    if item is None or "grades" not in row.value:
        return None
    columns: list[tuple[str, dict[str, int]]] = []
    for one in plan.entered_with(item):
        other = None if one is None else row if one == item else queries.beside(db.session(), row, one.code)
        if one is not None and one.by_grade is not None and other is not None and "grades" in other.value:
            columns.append((indicator_words.said(one.by_grade.column), other.value["grades"]))
    return [title for title, _numbers in columns], [
        (indicator_words.said(label), [numbers.get(code) for _title, numbers in columns])
        for code, label in item.grades_of(unit_kind)
        if any(code in numbers for _title, numbers in columns)
    ]


def _may_decide(declaration_id: int) -> bool:
    try:
        queries.declaration_for(db.session(), actor(), declaration_id, Action.VALUE_APPROVE)
    except NotFound:
        return False
    return True


@bp.post("/<int:declaration_id>/return")
@requires(Action.VALUE_APPROVE)
def give_back(declaration_id: int) -> Answer:
    """Return a value with the reason."""
    queries.declaration_for(db.session(), actor(), declaration_id, Action.VALUE_APPROVE)
    form = ReturnForm()
    if not form.validate_on_submit():
        return _show_page(declaration_id, form), 422
    try:
        with unit_of_work() as session:
            row, here = queries.declaration_for(session, actor(), declaration_id, Action.VALUE_APPROVE)
            services.give_back(
                session, actor(), plans()[row.plan], row, here, str(form.reason.data), clock.now()
            )
    except Refused as refusal:
        flash(worded(refusal), "warning")
        return see_other("declarations.show", declaration_id=declaration_id)
    flash(_("Returned. The unit has been told why."), "success")
    return see_other("declarations.waiting")


@bp.get("/remind")
@requires(Action.VALUE_APPROVE)
def remind() -> str:
    """Show whom a reminder would reach and what it says, before anything is sent."""
    asked = Asked()
    session = db.session()
    found = _to_remind(asked, session)
    told = queries.declarers(session, {one.unit_id for one in found}, clock.today())
    lines: dict[int, list[Standing]] = {}
    for one in found:
        lines.setdefault(one.unit_id, []).append(one)
    shown = [
        (group[0], [indicator_words.said(one.item.label) for one in group], len(told.get(key, [])))
        for key, group in lines.items()
    ]
    return render_template(
        "declarations/remind.html",
        asked=asked,
        shown=shown[:PREVIEW],
        units=len(shown),
        hidden_units=max(0, len(shown) - PREVIEW),
        people=len({one for group in told.values() for one in group}),
        nobody=sum(not group for group in told.values()),
        period_name=name_of(asked.period),
        form=ButtonForm(),
    )


def _to_remind(asked: Asked, session: Session) -> list[Standing]:
    """Return what is still to be declared, without what waits for approval: nothing is asked of those units."""
    if asked.state in ("", "counts", "waiting"):
        asked.state = "missing"
    return [one for one in asked.standings(session, Action.VALUE_APPROVE) if one.state != "waiting"]


@bp.post("/remind")
@requires(Action.VALUE_APPROVE)
def remind_submit() -> Redirect:
    """Remind every unit of the list of what it still has to declare."""
    asked = Asked()
    with unit_of_work() as session:
        told = services.remind(
            session,
            asked.plan,
            _to_remind(asked, session),
            period=asked.period.code,
            cut_off=asked.period.cut_off,
            by_id=me(),
            by_name=current_user.person.full_name,
            place=asked.item or "all",
            now=clock.now(),
        )
    flash(ngettext("%(num)d notice sent.", "%(num)d notices sent.", told), "success" if told else "info")
    return see_other("declarations.index", **asked.here)


@bp.get("/units/<code>/people/<any(network, active):fact>")
@requires(Action.VALUE_DECLARE)
def people(code: str, fact: str) -> Redirect | str:
    """List the people of a unit whom a fact concerns, to be ticked."""
    return _people_page(code, fact, FactForm(formdata=None, day=clock.today()))


def _people_page(code: str, fact: str, form: FactForm) -> Redirect | str:
    asked, session, today = Asked(), db.session(), clock.today()
    here = queries.unit_for(session, actor(), code)
    found = queries.people(session, here, fact, today, asked.page, asked.search)
    shown = found[: queries.PAGE]
    place, ids = f"unit:{here.code}", [one.user_id for one in shown]
    reason = reason_for_police(place, ids)
    if isinstance(reason, Redirect):
        return reason
    answer = render_template(
        "declarations/people.html",
        asked=asked,
        unit=here,
        fact=fact,
        title=_(words.FACTS[fact]),
        people=shown,
        more=len(found) > queries.PAGE,
        ticked=set(request.form.getlist("who")),
        form=form,
        kept=_kept_name(form, SCAN),
        year_ago=months_later(today, -12),
        today_on=today,
    )
    looked(LOOK, place, ids, reason, list=fact)
    return answer


@bp.post("/units/<code>/people/<any(network, active):fact>")
@requires(Action.VALUE_DECLARE)
@takes_files()
def people_submit(code: str, fact: str) -> Answer:
    """Record the fact for the people ticked, or end it."""
    queries.unit_for(db.session(), actor(), code)
    form = FactForm()
    good = form.validate_on_submit()
    file_id = _kept(form, form.scan, SCAN)
    if not good or form.scan.errors:
        return _again(_people_page(code, fact, form))
    ids = [int(one) for one in request.form.getlist("who") if one.isdigit() and len(one) < 19]
    ending = request.form.get("what") == "end"
    try:
        with unit_of_work() as session:
            here = queries.unit_for(session, actor(), code)
            if ending:
                number = services.end(
                    session, here, fact, ids, _given_day(form.day), by_id=me(), now=clock.now()
                )
            else:
                number = services.register(
                    session,
                    here,
                    fact,
                    ids,
                    _given_day(form.day),
                    file_id=file_id,
                    by_id=me(),
                    now=clock.now(),
                )
    except Refused as refusal:
        if isinstance(refusal, ScanNeeded):
            form.scan.errors = [*form.scan.errors, worded(refusal)]
        else:
            form.form_errors.append(worded(refusal))
        return _again(_people_page(code, fact, form))
    if ending:
        flash(ngettext("Ended for %(num)d person.", "Ended for %(num)d people.", number), "success")
    else:
        flash(ngettext("Recorded for %(num)d person.", "Recorded for %(num)d people.", number), "success")
    return see_other("declarations.people", code=code, fact=fact)


def _again(page: Redirect | str) -> Answer:
    """Return a page with faults as such; where a reason is asked for first, the way to the form."""
    return page if isinstance(page, Redirect) else (page, 422)


@bp.get("/units/<code>/people/<int:user_id>/scan")
@requires(Action.VALUE_DECLARE)
def scan(code: str, user_id: int) -> Response:
    """Hand out the scan behind a registration."""
    session = db.session()
    here = queries.unit_for(session, actor(), code)
    file_id = queries.scan_of(session, here, user_id, clock.today())
    return send(session.get_one(StoredFile, file_id))


@bp.get("/mine")
@requires(Action.OWN_ACCOUNT)
def mine() -> str:
    """Show a volunteer until when she counts as active, and the button by which she goes on."""
    today = clock.today()
    units, last = queries.volunteering(db.session(), me(), today)
    return render_template(
        "declarations/mine.html",
        units=units,
        last=last,
        until=months_later(last, 12) if last is not None else None,
        form=ButtonForm(),
    )


@bp.post("/mine")
@requires(Action.OWN_ACCOUNT)
def go_on() -> Redirect:
    """Let a volunteer say that she goes on."""
    try:
        with unit_of_work() as session:
            new = services.go_on(session, me(), clock.now())
    except Refused as refusal:
        flash(worded(refusal), "warning")
    else:
        flash(
            _("Thank you. You count as active for twelve months from today.")
            if new
            else _("You said so today already."),
            "success",
        )
    return see_other("declarations.mine")
