"""What the audit trail calls things: every code that is written down has words, for the administrator and the person."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from portal.config import ROOT
from portal.core.audit.queries import LABELS
from portal.core.rights.looking import DISCREET, LOOK_LABELS
from portal.reports.filing.models import FilingState

CODE = re.compile(r"[a-z_]+\.[a-z_]*[a-z]")  # not the stem of an f-string, which ends with an underscore
WRITERS = ("record", "looked", "_looked", "_recorded", "_file")


def written() -> Iterator[tuple[str, str]]:
    """Yield every code in a call that writes an entry, with its place in the source."""
    for package in ("portal", "courses"):
        for path in sorted(Path(ROOT, package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                name = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                if name not in WRITERS:
                    continue
                given = [*node.args, *(one.value for one in node.keywords if one.arg == "code")]
                for text in (part for one in given for part in ast.walk(one)):
                    if isinstance(text, ast.Constant) and CODE.fullmatch(str(text.value)):
                        yield str(text.value), f"{path.relative_to(ROOT)}:{node.lineno}"


def test_every_code_of_the_audit_trail_has_words() -> None:
    found = list(written())

    assert len({code for code, _where in found}) > 60, "the search itself works"
    assert [one for one in found if one[0] not in LABELS] == []


def test_every_step_of_a_report_and_every_look_that_may_be_named_has_words() -> None:
    """Their codes are put together or registered at import, so no search of the source finds them."""
    import_module("portal.app")

    steps = {f"filing.{state}" for state in FilingState}
    looks = set(LOOK_LABELS) - DISCREET

    assert len(steps) == 6
    assert {"indicator.rows", "filing.rows"} <= looks
    assert (steps | looks) - set(LABELS) == set()
