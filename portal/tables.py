"""Every model module, imported: the metadata is whole for migrations. Only `portal.app` imports this."""

from courses import models as courses
from courses.assignments import models as assignments
from courses.before_after import models as before_after
from courses.certificates import models as certificates
from courses.families import models as families
from courses.group_lessons import models as group_lessons
from courses.practice import models as practice
from courses.workshops import models as workshops
from portal.core.accounts import models as accounts
from portal.core.audit import models as audit
from portal.core.consent import models as consent
from portal.core.files import models as files
from portal.core.households import models as households
from portal.core.jobs import models as jobs
from portal.core.notices import models as notices
from portal.core.organisation import models as organisation
from portal.core.rights import models as rights
from portal.core.rosters import models as rosters
from portal.indicators import models as indicators
from portal.reports.filing import models as filing
from quizzes import models as quizzes

MODULES = (
    organisation,
    accounts,
    audit,
    jobs,
    files,
    notices,
    rosters,
    quizzes,
    courses,
    before_after,
    certificates,
    workshops,
    practice,
    group_lessons,
    consent,
    households,
    assignments,
    families,
    rights,
    indicators,
    filing,
)
