"""The rules of the house that no reader should have to check."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment

from portal import translations
from portal.config import MEANING, ROOT, Settings

PACKAGES = ("portal", "courses", "quizzes")
SOURCES = [
    path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if "versions" not in path.parts
]
TEMPLATES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("templates/**/*.html"))


PARTIALS = [
    path
    for path in TEMPLATES
    if path.name.startswith("_")
    or path.parent.name in {"macros", "kinds"}
    or path.name in {"base.html", "help_vi.html", "help_en.html"}
]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_imports_point_down() -> None:
    ran = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip

    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_what_calls_itself_pure_is_held_to_it() -> None:
    """A module whose docstring says pure stands in the contract of pure modules, itself or by its package."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = {one["name"]: one for one in settings["tool"]["importlinter"]["contracts"]}
    held = [one.replace(".", "/") for one in contracts["Arithmetic is pure"]["source_modules"]]
    says = [
        name(path).removesuffix(".py")
        for path in SOURCES
        if path.name != "__init__.py"
        and re.search(r"\bpure\b", ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "", re.I)
    ]

    assert len(says) > 40
    assert [module for module in says if not any(f"{module}/".startswith(f"{one}/") for one in held)] == []


def test_what_is_imported_is_declared() -> None:
    """Not left to what another package happens to bring along; Flask's own parts come with Flask."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    declared = {re.split(r"[^\w-]", one)[0].lower() for one in asked}
    with_flask = {"click", "itsdangerous", "jinja2", "markupsafe", "werkzeug"}
    imported = {
        module.partition(".")[0]
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for module in (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    homes = packages_distributions()
    packages = {one.lower() for module in imported if module in homes for one in homes[module]}

    assert len(packages) > 20
    assert packages - declared - with_flask == set()


def test_only_the_unit_of_work_commits() -> None:
    commits = [
        (name(path), call.lineno)
        for path in SOURCES
        if path != ROOT / "portal" / "migrations" / "env.py"
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "commit"
    ]

    assert [file for file, _line in commits] == ["portal/core/db.py"], commits


def test_only_the_clock_reads_the_clock() -> None:
    pattern = re.compile(r"datetime\.(now|utcnow|today)\(|date\.today\(|\btime\.time\(")
    readers = [name(path) for path in SOURCES if pattern.search(path.read_text(encoding="utf-8"))]

    assert [one for one in readers if one != "portal/core/clock.py"] == []


def test_only_the_settings_read_the_environment() -> None:
    readers = [
        name(path) for path in SOURCES if re.search(r"os\.environ|getenv\(", path.read_text(encoding="utf-8"))
    ]

    assert [one for one in readers if one not in ("portal/config.py", "portal/gunicorn.py")] == []


SPEAKING = [path for path in SOURCES if path.name in ("services.py", "queries.py")] + [
    ROOT / one
    for one in (
        "courses/completion.py", "courses/markdown.py", "courses/certificates/serial.py",
        "courses/certificates/pdf.py", "portal/core/names.py", "portal/core/policy.py", "portal/core/errors.py",
        "portal/reports/tables.py", "quizzes/marking.py", "quizzes/paper.py", "quizzes/lifecycle.py",
        "quizzes/bank.py", "quizzes/kinds/base.py",
    )
]  # fmt: skip


@pytest.mark.parametrize("path", SPEAKING, ids=name)
def test_every_public_name_says_what_it_returns_or_does(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]

    assert ast.get_docstring(tree)
    assert silent == []


def test_package_files_hold_a_docstring_and_nothing_else() -> None:
    """So that importing something pure drags in neither Flask nor SQLAlchemy."""
    heavy = {
        name(path)
        for path in SOURCES
        if path.name == "__init__.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and re.match(r"flask|sqlalchemy", (getattr(node, "module", "") or node.names[0].name))
    }

    assert heavy <= {"portal/demo/__init__.py"}


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_compiles_and_a_page_has_a_title(path: Path, jinja: Environment) -> None:
    text = path.read_text(encoding="utf-8")

    jinja.parse(text)
    if path not in PARTIALS:  # the frame gives every page the hotline, the quick exit and the way to sign out
        assert re.match(r'({#.*?#}\s*)?{%-? extends "base.html" -?%}', text, re.S)
        assert "{% block title %}" in text or path.name == "welcome.html"  # that is called as the portal is
        assert "{% block main %}" in text
        assert text.count("<h1") <= 1
    assert (
        "|safe" not in text.replace("page.html|safe", "").replace("aid.html|safe", "")
        or path.parent.name == "macros"
    )


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    from portal.app import create_app

    folder = tmp_path_factory.mktemp("bare")
    return create_app(
        Settings(
            environment="test",
            secret_key="x" * 40,
            data_dir=folder,
            database_url=f"sqlite:///{folder / 'none.db'}",
        )
    )


@pytest.fixture(scope="module")
def jinja(bare: Flask) -> Environment:
    return bare.jinja_env


def test_the_readme_lists_every_setting_as_it_is() -> None:
    """Name, default and meaning; what is not listed is no setting."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `PORTAL_([A-Z_]+)` \| (.+?) \| (.+) \|$", readme, re.M)
    defaults = {
        one.name: "unset" if one.default == "" else f"`{one.default}`" for one in fields(Settings)
    } | {"data_dir": "`var/`"}

    assert set(defaults) == set(MEANING)
    assert {name.lower(): (default, meaning) for name, default, meaning in listed} == {
        name: (default, MEANING[name]) for name, default in defaults.items()
    }


