"""Writes reports: Markdown and one HTML file, from what other tools found.

One program: `python -m reports`. What it is given may be a stranger's text; in both files it is inert.
"""
