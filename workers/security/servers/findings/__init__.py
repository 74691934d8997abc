"""Puts the findings of several scanners together: merged, ranked, and as SARIF for other programs.

One program: `python -m findings`.
"""
