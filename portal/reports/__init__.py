"""The head's pages: counts of people by place, course and audience, the names behind them, and the same as files."""
