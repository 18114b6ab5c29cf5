"""The plans that the portal reports on, one file each."""
