"""Forms of learning: buttons, and nothing else."""

from portal.core.forms import Form


class ButtonForm(Form):
    """A button that changes something: it carries nothing but the token against forged requests."""
