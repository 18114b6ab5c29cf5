"""Double entry: who gets what at every address, typed by hand from what people need, not from the code.

A status as it comes; `in` means: sent to sign in. The table must name every endpoint of the portal, so that a new
one fails here until somebody has thought about each role.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.app import create_app
from portal.config import Settings
from portal.core.db import unit_of_work
from portal.core.policy import Action
from portal.core.web import PUBLIC, UndeclaredPolicy, check_declared, public, requires
from tests.factories import World
from tests.security.support import COLUMNS, begin_quiz, certify, one_of_each_role

FIRST = "ba-do-tuoi"  # the first lesson of CM-01, which is open to all
AID = "noi-chuyen-voi-con-tuoi-lon"  # a lesson of it with a job aid
#: Typed here: learner, collaborator (community of C1), head of school A, of district D1, of education in the
#: province, standing agency, author, administrator. The certificate is that of Ana, who teaches at school A.
TABLE = """
endpoint                      method  stranger learner collaborator unit_head district department agency author admin
home.index                    GET     200      200     200          200       200      200        200    200    200
home.help_page                GET     200      200     200          200       200      200        200    200    200
home.healthz                  GET     200      200     200          200       200      200        200    200    200
home.readyz                   GET     200      200     200          200       200      200        200    200    200
static                        GET     200      200     200          200       200      200        200    200    200
accounts.login                GET     200      303     303          303       303      303        303    303    303
accounts.login_submit         POST    422      422     422          422       422      422        422    422    422
accounts.choose               GET     in       in      in           in        in       in         in     in     in
accounts.choose_submit        POST    in       in      in           in        in       in         in     in     in
accounts.logout               POST    303      303     303          303       303      303        303    303    303
accounts.register             GET     200      200     200          200       200      200        200    200    200
accounts.register_submit      POST    422      422     422          422       422      422        422    422    422
accounts.account              GET     in       200     200          200       200      200        200    200    200
accounts.change_language      POST    in       303     303          303       303      303        303    303    303
accounts.change_secret        POST    in       422     422          422       422      422        422    422    422
accounts.sign_out_everywhere  POST    in       in      in           in        in       in         in     in     in
catalogue.index               GET     200      200     200          200       200      200        200    200    200
catalogue.course              GET     200      200     200          200       200      200        200    200    200
catalogue.course/CA-01        GET     404      404     404          404       404      404        200    200    200
catalogue.enrol               POST    in       303     303          303       303      303        303    303    303
catalogue.enrol/CA-01         POST    in       404     404          404       404      404        409    409    409
learn.lesson                  GET     200      200     200          200       200      200        200    200    200
learn.lesson/CA-01            GET     404      404     404          404       404      404        200    200    200
learn.finish                  POST    in       303     303          303       303      303        303    303    303
learn.job_aid                 GET     200      200     200          200       200      200        200    200    200
learn.media                   GET     200      200     200          200       200      200        200    200    200
learn.media/CA-01             GET     404      404     404          404       404      404        200    200    200
learn.quiz                    GET     in       200     200          200       200      200        200    200    200
learn.start                   POST    in       303     303          303       303      303        303    303    303
attempts.show                 GET     in       200     200          200       200      200        200    200    200
attempts.save                 POST    in       200     200          200       200      200        200    200    200
attempts.submit               POST    in       303     303          303       303      303        303    303    303
certificates.mine             GET     in       200     200          200       200      200        200    200    200
certificates.pdf              GET     in       404     404          200       200      200        200    404    404
certificates.revoke           GET     in       403     403          403       403      200        200    403    200
certificates.revoke_submit    POST    in       403     403          403       403      422        422    403    422
verify.index                  GET     200      200     200          200       200      200        200    200    200
verify.show                   GET     200      200     200          200       200      200        200    200    200
manage.board                  GET     in       403     200          200       200      200        200    403    403
manage.board_file             GET     in       403     403          200       200      200        200    403    403
manage.people                 GET     in       403     200          200       200      200        200    403    403
manage.people_file            GET     in       403     403          200       200      200        200    403    403
author.index                  GET     in       403     403          403       403      403        403    200    200
preview.index                 GET     in       403     403          403       403      403        200    200    200
preview.bank                  GET     in       403     403          403       403      403        200    200    200
preview.try_paper             GET     in       403     403          403       403      403        200    200    200
preview.mark_paper            POST    in       403     403          403       403      403        200    200    200
audit.index                   GET     in       403     403          403       403      403        403    403    200
audit.roles                   GET     in       403     403          200       200      200        200    200    200
units.index                   GET     in       403     403          403       403      403        403    403    200
units.export                  GET     in       403     403          403       403      403        403    403    200
units.upload                  GET     in       403     403          403       403      403        403    403    200
units.upload_submit           POST    in       403     403          403       403      403        403    403    422
units.template                GET     in       403     403          403       403      403        403    403    200
places.look                   GET     in       403     200          200       200      200        200    403    200
places.export_mine            GET     in       403     200          200       200      200        200    403    200
reorganisations.index         GET     in       403     403          403       403      403        403    403    200
reorganisations.export        GET     in       403     403          403       403      403        403    403    200
reorganisations.new           GET     in       403     403          403       403      403        403    403    200
reorganisations.create        POST    in       403     403          403       403      403        403    403    422
reorganisations.upload        POST    in       403     403          403       403      403        403    403    422
reorganisations.show          GET     in       403     403          403       403      403        403    403    404
reorganisations.decree_file   GET     in       403     403          403       403      403        403    403    404
reorganisations.apply         POST    in       403     403          403       403      403        403    403    404
reorganisations.undo          POST    in       403     403          403       403      403        403    403    404
reorganisations.withdraw      POST    in       403     403          403       403      403        403    403    404
jobs.mine                     GET     in       200     200          200       200      200        200    200    200
jobs.show                     GET     in       404     404          404       404      404        404    404    404
jobs.state                    GET     in       404     404          404       404      404        404    404    404
jobs.stop                     POST    in       404     404          404       404      404        404    404    404
jobs.again                    POST    in       404     404          404       404      404        404    404    404
notices.mine                  GET     in       200     200          200       200      200        200    200    200
notices.read                  POST    in       404     404          404       404      404        404    404    404
notices.read_all              POST    in       303     303          303       303      303        303    303    303
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
    "learn.start": Asked("/courses/CM-01/quiz/?ref=tu-kiem-tra"),
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
    "manage.people": Asked("/manage/people"),
    "manage.people_file": Asked("/manage/people.csv"),
    "author.index": Asked("/author/"),
    "preview.index": Asked("/author/courses/"),
    "preview.bank": Asked("/author/courses/GD-01/1/quiz/final/"),
    "preview.try_paper": Asked("/author/courses/GD-01/1/quiz/final/paper"),
    "preview.mark_paper": Asked("/author/courses/GD-01/1/quiz/final/paper", {"data": {"seed": "7"}}),
    "audit.index": Asked("/admin/audit"),
    "audit.roles": Asked("/admin/roles"),
    "notices.mine": Asked("/notices"),
    "notices.read": Asked("/notices/1/read"),
    "notices.read_all": Asked("/notices/read"),
    "jobs.mine": Asked("/manage/jobs/"),
    "jobs.show": Asked("/manage/jobs/1"),
    "jobs.state": Asked("/manage/jobs/1/state"),
    "jobs.stop": Asked("/manage/jobs/1/stop"),
    "jobs.again": Asked("/manage/jobs/1/again"),
}


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
    serial = ""
    with unit_of_work() as work:
        people = one_of_each_role(work, world)
        if "{serial}" in asked.address:
            serial = certify(work, world.ana).serial
        if "{attempt}" in asked.address or row in ("learn.finish", "learn.quiz", "learn.start"):
            for role, user_id in people.items():
                attempt = begin_quiz(work, user_id)
                attempts[role] = attempt.id, attempt.paper["order"][0]
    if row == "author.index":  # who may look is asked here, not what is wrong with the files
        monkeypatch.setattr("courses.loader.check_all", list)

    got = []
    for role in COLUMNS:
        browser = client if role == "stranger" else sign_in(people[role])
        attempt_id, ref = attempts.get(role, ("none", "none"))
        options = dict(asked.options)
        if "json" in options:
            options["json"] = {**options["json"], "ref": ref}
        answer = browser.open(
            asked.address.format(attempt=attempt_id, serial=serial), method=method, **options
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
    from portal import cli

    real = cli.init_app

    def with_one_more(app: Flask) -> None:
        real(app)
        app.add_url_rule("/forgotten", "forgotten", lambda: "")

    monkeypatch.setattr(cli, "init_app", with_one_more)
    with pytest.raises(UndeclaredPolicy, match="forgotten"):
        bare_app(tmp_path)
