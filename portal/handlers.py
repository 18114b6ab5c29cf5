"""Every module that does background work or holds data about people, imported: a worker must know them all.

Only `portal.app` imports this.
"""

from portal.core.notices import sending

MODULES = (sending,)
