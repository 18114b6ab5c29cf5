"""People, their postings, what they may do, and how they sign in."""
