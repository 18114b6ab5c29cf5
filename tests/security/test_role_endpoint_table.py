"""Double entry: who gets what at every address, typed by hand from what people need, not from the code.

A status as it comes; `in` means: sent to sign in. The table must name every endpoint of the portal, so that a new
one fails here until somebody has thought about each role.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.workshops import attendance
from courses.workshops.matching import Line
from courses.workshops.models import PaperLine
from portal.app import create_app
from portal.config import Settings
from portal.core.accounts.models import Posting
from portal.core.db import unit_of_work
from portal.core.policy import Action
from portal.core.web import PUBLIC, UndeclaredPolicy, check_declared, public, requires
from portal.indicators import opening
from portal.indicators.catalogue import plans
from portal.indicators.models import Declaration, DeclarationState
from portal.indicators.periods import Period
from portal.reports.filing import reporters
from portal.reports.filing import services as filings
from tests import halls
from tests.factories import NOW, TODAY, World
from tests.security.support import COLUMNS as ROLES
from tests.security.support import begin_quiz, certify, family, one_of_each_role, rule_of_a

FIRST = "ba-do-tuoi"  # the first lesson of CM-01, which is open to all
AID = "noi-chuyen-voi-con-tuoi-lon"  # a lesson of it with a job aid
COLUMNS = (*ROLES, "family_support")
#: Typed here: learner, collaborator (community of C1), head of school A, of district D1, of education in the
#: province, standing agency, author, administrator,
#: support officer of district D1. The certificate is that of Ana, who teaches at school A.
TABLE = """
endpoint                      method  stranger learner collaborator unit_head district department agency author admin support
home.index                    GET     200      200     200          200       200      200        200    200    200   200
home.help_page                GET     200      200     200          200       200      200        200    200    200   200
home.healthz                  GET     200      200     200          200       200      200        200    200    200   200
home.readyz                   GET     200      200     200          200       200      200        200    200    200   200
static                        GET     200      200     200          200       200      200        200    200    200   200
accounts.login                GET     200      303     303          303       303      303        303    303    303   303
accounts.login_submit         POST    422      422     422          422       422      422        422    422    422   422
accounts.choose               GET     in       in      in           in        in       in         in     in     in    in
accounts.choose_submit        POST    in       in      in           in        in       in         in     in     in    in
accounts.logout               POST    303      303     303          303       303      303        303    303    303   303
accounts.register             GET     200      200     200          200       200      200        200    200    200   200
accounts.register_submit      POST    422      422     422          422       422      422        422    422    422   422
accounts.account              GET     in       200     200          200       200      200        200    200    200   200
accounts.change_language      POST    in       303     303          303       303      303        303    303    303   303
accounts.change_secret        POST    in       422     422          422       422      422        422    422    422   422
accounts.sign_out_everywhere  POST    in       in      in           in        in       in         in     in     in    in
catalogue.index               GET     200      200     200          200       200      200        200    200    200   200
catalogue.course              GET     200      200     200          200       200      200        200    200    200   200
catalogue.course/CA-01        GET     404      404     404          404       404      404        200    200    200   404
catalogue.enrol               POST    in       303     303          303       303      303        303    303    303   303
catalogue.enrol/CA-01         POST    in       404     404          404       404      404        409    409    409   404
learn.lesson                  GET     200      200     200          200       200      200        200    200    200   200
learn.lesson/CA-01            GET     404      404     404          404       404      404        200    200    200   404
learn.finish                  POST    in       303     303          303       303      303        303    303    303   303
learn.job_aid                 GET     200      200     200          200       200      200        200    200    200   200
learn.media                   GET     200      200     200          200       200      200        200    200    200   200
learn.media/CA-01             GET     404      404     404          404       404      404        200    200    200   404
learn.quiz                    GET     in       200     200          200       200      200        200    200    200   200
learn.start                   POST    in       303     303          303       303      303        303    303    303   303
before_after.show             GET     in       200     200          200       200      200        200    200    200   200
before_after.start            POST    in       303     303          303       303      303        303    303    303   303
attempts.show                 GET     in       200     200          200       200      200        200    200    200   200
attempts.save                 POST    in       200     200          200       200      200        200    200    200   200
attempts.submit               POST    in       303     303          303       303      303        303    303    303   303
certificates.mine             GET     in       200     200          200       200      200        200    200    200   200
certificates.pdf              GET     in       404     404          200       200      200        200    404    404   404
certificates.revoke           GET     in       403     403          403       403      200        200    403    200   403
certificates.revoke_submit    POST    in       403     403          403       403      422        422    403    422   403
verify.index                  GET     200      200     200          200       200      200        200    200    200   200
verify.show                   GET     200      200     200          200       200      200        200    200    200   200
manage.board                  GET     in       403     200          200       200      200        200    403    403   403
manage.board_file             GET     in       403     403          200       200      200        200    403    403   403
assignments.index             GET     in       403     403          200       200      200        200    403    403   403
assignments.rules_file        GET     in       403     403          200       200      200        200    403    403   403
assignments.new               GET     in       403     403          200       200      200        200    403    403   403
assignments.make              POST    in       403     403          404       404      404        404    403    403   403
assignments.show              GET     in       403     403          200       200      200        200    403    403   403
assignments.people_file       GET     in       403     403          200       200      200        200    403    403   403
assignments.end               POST    in       403     403          303       409      409        409    403    403   403
assignments.apply             POST    in       403     403          303       303      303        303    403    403   403
reminders.preview             GET     in       403     403          200       200      200        200    403    403   403
reminders.send                POST    in       403     403          303       303      303        303    403    403   403
reminders.paper               GET     in       403     403          200       200      200        200    403    403   403
households.index              GET     in       403     200          403       403      403        403    403    403   403
households.counts_file        GET     in       403     200          403       403      403        403    403    403   403
households.show               GET     in       403     200          403       403      403        403    403    403   403
households.change             POST    in       403     422          403       403      403        403    403    403   403
households.register           GET     in       403     200          403       403      403        403    403    403   403
households.register_submit    POST    in       403     422          403       403      403        403    403    403   403
households.slips_of           POST    in       403     200          403       403      403        403    403    403   403
households.slips_of_mine      POST    in       403     200          403       403      403        403    403    403   403
households.register_rows      POST    in       403     400          403       403      403        403    403    403   403
families.index                GET     in       403     403          403       403      403        403    403    403   303
families.show                 GET     in       403     403          403       403      403        403    403    403   303
families.begin                POST    in       403     403          403       403      403        403    403    403   303
families.end                  POST    in       403     403          403       403      403        403    403    403   303
manage.people                 GET     in       403     200          200       303      200        303    403    403   403
manage.people_file            GET     in       403     403          200       303      200        303    403    403   403
author.index                  GET     in       403     403          403       403      403        403    200    200   403
author.law                    GET     in       403     403          403       403      403        403    200    200   403
author.law_file               GET     in       403     403          403       403      403        403    200    200   403
author.quality_page           GET     in       403     403          403       403      403        403    200    200   403
author.quality_file           GET     in       403     403          403       403      403        403    200    200   403
preview.index                 GET     in       403     403          403       403      403        200    200    200   403
preview.bank                  GET     in       403     403          403       403      403        200    200    200   403
preview.try_paper             GET     in       403     403          403       403      403        200    200    200   403
preview.mark_paper            POST    in       403     403          403       403      403        200    200    200   403
audit.index                   GET     in       403     403          403       403      403        403    403    200   403
audit.roles                   GET     in       403     403          200       200      200        200    200    200   403
units.index                   GET     in       403     403          403       403      403        403    403    200   403
units.export                  GET     in       403     403          403       403      403        403    403    200   403
units.upload                  GET     in       403     403          403       403      403        403    403    200   403
units.upload_submit           POST    in       403     403          403       403      403        403    403    422   403
units.template                GET     in       403     403          403       403      403        403    403    200   403
places.look                   GET     in       403     200          200       200      200        200    403    200   403
places.export_mine            GET     in       403     200          200       200      200        200    403    200   403
reorganisations.index         GET     in       403     403          403       403      403        403    403    200   403
reorganisations.export        GET     in       403     403          403       403      403        403    403    200   403
reorganisations.new           GET     in       403     403          403       403      403        403    403    200   403
reorganisations.create        POST    in       403     403          403       403      403        403    403    422   403
reorganisations.upload        POST    in       403     403          403       403      403        403    403    422   403
reorganisations.show          GET     in       403     403          403       403      403        403    403    404   403
reorganisations.decree_file   GET     in       403     403          403       403      403        403    403    404   403
reorganisations.apply         POST    in       403     403          403       403      403        403    403    404   403
reorganisations.undo          POST    in       403     403          403       403      403        403    403    404   403
reorganisations.withdraw      POST    in       403     403          403       403      403        403    403    404   403
jobs.mine                     GET     in       200     200          200       200      200        200    200    200   200
jobs.show                     GET     in       404     404          404       404      404        404    404    404   404
jobs.state                    GET     in       404     404          404       404      404        404    404    404   404
jobs.stop                     POST    in       404     404          404       404      404        404    404    404   404
jobs.again                    POST    in       404     404          404       404      404        404    404    404   404
accounts.first                GET     200      200     200          200       200      200        200    200    200   200
accounts.first_submit         POST    422      422     422          422       422      422        422    422    422   422
accounts.first_secret         GET     303      303     303          303       303      303        303    303    303   303
accounts.first_secret_submit  POST    303      303     303          303       303      303        303    303    303   303
accounts.ask                  GET     200      200     200          200       200      200        200    200    200   200
accounts.ask_submit           POST    422      422     422          422       422      422        422    422    422   422
accounts.asked                GET     303      303     303          303       303      303        303    303    303   303
roster.units                  GET     in       403     403          302       200      200        403    403    403   403
roster.unit                   GET     in       403     403          200       200      200        403    403    403   403
roster.unit_file              GET     in       403     403          200       200      200        403    403    403   403
roster.add                    GET     in       403     403          200       200      200        403    403    403   403
roster.add_submit             POST    in       403     403          422       422      422        403    403    403   403
roster.post                   GET     in       403     403          200       200      200        403    403    403   403
roster.change                 POST    in       403     403          422       422      422        403    403    403   403
roster.end                    POST    in       403     403          422       422      422        403    403    403   403
roster.transfer               POST    in       403     403          422       422      422        403    403    403   403
roster.reset                  POST    in       403     403          200       200      200        403    403    403   403
roster.print_slips            POST    in       403     403          200       200      200        403    403    403   403
roster.basis                  GET     in       403     403          200       200      200        403    403    403   403
roster.confirm_list           POST    in       403     403          422       422      422        403    403    403   403
roster.declare_totals         POST    in       403     403          422       422      422        403    403    403   403
roster.paper                  GET     in       403     403          404       404      404        403    403    403   403
roster.requests               GET     in       403     403          200       200      200        403    403    403   403
roster.answer_request         POST    in       403     403          404       404      404        403    403    403   403
roster.transfers              GET     in       403     403          200       200      200        403    403    403   403
roster.ask_transfer           GET     in       403     403          200       200      200        403    403    403   403
roster.ask_transfer_submit    POST    in       403     403          422       422      422        403    403    403   403
roster.answer_transfer        POST    in       403     403          404       404      404        403    403    403   403
roster.imports                GET     in       403     403          200       200      200        403    403    403   403
roster.import_template        GET     in       403     403          200       200      200        403    403    403   403
roster.import_new             GET     in       403     403          200       200      200        403    403    403   403
roster.import_submit          POST    in       403     403          422       422      422        403    403    403   403
roster.import_show            GET     in       403     403          404       404      404        403    403    403   403
roster.import_file            GET     in       403     403          404       404      404        403    403    403   403
roster.decide                 POST    in       403     403          404       404      404        403    403    403   403
roster.import_step            POST    in       403     403          404       404      404        403    403    403   403
notices.mine                  GET     in       200     200          200       200      200        200    200    200   200
notices.read                  POST    in       404     404          404       404      404        404    404    404   404
notices.read_all              POST    in       303     303          303       303      303        303    303    303   303
workshops.index               GET     in       200      200      200      200      200      200      200      200     200
workshops.show                GET     in       200      200      200      200      200      200      404      404     404
declarations.index            GET     in       403     403          303       200      200        200    403    403   403
declarations.unit             GET     in       403     403          200       200      200        200    403    403   403
declarations.item             GET     in       403     403          200       200      200        200    403    403   403
declarations.declare          POST    in       403     403          422       422      422        422    403    403   403
declarations.show             GET     in       403     403          200       200      200        200    403    403   403
declarations.evidence         GET     in       403     403          404       404      404        404    403    403   403
declarations.waiting          GET     in       403     403          403       200      200        200    403    403   403
declarations.approve          POST    in       403     403          403       303      303        303    403    403   403
declarations.give_back        POST    in       403     403          403       422      422        422    403    403   403
declarations.remind           GET     in       403     403          403       200      200        200    403    403   403
declarations.remind_submit    POST    in       403     403          403       303      303        303    403    403   403
declarations.people           GET     in       403     403          200       200      200        200    403    403   403
declarations.people_submit    POST    in       403     403          422       422      422        422    403    403   403
declarations.scan             GET     in       403     403          404       404      404        404    403    403   403
declarations.mine             GET     in       200     200          200       200      200        200    200    200   200
declarations.go_on            POST    in       303     303          303       303      303        303    303    303   303
declaration_files.listing     GET     in       403     403          200       200      200        200    403    403   403
workshops.register            POST    in       303      303      303      303      303      303      404      404     404
workshops.give_up             POST    in       303      303      303      303      303      303      404      404     404
workshops.check_in            GET     in       200      200      200      200      200      200      200      200     200
workshops.check_in_submit     POST    in       422      422      422      422      422      422      422      422     422
halls.listing                 GET     in       403      403      200      200      200      200      403      403     403
halls.training                GET     in       200      200      200      200      200      200      200      200     200
halls.new                     GET     in       403      403      200      200      200      200      403      403     403
halls.create                  POST    in       403      403      422      422      422      422      403      403     403
halls.show                    GET     in       404      404      200      200      200      200      404      404     404
halls.edit                    GET     in       403      403      200      200      200      200      403      403     403
halls.change                  POST    in       403      403      422      422      422      422      403      403     403
halls.cancel                  POST    in       403      403      422      422      422      422      403      403     403
halls.add_person              POST    in       404      404      422      422      422      422      404      404     404
halls.remove_person           POST    in       404      404      303      303      303      303      404      404     404
halls.roll                    GET     in       404      404      200      200      200      200      404      404     404
halls.roll_submit             POST    in       404      404      303      303      303      303      404      404     404
halls.marks                   POST    in       404      404      200      200      200      200      404      404     404
halls.sheet_file              GET     in       404      404      200      200      200      200      404      404     404
halls.screen                  GET     in       404      404      200      200      200      200      404      404     404
halls.close                   GET     in       403      403      200      200      200      200      403      403     403
halls.close_submit            POST    in       403      403      422      422      422      422      403      403     403
halls.correct                 GET     in       403      403      200      200      200      200      403      403     403
halls.correct_submit          POST    in       403      403      422      422      422      422      403      403     403
hall_imports.upload           GET     in       404      404      200      200      200      200      404      404     404
hall_imports.upload_submit    POST    in       404      404      422      422      422      422      404      404     404
hall_imports.evidence         GET     in       404      404      200      200      200      200      404      404     404
hall_imports.evidence_submit  POST    in       404      404      422      422      422      422      404      404     404
hall_imports.evidence_file    GET     in       404      404      404      404      404      404      404      404     404
paper_classes.new             GET     in       403      403      200      200      200      200      403      403     403
paper_classes.create          POST    in       403      403      422      422      422      422      403      403     403
paper_classes.show            GET     in       403      403      200      200      200      200      403      403     403
paper_classes.decide          POST    in       403      403      303      303      303      303      403      403     403
paper_classes.count           POST    in       403      403      303      409      409      409      403      403     403
paper_classes.certify         POST    in       403      403      403      403      422      422      403      403     403
practice.listing              GET     in       200      200      200      200      200      200      200      200     200
practice.arrange              GET     in       403      403      200      200      200      200      403      403     403
practice.arrange_submit       POST    in       403      403      422      422      422      422      403      403     403
practice.show                 GET     in       404      404      200      200      200      200      404      404     404
practice.hand_in              POST    in       404      404      403      403      403      403      404      404     404
practice.third                POST    in       403      403      422      422      422      422      403      403     403
practice.withdraw             POST    in       403      403      422      422      422      422      403      403     403
group_lessons.listing         GET     in       403      200      403      403      403      403      403      403     403
group_lessons.play            GET     in       403      200      403      403      403      403      403      403     403
group_lessons.note            POST    in       403      303      403      403      403      403      403      403     403
group_lessons.evening         GET     in       403      200      403      403      403      403      403      403     403
manage.worker                 GET     200      200      200      200      200      200      200      200      200     200
group_lessons.worker          GET     200      200      200      200      200      200      200      200      200     200
hall_files.workshops          GET     in       403      403      200      200      200      200      403      403     403
hall_files.attendance         GET     in       403      403      200      200      200      200      403      403     403
hall_files.paper              GET     in       403      403      200      200      200      200      403      403     403
hall_files.practices          GET     in       403      403      200      200      200      200      403      403     403
hall_files.evenings           GET     in       403      200      403      403      403      403      403      403     403
rights.mine                   GET     in       200     200          200       200      200        200    200    200   200
rights.correct                POST    in       422     422          422       422      422        422    422    422   422
rights.take                   POST    in       200     200          200       200      200        200    200    200   200
rights.erase_me               GET     in       200     200          200       200      200        200    200    200   200
rights.erase_me_submit        POST    in       422     422          422       422      422        422    422    422   422
rights.reason                 GET     in       200     200          200       200      200        200    200    200   200
rights.reason_submit          POST    in       422     422          422       422      422        422    422    422   422
rights.erasures               GET     in       403     403          403       403      403        403    403    200   403
rights.erase                  GET     in       403     403          403       403      403        403    403    200   403
rights.erase_submit           POST    in       403     403          403       403      403        403    403    422   403
looks.index                   GET     in       403     403          403       403      403        403    403    200   403
looks.file                    GET     in       403     403          403       403      403        403    403    200   403
looks.erasures_file           GET     in       403     403          403       403      403        403    403    200   403
indicators.board              GET     in       403     403          200       200      200        200    403    403   403
indicators.how                GET     in       403     403          200       200      200        200    403    403   403
indicators.figure             GET     in       403     403          200       200      200        200    403    403   403
indicators.rows               GET     in       403     403          200       200      200        200    403    403   403
indicators.rows/CT14          GET     in       403     403          200       303      200        303    403    403   403
indicator_files.board         GET     in       403     403          200       200      200        200    403    403   403
indicator_files.rows          GET     in       403     403          200       200      200        200    403    403   403
indicator_files.rows/CT14     GET     in       403     403          200       303      200        303    403    403   403
indicator_files.make_rows     POST    in       403     403          303       303      303        303    403    403   403
indicator_files.made          GET     in       404     404          404       404      404        404    404    404   404
public_figures.show           GET     404      404     404          404       404      404        404    404    404   404
filings.index                 GET     in       403     403          403       200      200        200    403    403   403
filings.listing               GET     in       403     403          403       200      200        200    403    403   403
filings.reminder              GET     in       403     403          403       403      403        200    403    403   403
filings.make                  POST    in       403     403          403       404      404        404    403    403   403
filings.show                  GET     in       403     403          403       200      404        200    403    403   403
filed_rows.show               GET     in       403     403          403       404      404        404    403    403   403
filed_rows.file               GET     in       403     403          404       404      404        404    403    403   403
filed_rows.make               POST    in       403     403          404       404      404        404    403    403   403
filed_rows.made               GET     in       404     404          404       404      404        404    404    404   404
filings.edit                  GET     in       403     403          403       200      404        200    403    403   403
filings.change                POST    in       403     403          403       422      404        422    403    403   403
filings.recompute             POST    in       403     403          403       303      404        303    403    403   403
filings.prepare               POST    in       403     403          403       303      404        303    403    403   403
filings.back                  POST    in       403     403          403       303      404        303    403    403   403
filings.approve               POST    in       403     403          403       303      404        303    403    403   403
filings.file                  POST    in       403     403          403       303      404        303    403    403   403
filings.receive               POST    in       403     403          403       403      403        303    403    403   403
filings.give_back             POST    in       403     403          403       403      403        422    403    403   403
filings.issued                POST    in       403     403          403       422      404        422    403    403   403
filings.verify                POST    in       403     403          403       303      404        303    403    403   403
filings.download              GET     in       403     403          403       404      404        404    403    403   403
filings.scan                  GET     in       403     403          403       404      404        404    403    403   403
api.figures                   GET     401      401     401          401       401      401        401    401    401   401
api.data_value_sets           GET     401      401     401          401       401      401        401    401    401   401
api.openapi                   GET     200      200     200          200       200      200        200    200    200   200
accounts.make_token           POST    in       403     403          303       303      303        303    403    403   403
accounts.end_token            POST    in       404     404          404       404      404        404    404    404   404
"""
ROWS = {line.split()[0]: line.split()[1:] for line in TABLE.strip().splitlines()[1:]}


@dataclass
class Asked:
    """Where a row knocks. `{attempt}` is the asker's own, `{serial}` Ana's."""

    address: str
    options: dict[str, Any] = field(default_factory=dict)


WHERE = {
    "home.index": Asked("/"),
    "home.help_page": Asked("/help"),
    "home.healthz": Asked("/healthz"),
    "home.readyz": Asked("/readyz"),
    "static": Asked("/static/css/portal.css"),
    "accounts.login": Asked("/login"),
    "accounts.login_submit": Asked("/login"),
    "accounts.choose": Asked("/login/choose"),
    "accounts.choose_submit": Asked("/login/choose"),
    "accounts.logout": Asked("/logout"),
    "accounts.register": Asked("/register"),
    "accounts.register_submit": Asked("/register"),
    "accounts.account": Asked("/account"),
    "accounts.change_language": Asked("/account/language", {"data": {"language": "vi"}}),
    "accounts.change_secret": Asked("/account/secret"),
    "accounts.sign_out_everywhere": Asked("/account/sign-out-everywhere"),
    "catalogue.index": Asked("/courses/"),
    "catalogue.course": Asked("/courses/CM-01/"),
    "catalogue.course/CA-01": Asked("/courses/CA-01/"),
    "catalogue.enrol": Asked("/courses/GD-01/enrol"),
    "catalogue.enrol/CA-01": Asked("/courses/CA-01/enrol"),
    "learn.lesson": Asked(f"/courses/CM-01/lessons/{FIRST}/"),
    "learn.lesson/CA-01": Asked("/courses/CA-01/lessons/khi-tre-im-lang/"),
    "learn.finish": Asked(f"/courses/CM-01/lessons/{FIRST}/done"),
    "learn.job_aid": Asked(f"/courses/CM-01/lessons/{AID}/job-aid/1/"),
    "learn.media": Asked("/courses/CM-01/1/media/muoi-phut.svg"),
    "learn.media/CA-01": Asked("/courses/CA-01/1/media/mot-dau-moi.svg"),
    "learn.quiz": Asked("/courses/CM-01/quiz/"),
    "learn.start": Asked("/courses/CM-01/quiz/?ref=tu-kiem-tra-0-5"),
    "before_after.show": Asked("/courses/CM-01/before-after/"),
    "before_after.start": Asked("/courses/CM-01/before-after/"),
    "attempts.show": Asked("/attempts/{attempt}/"),
    "attempts.save": Asked("/attempts/{attempt}/answers", {"json": {"ref": "{ref}", "fields": {}, "seq": 1}}),
    "attempts.submit": Asked("/attempts/{attempt}/submit"),
    "units.index": Asked("/admin/units/"),
    "units.export": Asked("/admin/units/units.csv"),
    "units.upload": Asked("/admin/units/import"),
    "units.upload_submit": Asked("/admin/units/import"),
    "units.template": Asked("/admin/units/template.csv"),
    "places.look": Asked("/manage/units/"),
    "places.export_mine": Asked("/manage/units/units.csv"),
    "reorganisations.index": Asked("/admin/reorganisations/"),
    "reorganisations.export": Asked("/admin/reorganisations/list.csv"),
    "reorganisations.new": Asked("/admin/reorganisations/new/merge"),
    "reorganisations.create": Asked("/admin/reorganisations/new/merge"),
    "reorganisations.upload": Asked("/admin/reorganisations/file"),
    "reorganisations.show": Asked("/admin/reorganisations/9999"),
    "reorganisations.decree_file": Asked("/admin/reorganisations/9999/decree.csv"),
    "reorganisations.apply": Asked("/admin/reorganisations/9999/apply"),
    "reorganisations.undo": Asked("/admin/reorganisations/9999/undo"),
    "reorganisations.withdraw": Asked("/admin/reorganisations/9999/withdraw"),
    "certificates.mine": Asked("/certificates/"),
    "certificates.pdf": Asked("/certificates/{serial}.pdf"),
    "certificates.revoke": Asked("/manage/certificates/{serial}/revoke"),
    "certificates.revoke_submit": Asked("/manage/certificates/{serial}/revoke"),
    "verify.index": Asked("/verify/"),
    "verify.show": Asked("/verify/{serial}"),
    "manage.board": Asked("/manage/"),
    "manage.board_file": Asked("/manage/board.csv"),
    "indicators.board": Asked("/indicators/"),
    "api.figures": Asked("/api/v1/indicators"),
    "api.data_value_sets": Asked("/api/v1/data-value-sets"),
    "api.openapi": Asked("/api/v1/openapi.json"),
    "accounts.make_token": Asked("/account/tokens"),
    "accounts.end_token": Asked("/account/tokens/999/end"),
    "indicators.how": Asked("/indicators/how"),
    "indicators.figure": Asked("/indicators/CT06/"),
    "indicators.rows": Asked("/indicators/CT06/rows"),
    "indicators.rows/CT14": Asked("/indicators/CT14/rows"),
    "indicator_files.board": Asked("/indicators/board.csv"),
    "indicator_files.rows": Asked("/indicators/CT06/rows.csv"),
    "indicator_files.rows/CT14": Asked("/indicators/CT14/rows.csv"),
    "manage.people": Asked("/manage/people"),
    "manage.people_file": Asked("/manage/people.csv"),
    "assignments.index": Asked("/manage/assignments/"),
    "assignments.rules_file": Asked("/manage/assignments/rules.csv"),
    "assignments.new": Asked("/manage/assignments/new"),
    "assignments.make": Asked("/manage/assignments/"),
    "assignments.show": Asked("/manage/assignments/{rule}"),
    "assignments.people_file": Asked("/manage/assignments/{rule}/people.csv"),
    "assignments.end": Asked("/manage/assignments/{rule}/end"),
    "assignments.apply": Asked("/manage/assignments/{rule}/apply"),
    "reminders.preview": Asked("/manage/remind/?place=unit:A&course=GD-01"),
    "reminders.send": Asked("/manage/remind/?place=unit:A&course=GD-01"),
    "reminders.paper": Asked("/manage/remind/print?place=unit:A&course=GD-01"),
    "households.index": Asked("/manage/households/"),
    "households.counts_file": Asked("/manage/households/counts.csv"),
    "households.show": Asked("/manage/households/{household}"),
    "households.change": Asked("/manage/households/{household}"),
    "households.register": Asked("/manage/register"),
    "households.register_submit": Asked("/manage/register"),
    "households.slips_of": Asked("/manage/households/{household}/slips"),
    "households.slips_of_mine": Asked("/manage/register/slips"),
    "households.register_rows": Asked("/manage/register/rows", {"json": {}}),
    "families.index": Asked("/manage/support/"),
    "families.show": Asked("/manage/support/{household}"),
    "families.begin": Asked("/manage/support/{household}/begin"),
    "families.end": Asked("/manage/support/{household}/end"),
    "author.index": Asked("/author/"),
    "author.law": Asked("/author/law"),
    "author.law_file": Asked("/author/law.csv"),
    "author.quality_page": Asked("/author/quality"),
    "author.quality_file": Asked("/author/quality.csv"),
    "preview.index": Asked("/author/courses/"),
    "preview.bank": Asked("/author/courses/GD-01/1/quiz/final/"),
    "preview.try_paper": Asked("/author/courses/GD-01/1/quiz/final/paper"),
    "preview.mark_paper": Asked("/author/courses/GD-01/1/quiz/final/paper", {"data": {"seed": "7"}}),
    "audit.index": Asked("/admin/audit"),
    "audit.roles": Asked("/admin/roles"),
    "accounts.first": Asked("/first?who=GV-1"),
    "accounts.first_submit": Asked("/first"),
    "accounts.first_secret": Asked("/first/secret"),
    "accounts.first_secret_submit": Asked("/first/secret"),
    "accounts.ask": Asked("/first/ask"),
    "accounts.ask_submit": Asked("/first/ask"),
    "accounts.asked": Asked("/first/asked"),
    "roster.units": Asked("/manage/roster/"),
    "roster.unit": Asked("/manage/roster/units/A/"),
    "roster.unit_file": Asked("/manage/roster/units/A/roster.csv"),
    "roster.add": Asked("/manage/roster/units/A/add"),
    "roster.add_submit": Asked("/manage/roster/units/A/add"),
    "roster.post": Asked("/manage/roster/posts/{post}"),
    "roster.change": Asked("/manage/roster/posts/{post}/change"),
    "roster.end": Asked("/manage/roster/posts/{post}/end"),
    "roster.transfer": Asked("/manage/roster/posts/{post}/transfer"),
    "roster.reset": Asked("/manage/roster/posts/{post}/reset"),
    "roster.print_slips": Asked("/manage/roster/units/A/slips"),
    "roster.basis": Asked("/manage/roster/units/A/basis"),
    "roster.confirm_list": Asked("/manage/roster/units/A/basis/list"),
    "roster.declare_totals": Asked("/manage/roster/units/A/basis/totals"),
    "roster.paper": Asked("/manage/roster/units/A/basis/1/paper"),
    "roster.requests": Asked("/manage/roster/requests"),
    "roster.answer_request": Asked("/manage/roster/requests/1/confirm"),
    "roster.transfers": Asked("/manage/roster/transfers"),
    "roster.ask_transfer": Asked("/manage/roster/transfers/ask"),
    "roster.ask_transfer_submit": Asked("/manage/roster/transfers/ask"),
    "roster.answer_transfer": Asked("/manage/roster/transfers/1/accept"),
    "roster.imports": Asked("/manage/roster/imports"),
    "roster.import_template": Asked("/manage/roster/imports/template.xlsx"),
    "roster.import_new": Asked("/manage/roster/imports/new"),
    "roster.import_submit": Asked("/manage/roster/imports/new"),
    "roster.import_show": Asked("/manage/roster/imports/1"),
    "roster.import_file": Asked("/manage/roster/imports/1/lines.xlsx"),
    "roster.decide": Asked("/manage/roster/imports/1/lines/1/decide"),
    "roster.import_step": Asked("/manage/roster/imports/1/apply"),
    "rights.mine": Asked("/account/data"),
    "rights.correct": Asked("/account/data"),
    "rights.take": Asked("/account/data/download"),
    "rights.erase_me": Asked("/account/data/erase"),
    "rights.erase_me_submit": Asked("/account/data/erase"),
    "rights.reason": Asked("/manage/reason?kind=police&place=area:D1"),
    "rights.reason_submit": Asked("/manage/reason?kind=police&place=area:D1"),
    "rights.erasures": Asked("/admin/erasures"),
    "rights.erase": Asked("/admin/people/1/erase"),
    "rights.erase_submit": Asked("/admin/people/1/erase"),
    "indicator_files.make_rows": Asked("/indicators/CT06/rows.xlsx"),
    "indicator_files.made": Asked("/indicators/files/999999"),
    "public_figures.show": Asked("/indicators/public/"),
    "filings.index": Asked("/reports/filings/?period=2025-H1"),
    "filings.listing": Asked("/reports/filings/list.csv?period=2025-H1"),
    "filings.reminder": Asked("/reports/filings/letter.docx?period=2025-H1"),
    "filings.make": Asked("/reports/filings/", {"data": {"period": "2025-H1", "place": "area:NONE"}}),
    "filings.show": Asked("/reports/filings/{filing}/"),
    "filed_rows.show": Asked("/reports/filings/{filing}/rows/CT06"),
    "filed_rows.file": Asked("/reports/filings/{filing}/rows/CT06/list.csv"),
    "filed_rows.make": Asked("/reports/filings/{filing}/rows/CT06/list.xlsx"),
    "filed_rows.made": Asked("/reports/filings/lists/999999"),
    "filings.edit": Asked("/reports/filings/{filing}/edit"),
    "filings.change": Asked("/reports/filings/{filing}/edit"),
    "filings.recompute": Asked("/reports/filings/{filing}/recompute"),
    "filings.prepare": Asked("/reports/filings/{filing}/prepare"),
    "filings.back": Asked("/reports/filings/{filing}/back"),
    "filings.approve": Asked("/reports/filings/{filing}/approve"),
    "filings.file": Asked("/reports/filings/{filing}/file"),
    "filings.receive": Asked("/reports/filings/{filing}/receive"),
    "filings.give_back": Asked("/reports/filings/{filing}/return"),
    "filings.issued": Asked("/reports/filings/{filing}/issued"),
    "filings.verify": Asked("/reports/filings/{filing}/verify"),
    "filings.download": Asked("/reports/filings/{filing}/files/none.docx"),
    "filings.scan": Asked("/reports/filings/{filing}/scan"),
    "declarations.index": Asked("/indicators/declarations/"),
    "declarations.unit": Asked("/indicators/declarations/units/A/"),
    "declarations.item": Asked("/indicators/declarations/units/A/children_by_grade"),
    "declarations.declare": Asked("/indicators/declarations/units/A/children_by_grade"),
    "declarations.show": Asked("/indicators/declarations/{declared}/"),
    "declarations.evidence": Asked("/indicators/declarations/{declared}/evidence"),
    "declarations.waiting": Asked("/indicators/declarations/waiting"),
    "declarations.approve": Asked("/indicators/declarations/waiting"),
    "declarations.give_back": Asked("/indicators/declarations/{declared}/return"),
    "declarations.remind": Asked("/indicators/declarations/remind"),
    "declarations.remind_submit": Asked("/indicators/declarations/remind"),
    "declarations.people": Asked("/indicators/declarations/units/A/people/network"),
    "declarations.people_submit": Asked("/indicators/declarations/units/A/people/network"),
    "declarations.scan": Asked("/indicators/declarations/units/A/people/1/scan"),
    "declarations.mine": Asked("/indicators/declarations/mine"),
    "declarations.go_on": Asked("/indicators/declarations/mine"),
    "declaration_files.listing": Asked("/indicators/declarations/list.csv"),
    "looks.index": Asked("/admin/looks"),
    "looks.file": Asked("/admin/looks.csv"),
    "looks.erasures_file": Asked("/admin/erasures.csv"),
    "notices.mine": Asked("/notices"),
    "notices.read": Asked("/notices/1/read"),
    "notices.read_all": Asked("/notices/read"),
    "jobs.mine": Asked("/manage/jobs/"),
    "jobs.show": Asked("/manage/jobs/1"),
    "jobs.state": Asked("/manage/jobs/1/state"),
    "jobs.stop": Asked("/manage/jobs/1/stop"),
    "jobs.again": Asked("/manage/jobs/1/again"),
    "workshops.index": Asked("/workshops/"),
    "workshops.show": Asked("/workshops/{hall}/"),
    "workshops.register": Asked("/workshops/{hall}/register"),
    "workshops.give_up": Asked("/workshops/{hall}/give-up"),
    "workshops.check_in": Asked("/workshops/{hall}/check-in"),
    "workshops.check_in_submit": Asked("/workshops/{hall}/check-in"),
    "halls.listing": Asked("/manage/workshops/"),
    "halls.training": Asked("/manage/workshops/training"),
    "halls.new": Asked("/manage/workshops/new"),
    "halls.create": Asked("/manage/workshops/new"),
    "halls.show": Asked("/manage/workshops/{hall}/"),
    "halls.edit": Asked("/manage/workshops/{hall}/edit"),
    "halls.change": Asked("/manage/workshops/{hall}/edit"),
    "halls.cancel": Asked("/manage/workshops/{hall}/cancel"),
    "halls.add_person": Asked("/manage/workshops/{hall}/people"),
    "halls.remove_person": Asked("/manage/workshops/{hall}/people/{ana}/remove"),
    "halls.roll": Asked("/manage/workshops/{hall}/roll"),
    "halls.roll_submit": Asked("/manage/workshops/{hall}/roll", {"data": {"day": "2026-11-24"}}),
    "halls.marks": Asked("/manage/workshops/{hall}/marks", {"json": {"marks": []}}),
    "halls.sheet_file": Asked("/manage/workshops/{hall}/sheet.pdf"),
    "halls.screen": Asked("/manage/workshops/{hall}/screen"),
    "halls.close": Asked("/manage/workshops/{hall}/close"),
    "halls.close_submit": Asked("/manage/workshops/{hall}/close"),
    "halls.correct": Asked("/manage/workshops/{hall}/correct/{ana}/2026-11-24"),
    "halls.correct_submit": Asked("/manage/workshops/{hall}/correct/{ana}/2026-11-24"),
    "hall_imports.upload": Asked("/manage/workshops/{hall}/file"),
    "hall_imports.upload_submit": Asked("/manage/workshops/{hall}/file"),
    "hall_imports.evidence": Asked("/manage/workshops/{hall}/evidence"),
    "hall_imports.evidence_submit": Asked("/manage/workshops/{hall}/evidence"),
    "hall_imports.evidence_file": Asked("/manage/workshops/{hall}/evidence/1"),
    "paper_classes.new": Asked("/manage/workshops/paper/new"),
    "paper_classes.create": Asked("/manage/workshops/paper/new"),
    "paper_classes.show": Asked("/manage/workshops/paper/{paper}/"),
    "paper_classes.decide": Asked(
        "/manage/workshops/paper/{paper}/lines/{line}", {"data": {"who": "nobody"}}
    ),
    "paper_classes.count": Asked("/manage/workshops/paper/{paper}/count"),
    "paper_classes.certify": Asked("/manage/workshops/paper/{paper}/certificates/{ana}"),
    "practice.listing": Asked("/manage/practice/"),
    "practice.arrange": Asked("/manage/practice/arrange/{enrolment}"),
    "practice.arrange_submit": Asked("/manage/practice/arrange/{enrolment}"),
    "practice.show": Asked("/manage/practice/{practice}/"),
    "practice.hand_in": Asked("/manage/practice/{practice}/sheet"),
    "practice.third": Asked("/manage/practice/{practice}/third"),
    "practice.withdraw": Asked("/manage/practice/{practice}/withdraw"),
    "group_lessons.listing": Asked("/manage/group-lessons/"),
    "group_lessons.play": Asked("/manage/group-lessons/play/{community}/CM-01/ba-do-tuoi/"),
    "group_lessons.note": Asked("/manage/group-lessons/play/{community}/CM-01/ba-do-tuoi/"),
    "group_lessons.evening": Asked("/manage/group-lessons/{evening}/"),
    "manage.worker": Asked("/manage/worker.js"),
    "group_lessons.worker": Asked("/manage/group-lessons/worker.js"),
    "hall_files.workshops": Asked("/manage/workshops.csv"),
    "hall_files.attendance": Asked("/manage/workshops/{hall}/attendance.xlsx"),
    "hall_files.paper": Asked("/manage/workshops/paper/{paper}/lines.csv"),
    "hall_files.practices": Asked("/manage/practice.csv"),
    "hall_files.evenings": Asked("/manage/group-lessons.xlsx"),
}


#: What is there for those alone who have begun the course.
BEGUN = ("learn.finish", "learn.quiz", "learn.start", "before_after.show", "before_after.start")
HALLS = re.compile(r"\{(hall|paper|enrolment|practice|community|evening)\}")


def halls_for(session: Session, world: World, people: dict[str, int]) -> dict[str, int]:
    """Make a class of school A that Ana registered for, a paper class, a practice of Ana's, an evening of Lan's."""
    hall = halls.hall(session, world)
    attendance.register(session, hall, world.ana, by_id=world.ana, now=NOW)
    paper = halls.paper_class(session, world, [Line("Trần Thị Ánh")])
    enrolment = halls.practising(session, world.ana)
    practice = halls.practice(session, enrolment, [halls.teacher(session, world)])
    evening = halls.evening(session, world, people["collaborator"], [world.fay])
    return {
        "hall": hall.id,
        "paper": paper.id,
        "line": session.scalars(select(PaperLine.id).where(PaperLine.workshop_id == paper.id)).one(),
        "ana": world.ana,
        "enrolment": enrolment.id,
        "practice": practice.id,
        "community": world.community,
        "evening": evening.id,
    }


def drafted(session: Session) -> int:
    """Draft the report of district D1 for the first half of 2025; return its id."""
    plan, period = plans()["plan-39"], Period.parse("2025-H1")
    place = reporters.the_one(session, plan, period, "area:D1")
    assert place is not None
    return filings.draft(session, plan, period, place, opening.rows, filings.NIGHT, NOW).id


def declared_by_a(session: Session, world: World) -> int:
    """Let school A have declared its pupils, without evidence; return the declaration's id."""
    row = Declaration(
        plan="plan-39",
        item="children_5_15",
        unit_id=world.school,
        said_on=TODAY,
        value={"count": 412},
        state=DeclarationState.SUBMITTED,
        entered_at=NOW,
    )
    session.add(row)
    session.flush()
    return row.id


