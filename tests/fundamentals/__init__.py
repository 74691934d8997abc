"""The tutorial: one concept a test, on a real stack. Read the files in the order of their names.

Each test says one true sentence about the product in its docstring. Edge cases live elsewhere.
"""
