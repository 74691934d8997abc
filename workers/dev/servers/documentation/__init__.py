"""Writes the API documentation of a folder that may be a stranger's, with pdoc, and says what has no docstring.

One program: `python -m documentation`. pdoc on its own imports the modules it documents, and so runs them. Here it is
given what the syntax tree says instead: nothing of the folder is ever imported, evaluated or run.
"""
