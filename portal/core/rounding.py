"""How many decimals a share needs so that its print says what is so. Pure and exact.

79.96 % does not reach a target of 80 %; printed with one decimal it would read 80 %, and “not reached” beside it. And
12 people of 90,166 are not 0 %, nor 2,499 of 2,500 all of them.
"""

from decimal import Decimal
from fractions import Fraction


def percents(share: Fraction, places: int) -> Decimal:
    """Return a share of one as per cent with so many decimals, rounded half away from nought."""
    half_up = (2 * abs(share.numerator) * 100 * 10**places + share.denominator) // (2 * share.denominator)
    return Decimal(half_up if share >= 0 else -half_up).scaleb(-places)


def places(share: Fraction | None, target: Fraction | None, least: int = 1) -> int:
    """Return the fewest decimals, `least` at least, with which both print as they compare: below stays below.

    Some is not printed as nobody, nor as everybody. A share that reaches its target prints no lower with any number of
    decimals, so for that it needs no more than `least`.
    """
    found = least
    if share is not None and 0 < share < 1:
        while percents(share, found) in (0, 100):
            found += 1
    if share is not None and target is not None and share < target:
        while percents(share, found) >= percents(target, found):
            found += 1
    return found
