"""What a person may ask of data about her: what is there, who looked at it, correct it, take it with her, remove it."""
