"""The root of everything the domain may refuse: pure, it knows no status code, no address and no language."""

from portal.core.text import N_


class Refused(Exception):
    """Something a person asked for that the rules do not allow.

    `message` is an English sentence with named placeholders, marked with `N_`; `values` fills them. One handler
    (`portal.errors`) words it in the reader's language and answers 409, or re-renders the page that asked.
    """

    message = N_("This cannot be done.")

    def __init__(self, **values: object) -> None:
        super().__init__(self.message % values)
        self.values = values


class NotFound(Exception):
    """There is no such thing, or the asker may not know that there is: both answer 404."""


class Forbidden(Exception):
    """The asker may see this thing but not do this to it: 403."""
