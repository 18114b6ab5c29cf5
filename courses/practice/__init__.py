"""Practice marked by a rubric: the rubric's arithmetic, who marks, blind until all are in, and what comes of it."""