READMES = [
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("README.md")
    if (path.parent / "__init__.py").exists()
]
#: Modules whose name says everything: what every package has of them is the same kind of thing.
BY_NAME = {"errors", "forms", "models"}


def ticked(readme: Path) -> set[str]:
    """Return what stands between backticks in a README, without its code blocks, word by word."""
    text = re.sub(r"^```.*?^```", "", readme.read_text(encoding="utf-8"), flags=re.M | re.S)
    return {word.strip(",()") for one in re.findall(r"`([^`]+)`", text) for word in one.split()}


@pytest.mark.parametrize("readme", READMES, ids=name)
def test_the_readme_of_a_package_names_every_part_of_it(readme: Path) -> None:
    package = readme.parent
    parts = {path.stem for path in package.glob("*.py") if path.stem not in {"__init__", *BY_NAME}} | {
        path.parent.name for path in package.glob("*/__init__.py")
    }
    if package.name == "portal":  # the floor has no page of its own
        parts |= {
            f"core/{path.stem}" for path in (package / "core").glob("[!_]*") if path.suffix in {"", ".py"}
        }
    named = {re.sub(r"\.py$|/$", "", one) for one in ticked(readme)}
    named |= {one.partition(".")[0].partition("/")[0] for one in named}

    assert sorted(parts - named) == []


@pytest.mark.parametrize("readme", READMES, ids=name)
def test_the_readme_of_a_package_names_nothing_that_is_gone(readme: Path) -> None:
    paths = [
        one
        for one in ticked(readme)
        if re.fullmatch(r"[\w-][\w/-]*(\.(py|md|toml|js)|/)", one) and "NAME" not in one
    ]
    everything = {
        f"/{name(path)}" for top in (*PACKAGES, "tests", "static") for path in (ROOT / top).rglob("*")
    }

    gone = [one for one in paths if not any(path.endswith(f"/{one.rstrip('/')}") for path in everything)]

    assert sorted(gone) == []


def test_every_command_that_a_readme_writes_down_exists(bare: Flask) -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *READMES])
    written = set(re.findall(r"flask --app wsgi ([a-z]+)(?: ([a-z]+))?", text))
    groups = bare.cli.commands

    assert len(written) > 8
    for group, command in written:
        assert group in groups
        assert not command or command in getattr(groups[group], "commands", ())


def test_the_catalogues_are_complete() -> None:
    assert translations.check() == []


def test_no_test_writes_beside_its_temporary_folder() -> None:
    """What writes does so below `tmp_path` (or a folder made by it), never into the checkout."""
    pattern = re.compile(
        r"(ROOT|CONTENT|Path\(__file__\))[^\n]*\.(write_text|write_bytes|mkdir|unlink|touch)\("
    )
    writers = [
        name(path)
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if "bench" not in path.parts and pattern.search(path.read_text(encoding="utf-8"))
    ]

    assert writers == []
