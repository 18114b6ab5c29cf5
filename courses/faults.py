"""A fault of shipped content, with the place where it stands: pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something an author must mend: `message` says what is wrong and what to do.

    file: path as the author knows it, from the course code on (`GD-01/1/vi/010-….md`). line: from 1; a fault of the
    whole file stands at line 1.
    """

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        """Return `file:line: message`, the form that editors turn into a link."""
        return f"{self.file}:{self.line}: {self.message}"


class FaultyCourse(Exception):
    """A course folder that cannot be published; `faults` holds all of them, in the order of files and lines."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        """Keep `faults`, which is never empty."""
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults
