"""Every model module, imported: the metadata is whole for migrations. Only `portal.app` imports this."""

from courses import models as courses
from courses.certificates import models as certificates
from portal.core.accounts import models as accounts
from portal.core.audit import models as audit
from portal.core.files import models as files
from portal.core.jobs import models as jobs
from portal.core.notices import models as notices
from portal.core.organisation import models as organisation
from quizzes import models as quizzes

MODULES = (organisation, accounts, audit, jobs, files, notices, quizzes, courses, certificates)
