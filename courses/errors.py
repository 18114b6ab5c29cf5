"""What a learner, an author or a head may be refused in a course."""

from portal.core.errors import Refused
from portal.core.text import N_


class NotForYou(Refused):
    """The course is not for any audience the person belongs to."""

    message = N_(
        "This course is for other people. If you need it, ask the head of your unit to have you enrolled."
    )


class NotAsked(Refused):
    """A restricted course is begun, and its lessons are read, by those alone whom a rule asks."""

    message = N_(
        "Only those who were chosen for this course learn it. If you need it, ask the head of your unit to assign it to you."
    )


class NotEnrolled(Refused):
    """The work belongs to an enrolment that does not exist yet."""

    message = N_("Begin the course first: open its page and choose “Begin the course”.")


class LessonsFirst(Refused):
    """The final quiz opens when the lessons are read."""

    message = N_("%(left)d lessons are still to be read before the quiz opens.")


class AlreadyCompleted(Refused):
    """A completed quiz is not sat again: the completion is a fact, another attempt could only confuse."""

    message = N_("You have passed this quiz. You can look at your results; another attempt is not needed.")
