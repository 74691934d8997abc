"""The tutorial: one concept a test, through the public door, on a real stack. Read the files in order of their names.

Each test says one true sentence about the product in its docstring. Edge cases live elsewhere.
"""
