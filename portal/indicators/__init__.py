"""The plan's targets as figures: what is counted, out of what, against which target, by which rule; and who and why."""
