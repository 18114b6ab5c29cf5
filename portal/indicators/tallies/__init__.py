"""Tallies: sums of the facts of a few days, unit by unit, and marks of what must be counted anew."""
