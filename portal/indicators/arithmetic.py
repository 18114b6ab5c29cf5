"""Shares, whole numbers still needed, and whether a target is met: pure and exact."""

from collections.abc import Iterable
from fractions import Fraction
from math import ceil


def share(numerator: int | None, denominator: int | None) -> Fraction | None:
    """Return numerator / denominator; None where either is unknown or there is nobody to count ("chưa có mẫu số").

    Raises `ValueError` for negative counts.
    """
    if numerator is None or denominator is None:
        return None
    if numerator < 0 or denominator < 0:
        raise ValueError(f"counts are not negative: {numerator}/{denominator}")
    return Fraction(numerator, denominator) if denominator else None


def growth(now: int | None, before: int | None) -> Fraction | None:
    """Return (now - before) / before, which may be negative; None without a base."""
    whole = share(now, before)
    return None if whole is None else whole - 1


def needed(target: Fraction, denominator: int | None) -> int | None:
    """Return the smallest whole number whose share of `denominator` reaches `target`: 40 % of 8 is 4."""
    return None if not denominator else ceil(target * denominator)


def met(value: Fraction | None, target: Fraction | None) -> bool | None:
    """Return whether a value reaches a target, compared exactly; None where one of them is unknown."""
    return None if value is None or target is None else value >= target


def pooled(counts: Iterable[int | None]) -> int | None:
    """Return the sum of what is known; None where nothing is. Counts are added, percentages never are."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None
