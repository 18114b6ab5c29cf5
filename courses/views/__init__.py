"""The pages of the courses package, one module for each kind of work."""
