"""How large the large demonstration is. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Totals, those of the small demonstration (which is inside it) included; `seed` decides everything else.

    parents: at least so many; there are more where `certificates` could not be earned otherwise, for a person earns
    one of a course, and one more only where it is renewed. workshops: classes in a hall besides those of the small one.
    """

    schools: int = 1_000
    staff: int = 25_000
    parents: int = 300_000
    certificates: int = 100_000
    workshops: int = 900
    years: int = 3
    seed: int = 39


PROVINCE = Size()
