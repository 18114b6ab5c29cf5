"""Who must learn what: rules, what they ask of each person, reminders."""
