"""Keeping the catalogues: extraction with Babel, and the checks that stop an untranslated page."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import wtforms
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from portal.config import ROOT

LANGUAGES = ("vi",)  # message ids are the English sentences


def extract(target: Path) -> None:
    """Write every message of code, templates and WTForms' validators to `target` (a POT file)."""
    _babel(
        "extract", "-F", str(ROOT / "babel.cfg"), "-k", "_", "-k", "N_", "-k", "lazy_gettext", "-k", "pgettext:1c,2",
        "--add-comments", "Translators:", "--no-wrap", "--sort-by-file", "--add-location=file", "-o", str(target),
        "portal", "courses", "quizzes", os.path.relpath(Path(wtforms.__file__).parent, ROOT),
    )  # fmt: skip


def update() -> None:
    """Bring the catalogues up to date with the messages; new ones stay empty until somebody writes them."""
    with tempfile.TemporaryDirectory() as folder:
        pot = Path(folder) / "messages.pot"
        extract(pot)
        for language in LANGUAGES:
            folder_of = ROOT / "translations" / language / "LC_MESSAGES"
            folder_of.mkdir(parents=True, exist_ok=True)
            po = folder_of / "messages.po"
            if po.exists():
                _babel(
                    "update",
                    "-i",
                    str(pot),
                    "-o",
                    str(po),
                    "-l",
                    language,
                    "--no-fuzzy-matching",
                    "--ignore-obsolete",
                    "--no-wrap",
                    "--ignore-pot-creation-date",
                )
            else:
                _babel("init", "-i", str(pot), "-o", str(po), "-l", language, "--no-wrap")
    _babel("compile", "-d", str(ROOT / "translations"))


def check() -> list[str]:
    """Return what is wrong with the catalogues, one sentence each."""
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        pot = Path(folder) / "messages.pot"
        extract(pot)
        wanted = _read(pot)
    for language in LANGUAGES:
        path = ROOT / "translations" / language / "LC_MESSAGES" / "messages.po"
        have = _read(path)
        for message in wanted:
            if not message.id:
                continue
            found = have.get(message.id, message.context)
            faults += [f"{path.relative_to(ROOT)}: {fault}" for fault in _faults(message, found)]
    return faults


def _faults(message: Message, found: Message | None) -> list[str]:
    name = message.id if isinstance(message.id, str) else message.id[0]
    if found is None:
        return [f"missing: {name!r} (run `make catalogues` and translate it)"]
    texts = [found.string] if isinstance(found.string, str) else list(found.string or [""])
    if not all(texts):
        return [f"untranslated: {name!r}"]
    if found.fuzzy:
        return [f"fuzzy: {name!r}"]
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    names = {placeholder for one in ids for placeholder in _placeholders(one)}
    if any(_placeholders(text) - names or (len(ids) == 1 and names - _placeholders(text)) for text in texts):
        return [f"placeholders differ: {name!r}"]
    return []


def _placeholders(text: str) -> set[str]:
    import re

    return set(re.findall(r"%\((\w+)\)[sd]", text))


def _read(path: Path) -> Catalog:
    if not path.exists():
        return Catalog()
    with path.open("rb") as file:
        return read_po(file)


def _babel(*arguments: str) -> None:
    # as a module, so that the templates' own tags are found from here
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", *arguments]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - our own arguments
