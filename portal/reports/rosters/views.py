"""/manage/roster: the pages of staff lists, gathered. Every finder authorises."""

from portal.reports.rosters import answers, basis, imports, pages, posts, units

bp = pages.bp
PAGES = (units, posts, basis, answers, imports)
