"""Courses: catalogue, versions, lessons, enrolment, progress, completion, certificates."""
