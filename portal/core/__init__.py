"""The floor: who, where, allowed, recorded. Imports nothing of ours but `portal.core` and `portal.config`."""
