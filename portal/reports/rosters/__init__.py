"""The head's pages on staff lists: people and posts, slips, transfers, imports."""
