"""What is released never changes: digests of every rule version and every target, beside the plan files.

A figure names the version of the rule it was counted by, so a version once released says the same for ever. What counts
is sealed: how a figure is counted, the rule, its declared items, the target. Titles, glosses and questions are not.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path

from portal.indicators.definitions import Indicator, Item, Plan, Rule, read

PLANS = Path(__file__).parent / "plans"
SEALS = "released.toml"


def shipped(folder: Path = PLANS) -> tuple[Plan, ...]:
    """Return the plans in a folder, by name of their files. Raises `FaultyPlan`."""
    return tuple(
        read(path.read_text(encoding="utf-8"), path.name) for path in sorted(folder.glob("plan-*.toml"))
    )


def digests(plan: Plan) -> Mapping[str, str]:
    """Return the digest of every rule version (`plan-39/CT10/1`) and target (`plan-39/CT10@province`)."""
    found = {}
    for indicator in plan.indicators:
        name = f"{plan.code}/{indicator.code}"
        for rule in indicator.rules:
            found[f"{name}/{rule.version}"] = _digest(_meaning(plan, indicator, rule))
        for target_set, target in indicator.targets.items():
            found[f"{name}@{target_set}"] = _digest(str(target))
    return found


def seals(folder: Path = PLANS) -> Mapping[str, str]:
    """Return the digests of what has been released."""
    path = folder / SEALS
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def changed(plan: Plan, sealed: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of released rules and targets of a plan that do not say any more what they said."""
    now = digests(plan)
    mine = (name for name in sealed if name.startswith(f"{plan.code}/"))
    return tuple(sorted(name for name in mine if now.get(name) != sealed[name]))


def seal(folder: Path = PLANS) -> Sequence[str]:
    """Write down the digest of everything that is not sealed yet; return the new names. What is sealed stays."""
    sealed = seals(folder)
    now = {name: digest for plan in shipped(folder) for name, digest in digests(plan).items()}
    head = (
        "# Digests of the released rule versions and targets: what stands here never changes. See README.md."
    )
    lines = [f'"{name}" = "{digest}"' for name, digest in sorted({**now, **sealed}.items())]
    (folder / SEALS).write_text("\n".join([head, *lines, ""]), encoding="utf-8")
    return [name for name in sorted(now) if name not in sealed]


def _meaning(plan: Plan, indicator: Indicator, rule: Rule) -> object:
    named = {*rule.items, *rule.shown, rule.numerator, rule.denominator, rule.beside}
    return [
        indicator.way,
        indicator.counted,
        _plain(rule),
        [_counting(item) for item in plan.items if item.code in named],
    ]


def _counting(item: Item) -> object:
    """Return what an item means for a figure: all but its words."""
    ticks = [code for code, _label in item.ticks]
    split: list[object] = []  # of items by grade alone, so that the digests of all others stay
    if item.by_grade is not None:
        grades = [code for code, _label in item.by_grade.grades]
        split = [sorted(item.by_grade.kinds), grades, item.by_grade.part_of, item.replaces]
    return [
        *(item.code, item.kind, sorted(item.by), item.sector, item.level),
        *(item.evidence, item.yearly, item.lasts_months, ticks),
        *split,
    ]


def _plain(value: object) -> object:
    """Return a value for JSON. Fields at their default are left out, so that a new one leaves old digests alone."""
    if is_dataclass(value) and not isinstance(value, type):
        kept = {}
        for field in fields(value):
            held = getattr(value, field.name)
            if field.default is MISSING or held != field.default:
                kept[field.name] = _plain(held)
        return kept
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, (str, int)) else str(value)


def _digest(meaning: object) -> str:
    text = json.dumps(meaning, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
