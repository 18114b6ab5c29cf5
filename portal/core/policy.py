"""Who may do what, where: actions, roles, places. Pure; the page "who may do what" is printed from `MAY`.

An action is named on every endpoint. A role is a row of actions. A grant gives a role over a place: an area with
everything below it, optionally narrowed to one sector or to one unit. `can` answers for one place; its twin
`portal.core.organisation.queries.reach` narrows a query to the places where `can` is true, and a test compares them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.core.text import N_


class Action(StrEnum):
    """Everything that is allowed or not. `learner` actions are everybody's who has signed in."""

    OWN_LEARNING = "own:learning"
    OWN_ACCOUNT = "own:account"
    PEOPLE_COUNT = "people:count"
    PEOPLE_READ = "people:read"
    PEOPLE_EXPORT = "people:export"
    CERTIFICATE_REVOKE = "certificate:revoke"
    COURSE_PREVIEW = "course:preview"
    COURSE_CHECK = "course:check"
    AUDIT_READ = "audit:read"
    POLICY_READ = "policy:read"
    UNITS_READ = "units:read"
    UNITS_MANAGE = "units:manage"
    WORKSHOP_HOLD = "workshop:hold"
    PRACTICE_MARK = "practice:mark"
    GROUP_LESSON_PLAY = "group_lesson:play"
    CERTIFICATE_ISSUE_PAST = "certificate:issue_past"
    ROSTER_MANAGE = "roster:manage"
    COURSE_ASSIGN = "course:assign"
    PEOPLE_REMIND = "people:remind"
    HOUSEHOLD_KEEP = "household:keep"
    FAMILY_SUPPORT = "family:support"
    PERSON_ERASE = "person:erase"
    INDICATOR_READ = "indicator:read"
    VALUE_DECLARE = "value:declare"
    VALUE_APPROVE = "value:approve"
    REPORT_PREPARE = "report:prepare"
    REPORT_FILE = "report:file"
    REPORT_RECEIVE = "report:receive"


class Role(StrEnum):
    """A named set of actions, given over a place."""

    LEARNER = "learner"
    COLLABORATOR = "collaborator"
    UNIT_HEAD = "unit_head"
    DISTRICT_HEAD = "district_head"
    DEPARTMENT_HEAD = "department_head"
    STANDING_AGENCY = "standing_agency"
    AUTHOR = "author"
    ADMINISTRATOR = "administrator"
    FAMILY_SUPPORT = "family_support"


ROLE_LABELS: Mapping[Role, str] = {
    Role.LEARNER: N_("learner"),
    Role.COLLABORATOR: N_("collaborator"),
    Role.UNIT_HEAD: N_("head of unit"),
    Role.DISTRICT_HEAD: N_("head of district"),
    Role.DEPARTMENT_HEAD: N_("department head"),
    Role.STANDING_AGENCY: N_("standing agency"),
    Role.AUTHOR: N_("author"),
    Role.ADMINISTRATOR: N_("administrator"),
    Role.FAMILY_SUPPORT: N_("family support officer"),
}

ACTION_LABELS: Mapping[Action, str] = {
    Action.OWN_LEARNING: N_("learn, sit quizzes, receive certificates"),
    Action.OWN_ACCOUNT: N_("see and change one's own account"),
    Action.PEOPLE_COUNT: N_("see counts of people"),
    Action.PEOPLE_READ: N_("see lists of people by name"),
    Action.PEOPLE_EXPORT: N_("export lists"),
    Action.CERTIFICATE_REVOKE: N_("revoke a certificate, with a reason"),
    Action.COURSE_PREVIEW: N_("read courses of every audience"),
    Action.COURSE_CHECK: N_("see what the check of the course files says"),
    Action.AUDIT_READ: N_("read the audit trail"),
    Action.POLICY_READ: N_("see who may do what"),
    Action.UNITS_READ: N_("look areas and units up"),
    Action.UNITS_MANAGE: N_("import units, apply and undo reorganisations"),
    Action.WORKSHOP_HOLD: N_("hold classes and record who was there"),
    Action.PRACTICE_MARK: N_("arrange observed practice and its marking"),
    Action.GROUP_LESSON_PLAY: N_("play lessons to a group"),
    Action.CERTIFICATE_ISSUE_PAST: N_("issue a certificate for a paper class, with a reason"),
    Action.ROSTER_MANAGE: N_("keep staff lists: posts, transfers, sign-in slips, imports"),
    Action.COURSE_ASSIGN: N_("say who must learn what, and by when"),
    Action.PEOPLE_REMIND: N_("remind people of what they must learn"),
    Action.HOUSEHOLD_KEEP: N_("register parents and keep the households of a community"),
    Action.FAMILY_SUPPORT: N_("work with families as a support officer"),
    Action.PERSON_ERASE: N_("remove the data of a person, with a reason"),
    Action.INDICATOR_READ: N_("see the indicators of the plan and what they stand on"),
    Action.VALUE_DECLARE: N_("declare values that the portal cannot compute"),
    Action.VALUE_APPROVE: N_("approve or return declared values"),
    Action.REPORT_PREPARE: N_("draft and prepare reports"),
    Action.REPORT_FILE: N_("approve and file reports"),
    Action.REPORT_RECEIVE: N_("receive filed reports, or return them with a reason"),
}

