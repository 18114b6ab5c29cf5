"""Question banks, papers, attempts and marks. Has never heard of a course.

From outside import `services`, `queries`, `errors`, `models.Attempt`, `bank`, `paper`, `marking`, `lifecycle` and
`kinds`; see README.md for what is promised.
"""
