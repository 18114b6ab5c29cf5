"""What taking a quiz may be refused for: values only, worded where they are shown."""

from portal.core.errors import Refused
from portal.core.text import N_


class NoAttemptsLeft(Refused):
    """Values: limit."""

    message = N_("All %(limit)d attempts are used.")


class TryAgainLater(Refused):
    """Values: until, an aware moment."""

    message = N_("The next attempt may start from %(until)s.")


class AlreadySubmitted(Refused):
    """An answer or a change came after the paper was handed in."""

    message = N_("This attempt has been submitted. Its answers can no longer change.")


class TimeIsUp(Refused):
    """Values: deadline, an aware moment."""

    message = N_("The time was over at %(deadline)s. What was saved by then counts.")


class AttemptAnnulled(Refused):
    """The attempt was annulled by a named person, with a reason."""

    message = N_("This attempt has been annulled.")


class AnswerUnreadable(Refused):
    """Values: ref. What came is no answer to the question."""

    message = N_(
        "This answer could not be read. Please check what you entered; a number is written like 12 or 1.5."
    )


class NewerAnswerStands(Refused):
    """Values: ref. Another page or device saved a later answer; what came late is not kept."""

    message = N_(
        "A later answer to this question, from another page or device, has been kept. Reload the page to see it."
    )


class StepAlreadyTaken(Refused):
    """Values: ref. In a story, a step once taken cannot be taken back."""

    message = N_(
        "You have already chosen at this step, perhaps on another page. Reload the page to go on from there."
    )


class ReasonMissing(Refused):
    """Nothing is taken away without a reason."""

    message = N_("Give a reason.")