_OWN = frozenset({Action.OWN_LEARNING, Action.OWN_ACCOUNT})
_HEAD = _OWN | {
    Action.PEOPLE_COUNT,
    Action.PEOPLE_READ,
    Action.PEOPLE_EXPORT,
    Action.POLICY_READ,
    Action.UNITS_READ,
    Action.WORKSHOP_HOLD,
    Action.PRACTICE_MARK,
    Action.COURSE_ASSIGN,
    Action.PEOPLE_REMIND,
    Action.INDICATOR_READ,
}
_REPORTS = _HEAD | {
    Action.VALUE_DECLARE,
    Action.VALUE_APPROVE,
    Action.REPORT_PREPARE,
    Action.REPORT_FILE,
}

MAY: Mapping[Role, frozenset[Action]] = {
    Role.LEARNER: _OWN,
    Role.COLLABORATOR: _OWN
    | {
        Action.PEOPLE_COUNT,
        Action.PEOPLE_READ,
        Action.GROUP_LESSON_PLAY,
        Action.HOUSEHOLD_KEEP,
        Action.UNITS_READ,
    },
    Role.UNIT_HEAD: _HEAD | {Action.ROSTER_MANAGE, Action.VALUE_DECLARE},
    Role.DISTRICT_HEAD: _REPORTS | {Action.ROSTER_MANAGE},
    Role.DEPARTMENT_HEAD: _REPORTS
    | {Action.CERTIFICATE_REVOKE, Action.CERTIFICATE_ISSUE_PAST, Action.ROSTER_MANAGE},
    Role.STANDING_AGENCY: _REPORTS
    | {
        Action.CERTIFICATE_REVOKE,
        Action.COURSE_PREVIEW,
        Action.CERTIFICATE_ISSUE_PAST,
        Action.REPORT_RECEIVE,
    },
    Role.AUTHOR: _OWN | {Action.COURSE_PREVIEW, Action.COURSE_CHECK, Action.POLICY_READ},
    Role.ADMINISTRATOR: _OWN
    | {
        Action.CERTIFICATE_REVOKE,
        Action.COURSE_PREVIEW,
        Action.COURSE_CHECK,
        Action.AUDIT_READ,
        Action.POLICY_READ,
        Action.UNITS_READ,
        Action.UNITS_MANAGE,
        Action.PERSON_ERASE,
    },
    Role.FAMILY_SUPPORT: _OWN | {Action.FAMILY_SUPPORT},
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a unit stands: the ids of its area and of all areas above it, its sector, its id and those above it."""

    areas: frozenset[int]
    sector: str
    units: frozenset[int]


@dataclass(frozen=True, slots=True)
class Grant:
    """A role over a place: an area with all below it; narrowed to a sector, or to one unit with its sub-units.

    `area`, `sector` and `unit` are ids or codes; None does not narrow. A grant of all Nones covers the province.
    """

    role: Role
    area: int | None = None
    sector: str | None = None
    unit: int | None = None

    def covers(self, place: Place) -> bool:
        """Return whether `place` lies inside this grant."""
        return (
            (self.area is None or self.area in place.areas)
            and (self.sector is None or self.sector == place.sector)
            and (self.unit is None or self.unit in place.units)
        )


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking: a user's id (None: nobody has signed in), what they were granted, and their audiences."""

    id: int | None = None
    grants: tuple[Grant, ...] = ()
    audiences: frozenset[str] = frozenset()

    def may(self, action: Action) -> bool:
        """Return whether the actor may do `action` anywhere at all."""
        return may_somewhere(self, action)


def may_somewhere(actor: Actor, action: Action) -> bool:
    """Return whether some grant of `actor`, or merely having signed in, allows `action` somewhere."""
    if actor.id is None:
        return False
    return action in MAY[Role.LEARNER] or any(action in MAY[grant.role] for grant in actor.grants)


def can(grants: Iterable[Grant], action: Action, place: Place) -> bool:
    """Return whether one of `grants` allows `action` at `place`."""
    return any(action in MAY[grant.role] and grant.covers(place) for grant in grants)