@pytest.mark.parametrize("row", ROWS)
def test_every_role_gets_what_the_table_says(
    row: str,
    client: FlaskClient,
    sign_in: Callable[[int], FlaskClient],
    session: Session,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    method, *expected = ROWS[row]
    asked = WHERE[row]
    attempts: dict[str, tuple[str, str]] = {}
    serial = household = ""
    rule = filing = declared = 0
    with unit_of_work() as work:
        people = one_of_each_role(work, world)
        people["family_support"] = halls.officer(work, world)
        if "{serial}" in asked.address:
            serial = certify(work, world.ana).serial
        if "{rule}" in asked.address:
            rule = rule_of_a(work, world)
        if "{filing}" in asked.address:
            filing = drafted(work)
        if "{household}" in asked.address or "slips" in row:
            household = family(work, world, people["collaborator"])
        post = work.scalars(select(Posting.id).where(Posting.user_id == world.ana)).one()
        if "{attempt}" in asked.address or row in BEGUN:
            for role, user_id in people.items():
                attempt = begin_quiz(work, user_id)
                attempts[role] = attempt.id, attempt.paper["order"][0]
        if "{declared}" in asked.address:
            declared = declared_by_a(work, world)
        places = halls_for(work, world, people) if HALLS.search(asked.address) else {}
    if row.startswith("author."):  # who may look is asked here, not what is wrong with the files
        monkeypatch.setattr("courses.loader.check_all", list)

    got = []
    for role in COLUMNS:
        browser = client if role == "stranger" else sign_in(people[role])
        attempt_id, ref = attempts.get(role, ("none", "none"))
        options = dict(asked.options)
        if options.get("json"):
            options["json"] = {**options["json"], "ref": ref}
        answer = browser.open(
            asked.address.format(
                attempt=attempt_id,
                serial=serial,
                rule=rule,
                household=household,
                post=post,
                filing=filing,
                declared=declared,
                **places,
            ),
            method=method,
            **options,
        )
        sent_in = answer.status_code == 303 and answer.location.startswith("/login")
        got.append("in" if sent_in else str(answer.status_code))
        answer.close()

    assert dict(zip(COLUMNS, got, strict=True)) == dict(zip(COLUMNS, expected, strict=True))


def bare_app(tmp_path: Any) -> Flask:
    return create_app(
        Settings(
            environment="test",
            secret_key="a secret of the tests, long enough for anybody",
            database_url=f"sqlite:///{tmp_path / 'none.db'}",
            data_dir=tmp_path,
        )
    )


def test_the_table_names_every_endpoint_and_no_other(tmp_path: Any) -> None:
    named = {row.partition("/")[0] for row in ROWS}

    assert {rule.endpoint for rule in bare_app(tmp_path).url_map.iter_rules()} == named
    assert set(WHERE) == set(ROWS)


def test_the_table_asks_each_endpoint_by_its_own_method(tmp_path: Any) -> None:
    methods = {rule.endpoint: rule.methods for rule in bare_app(tmp_path).url_map.iter_rules()}

    assert [row for row, (method, *_) in ROWS.items() if method not in methods[row.partition("/")[0]]] == []


def test_what_changes_something_is_never_a_get(tmp_path: Any) -> None:
    rules = list(bare_app(tmp_path).url_map.iter_rules())

    assert [rule.endpoint for rule in rules if {"GET", "POST"} <= (rule.methods or set())] == []
    assert {rule.endpoint for rule in rules if (rule.methods or set()) & {"PUT", "PATCH", "DELETE"}} == set()


def test_every_endpoint_declares_what_it_needs(tmp_path: Any) -> None:
    views = bare_app(tmp_path).view_functions

    assert {name: view.policy for name, view in views.items() if view.policy not in {PUBLIC, *Action}} == {}


def test_an_endpoint_without_a_policy_stops_the_start() -> None:
    @public
    def fine() -> str:
        return ""

    @requires(Action.AUDIT_READ)
    def fine_too() -> str:
        return ""

    def forgotten() -> str:
        return ""

    check_declared({"a.fine": fine, "a.fine_too": fine_too})
    with pytest.raises(UndeclaredPolicy, match=r"a\.forgotten"):
        check_declared({"a.fine": fine, "a.forgotten": forgotten})


def test_the_start_itself_is_stopped(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.cli import groups

    real = groups.init_app

    def with_one_more(app: Flask) -> None:
        real(app)
        app.add_url_rule("/forgotten", "forgotten", lambda: "")

    monkeypatch.setattr(groups, "init_app", with_one_more)
    with pytest.raises(UndeclaredPolicy, match="forgotten"):
        bare_app(tmp_path)
