"""Rosters: who holds a post where, since when, on whose word; lists brought in from files, and taken back."""
