"""Filed reports: drafted, checked, approved, filed; from then on nothing about them moves."""
