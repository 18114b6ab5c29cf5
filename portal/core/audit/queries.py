"""Reading the audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.core.accounts.models import User
from portal.core.audit.models import Entry
from portal.core.names import fold
from portal.core.text import N_

PAGE = 50
LABELS = {
    "user.register": N_("signed up"),
    "user.add": N_("added a person"),
    "user.change_secret": N_("changed a password or PIN"),
    "user.sign_out_everywhere": N_("signed out on every device"),
    "filing.draft": N_("began a report, or took it back to a draft"),
    "filing.prepared": N_("prepared a report for approval"),
    "filing.approved": N_("approved a report"),
    "filing.filed": N_("filed a report"),
    "filing.received": N_("received a filed report"),
    "filing.returned": N_("returned a filed report"),
    "filing.issued": N_("noted number, day and scan of an issued report"),
    "indicators.export": N_("exported the board of indicators"),
    "user.token_made": N_("made a token for a machine"),
    "user.token_ended": N_("ended a token"),
    "course.complete": N_("completed a course"),
    "certificate.issue": N_("received a certificate"),
    "certificate.open": N_("opened another person's certificate"),
    "certificate.revoke": N_("revoked a certificate"),
    "certificate.issue_past": N_("issued a certificate for a paper class"),
    "workshop.open": N_("announced a class"),
    "workshop.change": N_("changed a class"),
    "workshop.cancel": N_("cancelled a class"),
    "workshop.register": N_("registered for a class, or registered somebody"),
    "workshop.give_up": N_("gave a seat in a class back"),
    "workshop.read": N_("looked at the people of a class"),
    "workshop.roll": N_("opened the roll of a class"),
    "workshop.sheet": N_("printed a sign-in sheet"),
    "workshop.tick": N_("ticked who was in a class"),
    "workshop.come_in": N_("noted who came in to a class"),
    "workshop.attach": N_("attached a scan to a class"),
    "workshop.evidence": N_("took the scan of a class"),
    "workshop.close": N_("closed a class"),
    "workshop.correct": N_("corrected who was in a closed class"),
    "workshop.export": N_("exported classes"),
    "paper_class.read": N_("looked at the list of a paper class"),
    "paper_class.decide": N_("decided who a line of a paper class is"),
    "paper_class.count": N_("counted a paper class"),
    "paper_class.export": N_("exported the list of a paper class"),
    "group_lesson.play": N_("opened a lesson to play to a group"),
    "group_lesson.note": N_("noted a group lesson"),
    "group_lesson.read": N_("looked at the people of a group lesson"),
    "group_lesson.export": N_("exported group lessons"),
    "practice.read": N_("looked at observed practice"),
    "practice.arrange": N_("arranged observed practice"),
    "practice.hand_in": N_("handed in a sheet of observed practice"),
    "practice.name_third": N_("named a third assessor"),
    "practice.settle": N_("observed practice was settled"),
    "practice.withdraw": N_("withdrew observed practice"),
    "practice.export": N_("exported observed practice"),
    "attempt.annul": N_("annulled an attempt"),
    "people.read": N_("looked at a list of people"),
    "people.export": N_("exported a list of people"),
    "board.export": N_("exported rates"),
    "units.import": N_("imported units"),
    "units.export": N_("exported units"),
    "areas.import": N_("imported areas"),
    "reorganisation.plan": N_("wrote a reorganisation down"),
    "reorganisation.withdraw": N_("withdrew a planned reorganisation"),
    "reorganisation.apply": N_("applied a reorganisation"),
    "reorganisation.undo": N_("undid a reorganisation"),
    "assignment.make": N_("made a rule of who must learn"),
    "assignment.end": N_("ended a rule of who must learn"),
    "assignment.apply": N_("rules of who must learn were applied"),
    "people.remind": N_("reminded people"),
    "household.register": N_("registered a person from a paper list"),
    "household.change": N_("corrected a household"),
    "household.export": N_("exported counts of households"),
    "record.note": N_("noted something in a record"),
    "record.open": N_("opened a record"),
    "slip.print": N_("printed a sign-in slip"),
    "user.reset_secret": N_("took a password away"),
    "user.claim": N_("took the account over"),
    "user.ask_account": N_("asked for an account"),
    "user.confirm": N_("confirmed somebody’s account"),
    "user.decline": N_("declined a request for an account"),
    "roster.add": N_("added somebody to a staff list"),
    "roster.change": N_("corrected a staff list"),
    "roster.end": N_("ended a post"),
    "roster.transfer_ask": N_("offered a transfer"),
    "roster.transfer_request": N_("asked for a transfer"),
    "roster.transfer_accepted": N_("accepted a transfer"),
    "roster.transfer_declined": N_("declined a transfer"),
    "roster.transfer_withdrawn": N_("withdrew a transfer"),
    "roster.confirm_list": N_("confirmed a staff list as complete"),
    "roster.declare_totals": N_("declared a total"),
    "roster.import": N_("applied a staff list from a file"),
    "roster.undo": N_("undid a staff list from a file"),
    "roster.apply_asked": N_("asked to apply a staff list"),
    "roster.undo_asked": N_("asked to undo a staff list"),
    "roster.discard_asked": N_("discarded a staff list"),
    "list.reason": N_("said why a list was opened"),
    "user.correct": N_("corrected her own data"),
    "user.download": N_("downloaded her own data"),
    "person.erase": N_("removed the data of a person"),
    "retention.run": N_("deleted what need not be kept"),
    "declaration.enter": N_("declared a value for a unit"),
    "declaration.approve": N_("approved a declared value"),
    "declaration.return": N_("returned a declared value"),
    "declaration.remind": N_("reminded units of what they must declare"),
    "declaration.evidence": N_("took the evidence of a declared value"),
    "declaration.export": N_("exported who has declared what"),
    "person_fact.record": N_("recorded registrations or volunteers who go on"),
    "person_fact.end": N_("ended registrations or volunteers’ work"),
    "person_fact.go_on": N_("said that she goes on as a volunteer"),
    "looks.export": N_("exported who looked at lists"),
    "erasures.export": N_("exported the removals of data"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """An entry with the name of who did it."""

    at: datetime
    actor: str
    code: str
    target: str
    facts: dict[str, Any]


def entries(session: Session, *, search: str, page: int) -> Sequence[Row]:
    """Return one page (50) of entries, newest first, whose code, target or actor's name holds `search`."""
    query = (
        select(Entry, User.full_name)
        .outerjoin(User, User.id == Entry.actor_id)
        .order_by(Entry.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    if search:
        query = query.where(
            or_(
                Entry.code.contains(search, autoescape=True),
                Entry.target.contains(search, autoescape=True),
                User.search_key.contains(fold(search), autoescape=True),
            )
        )
    return [
        Row(entry.at, name or "–", entry.code, entry.target, entry.facts)
        for entry, name in session.execute(query)
    ]
