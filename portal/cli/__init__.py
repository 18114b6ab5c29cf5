"""The command line: `flask --app wsgi GROUP COMMAND`, a module to each group.

Exit code 0, or a message on stderr and non-zero. Exit code 3: something of a list was refused, and is named on stderr;
all the rest was done and stands.
"""
