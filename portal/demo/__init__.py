"""The demonstration province: Thái Bình's real areas of 2020, and units and people that are all invented.

Deterministic: the same day gives the same province. Nothing here runs in production.
"""

from portal.demo.accounts import ACCOUNTS
from portal.demo.province import is_here, load, loaded

__all__ = ["ACCOUNTS", "is_here", "load", "loaded"]
