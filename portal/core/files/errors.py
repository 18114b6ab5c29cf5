"""What an upload may be refused for: what was sent, what is wrong, what to send instead."""

from portal.core.errors import Refused
from portal.core.text import N_


class NoFile(Refused):
    """The form came without a file."""

    message = N_("Choose a file first.")


class FileTooBig(Refused):
    """More bytes than this purpose takes."""

    message = N_(
        "“%(name)s” is bigger than %(most)d MB. Make it smaller (scan in black and white, or fewer pages) and send it again."
    )


class WrongKind(Refused):
    """The content is none of the kinds that this purpose takes, whatever the name says."""

    message = N_("“%(name)s” is not what is needed here. Send one of: %(kinds)s.")


class BrokenFile(Refused):
    """The content begins like its kind and is not one."""

    message = N_("“%(name)s” is damaged or incomplete. Open it, save it again and send that.")
