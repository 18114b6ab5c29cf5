"""Marking messages for translation without translating them: pure."""


def N_(message: str) -> str:
    """Return `message` unchanged; its presence here puts it into the catalogues (gettext's "noop")."""
    return message
