"""Every module that does background work or holds data about people, imported: a worker must know them all.

Only `portal.app` imports this.
"""

from courses import holdings as courses
from courses import reopening
from courses.assignments import jobs as assignments
from portal.core.notices import sending
from portal.core.rights import own, retention
from portal.core.rosters import erasing as roster_rows
from portal.core.rosters import jobs as rosters
from portal.indicators import holdings as indicators
from portal.indicators.tallies import jobs as tallies
from portal.reports import row_exports
from portal.reports.filing import holdings as filing
from portal.reports.filing import jobs as filing_jobs

MODULES = (
    sending,
    rosters,
    assignments,
    reopening,
    own,
    retention,
    roster_rows,
    courses,
    indicators,
    tallies,
    filing,
    filing_jobs,
    row_exports,
)
