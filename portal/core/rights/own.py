"""What the floor itself holds about a person: account, posts, roles, devices, consents, notices, work, looks, uploads."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.core.accounts.models import AUDIENCE_LABELS, Membership, Posting, SignIn, User
from portal.core.audit.models import Entry
from portal.core.audit.queries import LABELS
from portal.core.consent.models import WAY_LABELS, Consent
from portal.core.files.models import StoredFile
from portal.core.jobs.models import STATE_LABELS, Job
from portal.core.jobs.views import title
from portal.core.notices.models import Notice
from portal.core.organisation.models import SECTOR_LABELS, Area, Unit
from portal.core.policy import ROLE_LABELS
from portal.core.rights import queries
from portal.core.rights.holdings import Holding, Part, holds, nothing_to_erase, table_holding
from portal.core.rights.looking import LOOK_LABELS
from portal.core.rights.places import in_words
from portal.core.text import N_


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value is not None else None


def _account(session: Session, user_id: int) -> Part:
    user = session.get_one(User, user_id)
    return Part(
        [
            {
                "full_name": user.full_name,
                "phone": user.phone,
                "staff_code": user.staff_code,
                "username": user.username,
                "email": user.email,
                "language": user.language,
                "secret_kind": str(user.secret_kind),
                "created_at": _moment(user.created_at),
            }
        ]
    )


holds(
    Holding(
        "account",
        N_("Account"),
        (
            ("full_name", N_("Full name")), ("phone", N_("Phone number")), ("staff_code", N_("Staff code")),
            ("username", N_("User name")), ("email", N_("E-mail")), ("language", N_("Language")),
            ("created_at", N_("Since")),
        ),
        ("user", "erasure"),
        _account,
        nothing_to_erase,
    )
)  # fmt: skip


def _posts(session: Session, user_id: int) -> Part:
    rows = session.execute(
        select(Posting, Unit.name, Area.name)
        .join(Unit, Unit.id == Posting.unit_id)
        .join(Area, Area.id == Unit.area_id)
        .where(Posting.user_id == user_id)
        .order_by(Posting.valid_from, Posting.id)
    )
    return Part(
        [
            {
                "unit": unit, "area": area, "audience": str(post.audience), "title": post.title,
                "valid_from": post.valid_from.isoformat(),
                "valid_to": post.valid_to.isoformat() if post.valid_to else None,
            }
            for post, unit, area in rows
        ]
    )  # fmt: skip


holds(
    Holding(
        "posts",
        N_("Posts"),
        (
            ("unit", N_("Unit")), ("area", N_("Area")), ("audience", N_("Audience")), ("title", N_("Title")),
            ("valid_from", N_("From")), ("valid_to", N_("Until")),
        ),
        ("posting",),
        _posts,
        nothing_to_erase,  # they are ended, not removed: yesterday's headcount is what it was
        {"audience": {str(key): label for key, label in AUDIENCE_LABELS.items()}},
    )
)  # fmt: skip


def _roles(session: Session, user_id: int) -> Part:
    rows = session.execute(
        select(Membership, Unit.name, Area.name)
        .outerjoin(Unit, Unit.id == Membership.unit_id)
        .outerjoin(Area, Area.id == Membership.area_id)
        .where(Membership.user_id == user_id)
        .order_by(Membership.id)
    )
    return Part(
        [
            {
                "role": str(one.role), "place": unit or area, "sector": one.sector,
                "valid_from": one.valid_from.isoformat(),
                "valid_to": one.valid_to.isoformat() if one.valid_to else None,
            }
            for one, unit, area in rows
        ]
    )  # fmt: skip


holds(
    Holding(
        "roles",
        N_("Roles"),
        (
            ("role", N_("Role")), ("place", N_("Place")), ("sector", N_("Sector")), ("valid_from", N_("From")),
            ("valid_to", N_("Until")),
        ),
        ("membership",),
        _roles,
        nothing_to_erase,
        {
            "role": {str(key): label for key, label in ROLE_LABELS.items()},
            "sector": {str(key): label for key, label in SECTOR_LABELS.items()},
        },
    )
)  # fmt: skip


def _devices(session: Session, user_id: int) -> Part:
    rows = session.scalars(select(SignIn).where(SignIn.user_id == user_id).order_by(SignIn.id))
    return Part([{"created_at": _moment(one.created_at), "ended_at": _moment(one.ended_at)} for one in rows])


def _forget_devices(session: Session, user_id: int, now: datetime) -> None:
    session.execute(delete(SignIn).where(SignIn.user_id == user_id))


holds(
    Holding(
        "sign_ins",
        N_("Sign-ins"),
        (("created_at", N_("From")), ("ended_at", N_("Until"))),
        ("sign_in",),
        _devices,
        _forget_devices,
    )
)


holds(
    table_holding(
        "api_tokens",
        N_("Tokens for machines"),
        "api_token",
        "user_id",
        (("name", N_("Name")), ("created_at", N_("From")), ("ended_at", N_("Until"))),
        blank=None,
    )
)


def _consents(session: Session, user_id: int) -> Part:
    rows = session.scalars(select(Consent).where(Consent.user_id == user_id).order_by(Consent.id))
    return Part(
        [
            {
                "at": _moment(one.at), "given": one.given, "version": one.version, "wording": one.wording,
                "way": str(one.way),
            }
            for one in rows
        ]
    )  # fmt: skip


holds(
    Holding(
        "consents",
        N_("Consents"),
        (
            ("at", N_("When")), ("given", N_("Given")), ("version", N_("Version")), ("wording", N_("Words")),
            ("way", N_("How")),
        ),
        ("consent",),
        _consents,
        nothing_to_erase,  # that consent was given must stay provable; the row names nobody
        {"way": {str(key): label for key, label in WAY_LABELS.items()}},
    )
)  # fmt: skip


def _notices(session: Session, user_id: int) -> Part:
    rows = session.scalars(select(Notice).where(Notice.user_id == user_id).order_by(Notice.id))
    return Part(
        [
            {"at": _moment(one.at), "code": one.code, "facts": _without_links(one.facts), "read_at": _moment(one.read_at)}
            for one in rows
        ]
    )  # fmt: skip


def _without_links(facts: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if key != "to"}


def _forget_notices(session: Session, user_id: int, now: datetime) -> None:
    session.execute(delete(Notice).where(Notice.user_id == user_id))


holds(
    Holding(
        "notices",
        N_("Notices"),
        (("at", N_("When")), ("title", N_("Notice")), ("read_at", N_("Read"))),
        ("notice", "notice_delivery"),
        _notices,
        _forget_notices,
    )
)


def _work(session: Session, user_id: int) -> Part:
    rows = session.scalars(select(Job).where(Job.by_id == user_id).order_by(Job.id))
    return Part(
        [
            {"kind": title(one.kind), "created_at": _moment(one.created_at), "state": str(one.state)}
            for one in rows
        ]
    )


def _let_go_of_work(session: Session, user_id: int, now: datetime) -> None:
    session.execute(update(Job).where(Job.by_id == user_id).values(by_id=None))


holds(
    Holding(
        "jobs",
        N_("Background work"),
        (("kind", N_("Kind")), ("created_at", N_("When")), ("state", N_("State"))),
        ("job",),
        _work,
        _let_go_of_work,
        {"state": {str(key): label for key, label in STATE_LABELS.items()}},
    )
)


def _uploads(session: Session, user_id: int) -> Part:
    rows = session.scalars(
        select(StoredFile).where(StoredFile.uploaded_by_id == user_id).order_by(StoredFile.id)
    )
    return Part(
        [{"name": one.name, "purpose": one.purpose, "uploaded_at": _moment(one.uploaded_at)} for one in rows]
    )


def _let_go_of_uploads(session: Session, user_id: int, now: datetime) -> None:
    session.execute(
        update(StoredFile).where(StoredFile.uploaded_by_id == user_id).values(uploaded_by_id=None)
    )


holds(
    Holding(
        "uploads",
        N_("Files that I sent"),
        (("name", N_("Name")), ("purpose", N_("Purpose")), ("uploaded_at", N_("When"))),
        ("stored_file",),
        _uploads,
        _let_go_of_uploads,
    )
)


def _trail(session: Session, user_id: int) -> Part:
    rows = session.scalars(
        select(Entry)
        .where((Entry.actor_id == user_id) | (Entry.target == f"user:{user_id}"))
        .order_by(Entry.id)
    )
    return Part(
        [
            {"at": _moment(one.at), "code": one.code, "by_me": one.actor_id == user_id, "target": one.target}
            for one in rows
        ]
    )


holds(
    Holding(
        "audit",
        N_("Audit trail"),
        (("at", N_("When")), ("code", N_("What")), ("by_me", N_("By me")), ("target", N_("On"))),
        (
            "audit_entry",
            "list_reason",
            "household",
            "roster_basis",
            "roster_import",
            "reorganisation",
            "transfer",
        ),
        _trail,
        nothing_to_erase,  # who did what must stay provable; the entries hold ids, not names
        {"code": LABELS},
    )
)


def _looks(session: Session, user_id: int) -> Part:
    return Part(
        [
            {"at": _moment(one.at), "by": one.by, "what": one.code, "place": in_words(one)}
            for one in queries.looks_at(session, user_id, page=None)
        ]
    )


holds(
    Holding(
        "looks",
        N_("Who looked at lists with me on them"),
        (("at", N_("When")), ("by", N_("Who")), ("what", N_("What")), ("place", N_("Place"))),
        ("list_view", "list_view_person"),
        _looks,
        nothing_to_erase,
        {"what": LOOK_LABELS},
    )
)


holds(
    table_holding(
        "slips",
        N_("Sign-in slips"),
        "slip",
        "user_id",
        (("made_at", N_("When")), ("used_at", N_("Used"))),
        blank=None,
    )
)
holds(
    table_holding(
        "claims",
        N_("Requests for an account"),
        "claim",
        "user_id",
        (("typed_name", N_("Full name")), ("asked_at", N_("When")), ("answered_at", N_("Answered"))),
        blank=None,
    )
)
holds(
    table_holding(
        "household",
        N_("Household"),
        "household_member",
        "user_id",
        (("household_id", N_("Number")), ("added_at", N_("Since"))),
        blank={},  # the household is still counted; the member is a stand-in
    )
)
