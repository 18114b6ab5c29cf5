"""A figure opened: every row behind it, counted or not, and why not. One function for the page and for what is filed.

Rows hold no names; `named` looks those up for the rows of one page. For figures of people the distinct keys that are
counted are the numerator, and those of rows "in the ratio" (`BESIDE` are not) the denominator; a test says so.
"""

from collections.abc import Callable, Iterator, Mapping

from portal.indicators.compute import Facts
from portal.indicators.definitions import Indicator, Way
from portal.indicators.opening.declared import declared_rows
from portal.indicators.opening.facilities import Insides, area_rows, facility_rows
from portal.indicators.opening.households import Households
from portal.indicators.opening.parents import Participants
from portal.indicators.opening.rosters import Growth, People
from portal.indicators.opening.row import Row
from portal.indicators.opening.shelved import Open, Shelves
from portal.indicators.places import Where


def rows(facts: Facts, indicator: Indicator, where: Where) -> Iterator[Row]:
    """Yield every row behind a figure of one place; people unit by unit, in the order of their names."""
    opened = Open.of(facts, indicator, where)
    way = indicator.way
    yield from _SHELVED[way](opened).rows() if way in _SHELVED else _PLAIN[way](opened)


def people(facts: Facts, indicator: Indicator, where: Where) -> Iterator[Row]:
    """Yield the people inside the facilities or areas of a figure: who is certified, who is not, and why not.

    A person has a row for each facility she has a post in. Nothing for figures that are of people already.
    """
    if indicator.way in (Way.FACILITIES, Way.AREAS):
        yield from Insides(Open.of(facts, indicator, where), indicator.way).rows()


def shelves(facts: Facts, indicator: Indicator, where: Where, *, inside: bool) -> "Shelves | None":
    """Return the same rows shelf by shelf; None: of units, areas or declarations, of which a province has few.

    inside: the people inside facilities or areas, as `people`.
    """
    opened = Open.of(facts, indicator, where)
    if inside:
        insides = indicator.way in (Way.FACILITIES, Way.AREAS)
        return Insides(opened, indicator.way) if insides else None
    return _SHELVED[indicator.way](opened) if indicator.way in _SHELVED else None


#: Rows of people and of families, of which a province has very many.
_SHELVED: Mapping[Way, type[Shelves]] = {
    Way.PEOPLE: People,
    Way.PARTICIPANTS: Participants,
    Way.HOUSEHOLDS: Households,
    Way.GROWTH: Growth,
}
#: Rows of units and areas, which are counted from the very world of the figure.
_PLAIN: Mapping[Way, Callable[[Open], Iterator[Row]]] = {
    Way.FACILITIES: facility_rows,
    Way.AREAS: area_rows,
    Way.DECLARED: declared_rows,
    Way.NARRATIVE: declared_rows,
}
