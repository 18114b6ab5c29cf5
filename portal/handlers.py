"""Every module that does background work or holds data about people, imported: a worker must know them all.

Only `portal.app` imports this.
"""

from courses import holdings as courses
from portal.core.notices import sending
from portal.core.rights import own, retention

MODULES = (sending, own, retention, courses)
