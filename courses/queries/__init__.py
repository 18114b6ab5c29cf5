"""Reading courses, one module for each thing that is asked. Pages are handed ready dataclasses."""
