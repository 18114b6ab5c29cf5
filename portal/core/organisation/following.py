"""Which tables follow areas and units through a reorganisation: each package says so beside its models.

`reorganise` moves what is declared here and nothing else. A table that names an area or a unit and is not declared
keeps pointing at the old one: right for facts (a completion keeps the unit of its day), wrong for what goes on.
"""

from portal.core.organisation.reorganise import Follower

FOLLOWERS: list[Follower] = []


def follows(follower: Follower) -> None:
    """Declare that rows of a table follow; called once, when the module of the models is imported."""
    if follower not in FOLLOWERS:
        FOLLOWERS.append(follower)
