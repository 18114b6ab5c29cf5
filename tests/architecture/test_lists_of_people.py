"""Whoever shows a list of people writes down who looked and who stood on it – or says here why it is no such list.

Every address that answers a GET is in one of the two tables, typed by hand. A POST answers with a redirect, or shows the
page that it was sent from once more; those that hand out slips with names are in the first table.
"""

import ast
import inspect
from functools import cache
from pathlib import Path

from flask import Flask

_OWN = "the reader's own data"
_OPEN = "open to everybody, names nobody"
_COUNTS = "counts, rules, places or files; names nobody but who keeps them"
_FORM = "a form; names nobody but the reader's own choices"
_COURSE = "what is taught, not who learns"
_ONE = "one person of a list whose opening was recorded"
_MADE = "a list that its reader had made into a file: the job wrote down who stood on it"
_TRAIL = "who looked and who did what: the record itself"

LISTS = """
    assignments.new assignments.show assignments.people_file reminders.preview reminders.paper
    households.index households.show households.change households.slips_of households.slips_of_mine
    families.index families.show manage.people manage.people_file
    roster.unit roster.unit_file roster.post roster.requests roster.transfers roster.import_show roster.import_file
    roster.reset roster.print_slips rights.erasures
    halls.show halls.roll halls.sheet_file paper_classes.show practice.listing practice.show
    group_lessons.play group_lessons.evening hall_files.attendance hall_files.paper hall_files.practices
    indicators.rows indicator_files.rows filed_rows.show filed_rows.file
    declarations.people declarations.people_submit
"""
NO_LISTS = {
    _OWN: """accounts.account certificates.mine attempts.show before_after.show learn.quiz jobs.mine jobs.show jobs.state
        notices.mine declarations.mine rights.mine rights.erase_me workshops.index workshops.show workshops.check_in""",
    _OPEN: """home.index home.help_page home.healthz home.readyz static accounts.login accounts.choose
        accounts.register accounts.first accounts.first_secret accounts.ask accounts.asked
        catalogue.index catalogue.course verify.index verify.show api.openapi public_figures.show group_lessons.worker manage.worker audit.roles""",
    _COUNTS: """manage.board manage.board_file assignments.index assignments.rules_file households.counts_file
        units.index units.export places.look places.export_mine reorganisations.index reorganisations.export
        reorganisations.show reorganisations.decree_file roster.units roster.basis roster.paper roster.imports
        halls.listing halls.training halls.screen hall_imports.evidence hall_imports.evidence_file
        group_lessons.listing hall_files.workshops hall_files.evenings
        declarations.index declarations.unit declarations.evidence declarations.scan declarations.waiting declarations.show
        declarations.remind declaration_files.listing
        indicators.board indicators.how indicators.figure indicator_files.board api.figures api.data_value_sets
        filings.index filings.listing filings.reminder filings.show filings.edit filings.download filings.scan""",
    _FORM: """households.register units.upload units.template reorganisations.new roster.add
        roster.import_template roster.import_new roster.ask_transfer halls.new halls.edit halls.close hall_imports.upload
        paper_classes.new rights.reason declarations.item""",
    _COURSE: """learn.lesson learn.job_aid learn.media author.index author.law author.law_file
        author.quality_page author.quality_file preview.index preview.bank preview.try_paper""",
    _ONE: """certificates.pdf certificates.revoke halls.correct practice.arrange rights.erase""",
    _MADE: "indicator_files.made filed_rows.made",
    _TRAIL: """audit.index looks.index looks.file looks.erasures_file""",
}


def _answers_get(app: Flask) -> set[str]:
    return {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}


@cache
def _functions(path: str) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    return {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef)}


def _records(app: Flask, endpoint: str) -> bool:
    """Return whether a view, or a function of its module that it calls, calls `looked`."""
    view = inspect.unwrap(app.view_functions[endpoint])
    there = _functions(inspect.getfile(view))
    open_, seen = [view.__name__], set[str]()
    while open_:
        name = open_.pop()
        if name == "looked":
            return True
        if name in seen or name not in there:
            continue
        seen.add(name)
        open_ += [
            call.func.id
            for call in ast.walk(there[name])
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        ]
    return False


def test_every_address_is_a_list_of_people_or_says_why_not(app: Flask) -> None:
    said = [*LISTS.split(), *(one for words in NO_LISTS.values() for one in words.split())]

    assert len(said) == len(set(said)), "said twice"
    assert _answers_get(app) - set(said) == set()
    assert set(said) - set(app.view_functions) == set()


def test_every_list_of_people_is_written_down(app: Flask) -> None:
    assert [one for one in LISTS.split() if not _records(app, one)] == []


def test_what_is_written_down_is_said_to_be_a_list(app: Flask) -> None:
    written = {one for one in app.view_functions if _records(app, one)}

    assert written - set(LISTS.split()) == set()


def test_one_function_writes_looks_down() -> None:
    """`looking.looked` is called by `rights.web.looked` alone: there every look gets its reader and its moment."""
    from portal.config import ROOT

    callers = {
        str(path.relative_to(ROOT))
        for package in ("portal", "courses", "quizzes")
        for path in (ROOT / package).rglob("*.py")
        if "looking.looked(" in path.read_text(encoding="utf-8")
    }

    assert callers == {"portal/core/rights/web.py"}
