"""Tables in DuckDB files: loaded, profiled, checked, exported, backed up and restored. No argument is SQL.

One program: `python -m tables`. Files come from strangers: no link is followed, nothing but the named files is in
the engine's reach, and what cannot be read is kept and counted, never dropped.
"""
