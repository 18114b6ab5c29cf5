"""People, their postings to units, the roles they were given, and their sign-ins."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, Code, Line, Pk
from portal.core.organisation.following import follows
from portal.core.organisation.reorganise import Follower, Subject
from portal.core.policy import Role
from portal.core.text import N_


class Audience(StrEnum):
    """What a person does, as far as learning goes: a course names the audiences it is for."""

    TEACHER = "teacher"
    MANAGER = "manager"
    SCHOOL_STAFF = "school_staff"
    HEALTH_WORKER = "health_worker"
    POLICE_OFFICER = "police_officer"
    INVESTIGATOR = "investigator"
    COMMUNE_OFFICER = "commune_officer"
    CHILD_AFFAIRS_OFFICER = "child_affairs_officer"
    COLLABORATOR = "collaborator"
    VOLUNTEER = "volunteer"
    POSTAL_WORKER = "postal_worker"
    SOCIAL_WORKER = "social_worker"
    PARENT = "parent"
    CARER = "carer"


AUDIENCE_LABELS = {
    Audience.TEACHER: N_("teacher"),
    Audience.MANAGER: N_("manager"),
    Audience.SCHOOL_STAFF: N_("school staff"),
    Audience.HEALTH_WORKER: N_("health worker"),
    Audience.POLICE_OFFICER: N_("police officer"),
    Audience.INVESTIGATOR: N_("investigator"),
    Audience.COMMUNE_OFFICER: N_("commune officer"),
    Audience.CHILD_AFFAIRS_OFFICER: N_("child-affairs officer"),
    Audience.COLLABORATOR: N_("collaborator"),
    Audience.VOLUNTEER: N_("volunteer"),
    Audience.POSTAL_WORKER: N_("postal worker"),
    Audience.SOCIAL_WORKER: N_("social worker"),
    Audience.PARENT: N_("parent"),
    Audience.CARER: N_("carer"),
}


class SecretKind(StrEnum):
    """A password, or (parents) a PIN of six digits."""

    PASSWORD = "password"  # noqa: S105 - the name of a kind, not a secret
    PIN = "pin"


class PostingSource(StrEnum):
    """Where the knowledge of a post comes from."""

    IMPORT = "import"
    HEAD = "head"
    SELF = "self"
    COLLABORATOR = "collaborator"
    DEMONSTRATION = "demo"


class LeftReason(StrEnum):
    """Why a post ended."""

    TRANSFERRED = "transferred"
    RETIRED = "retired"
    RESIGNED = "resigned"
    DIED = "died"
    NOT_ON_LIST = "not_on_list"
    CHANGED_POST = "changed_post"
    OTHER = "other"


LEFT_REASON_LABELS = {
    LeftReason.TRANSFERRED: N_("transferred to another unit"),
    LeftReason.RETIRED: N_("retired"),
    LeftReason.RESIGNED: N_("left the service"),
    LeftReason.DIED: N_("died"),
    LeftReason.NOT_ON_LIST: N_("no longer on the unit's list"),
    LeftReason.CHANGED_POST: N_("took another post here"),
    LeftReason.OTHER: N_("another reason"),
}


class User(Base):
    """A person the portal knows, with or without an account: one has an account when `secret_hash` is set.

    Rosters name people long before they sign in. `claimed_at` is when the person first took the account by a slip or
    with the head's word. `coded`: the portal holds no name; `full_name` is the code that the unit gave (police).
    Several people may share one phone number; a staff code or name given is one person's.

    `failed_count` and `locked_until` live here, not in a cache, so that a restart does not forgive an attack.
    `registration_key` comes with the sign-up form: sending it twice makes one person.
    """

    __tablename__ = "user"

    id: Mapped[Pk]
    full_name: Mapped[Line]
    coded: Mapped[bool] = mapped_column(default=False)
    sort_key: Mapped[str] = mapped_column(String(700))
    search_key: Mapped[Line]
    phone: Mapped[str | None] = mapped_column(String(15), index=True)
    staff_code: Mapped[Code | None] = mapped_column(unique=True)
    username: Mapped[Code | None] = mapped_column(unique=True)
    email: Mapped[Line | None]
    language: Mapped[str | None] = mapped_column(String(5))
    secret_kind: Mapped[SecretKind] = mapped_column(String(10))
    secret_hash: Mapped[Line | None]
    registration_key: Mapped[Code | None] = mapped_column(unique=True)
    failed_count: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    consent_version: Mapped[Code | None]
    consented_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("failed_count >= 0", "failures_are_counted_up"),
        CheckConstraint(
            "secret_hash IS NULL OR phone IS NOT NULL OR staff_code IS NOT NULL OR username IS NOT NULL",
            "account_has_something_to_sign_in_with",
        ),
        Index("ix_user_sort_key", "sort_key"),
    )


class Posting(Base):
    """A roster line: a person's post in a unit, from one date until another (inclusive), as one audience.

    `source` says where the knowledge comes from, `recorded_at` since when the portal has it (None: from before it
    kept that), `import_id` by which import. Leaving sets `valid_to` and `left_reason`; only the undo of an import
    deletes.
    """

    __tablename__ = "posting"

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    audience: Mapped[Audience] = mapped_column(String(30))
    title: Mapped[Line | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    source: Mapped[PostingSource] = mapped_column(String(20), default=PostingSource.HEAD)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("roster_import.id"), index=True)
    recorded_at: Mapped[datetime | None]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    left_reason: Mapped[LeftReason | None] = mapped_column(String(30))

    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", "ends_after_it_begins"),
        # counting a province's people reads nothing but this index
        Index("ix_posting_unit_id_user_id", "unit_id", "user_id", "audience", "valid_from", "valid_to"),
        Index("ix_posting_user_id", "user_id"),
        Index(
            "uq_posting_current",
            "user_id",
            "unit_id",
            "audience",
            unique=True,
            sqlite_where=text("valid_to IS NULL"),
            postgresql_where=text("valid_to IS NULL"),
        ),
    )


class Membership(Base):
    """A role given to a person over an area, optionally narrowed to a sector or a unit. None does not narrow."""

    __tablename__ = "membership"

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    role: Mapped[Role] = mapped_column(String(30))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    sector: Mapped[str | None] = mapped_column(String(20))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class SignIn(Base):
    """One signed-in device. Ending the row signs the device out at once; only the token's digest is kept."""

    __tablename__ = "sign_in"

    id: Mapped[Pk]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ApiToken(Base):
    """A machine's key to `/api/`, made by a person for herself; only its digest is kept, and it ends when she says so."""

    __tablename__ = "api_token"

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    name: Mapped[Line]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Slip(Base):
    """A printed slip: its confirmation code, of which only the hash is kept, opens the first sign-in once.

    A new slip replaces those before it. The QR code on it holds the login, never the confirmation code.
    """

    __tablename__ = "slip"

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[Line]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]


class Claim(Base):
    """Somebody says that she is a person of a roster, and has chosen a password; the head confirms or declines.

    `number` is shown to whoever asks; she tells it to the head, who compares it with the list. An unanswered claim
    is void from `expires_at`.
    """

    __tablename__ = "claim"

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    typed_name: Mapped[Line]
    number: Mapped[str] = mapped_column(String(4))
    secret_hash: Mapped[Line]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    confirmed: Mapped[bool | None]


# where a unit is merged or split, its people and what was granted over it go on at the successor
_SAME_GRANT = ("user_id", "role", "sector", "area_id", "unit_id")
follows(Follower("posting", "unit_id", Subject.UNIT, same=("user_id", "audience")))
follows(Follower("membership", "unit_id", Subject.UNIT, same=_SAME_GRANT, grants=True))
follows(Follower("membership", "area_id", Subject.AREA, same=_SAME_GRANT, grants=True))
