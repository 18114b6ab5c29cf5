"""The large demonstration, step after step; later steps use what earlier ones made."""

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses.certificates.models import Certificate, CertificateFile
from courses.models import Completion, Enrolment, LessonDone, QuizAttempt
from courses.workshops.models import Workshop
from portal.core import clock
from portal.core.accounts.models import Posting, User
from portal.core.consent.models import Consent
from portal.core.db import unit_of_work
from portal.core.households.models import Household, HouseholdMember
from portal.core.organisation.models import Unit
from portal.core.rosters.queries import PARENTS
from portal.demo import province
from portal.demo.bulk import analyse
from portal.demo.large.classes import add_classes
from portal.demo.large.families import add_families
from portal.demo.large.learning import let_staff_learn, shares
from portal.demo.large.places import add_places, communes_to_fill
from portal.demo.large.staff import add_staff
from portal.demo.large.work import Report, Work
from portal.demo.size import Size
from quizzes.models import Answer, Attempt


def drawn(session: Session) -> int:
    """Return how many certificates have a file."""
    return session.scalar(select(func.count()).select_from(CertificateFile)) or 0


def load(size: Size, today: date, report: Report) -> None:
    """Fill an empty database, in one transaction: what is interrupted leaves nothing. Says what it is doing.

    Raises `TooSmall`.
    """
    now = clock.start_of(today)
    with unit_of_work() as session:
        province.fill(session, today, now, report)
        surround(session, size, today, report)
    with unit_of_work() as session:
        report("letting the database know its tables ...")
        analyse(session)


def surround(session: Session, size: Size, today: date, report: Report) -> None:
    """Put everybody else round the small demonstration, which is there. Raises `TooSmall`, having written nothing."""
    work = Work(session, size, today, report)
    here = work.people(Posting.audience.not_in(PARENTS))
    communes = communes_to_fill(work, here)
    places = add_places(work, communes)
    staff, collaborators = add_staff(work, places, size.staff - here)
    with work.bulk.bare(Enrolment, LessonDone, Attempt, Answer, QuizAttempt, Completion, Certificate, Posting, Consent, Household, HouseholdMember):  # fmt: skip
        of_staff, of_parents, parents = shares(work, staff)
        let_staff_learn(work, staff, of_staff)
        add_families(
            work, communes, places.community, collaborators, parents=parents, certificates=of_parents
        )
        report("indexes and foreign keys ...")
    work.bulk.settle(User, Unit, Enrolment, Household)
    add_classes(work, staff)
    work.bulk.settle(Workshop)
