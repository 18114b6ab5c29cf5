"""The same questions before the first lesson and after the course: what is asked, when, and what is kept of it."""
