"""Figures: rows and sums of a table of a file, as the server's own sums of the copy must be."""

import hashlib
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from mcp.server.mcpserver.exceptions import ToolError

from workers.inspection.bounded_job import Job

from .columns import Made, MadeTable
from .rows import Reader, Value

_SINCE = 946_684_800_000_000  #: microseconds from 1970 to 2000
_FIRST = -62_135_510_400_000_000  #: the second day of the year 1: what is before it MariaDB's sums leave out
_SECOND = 1_000_000
_LOOK_EVERY = 1_000


class Figures(NamedTuple):
    """What is in one table."""

    rows: int
    values: dict[str, int]  #: by column: how many are not null
    sums: dict[str, Decimal]  #: by column

    @property
    def told(self) -> list[object]:
        """All of it, to be named."""
        return [self.rows, self.values, {name: str(total) for name, total in self.sums.items()}]

    def of(self, what: str, column: str) -> str:
        """The number of a column that the server's sum of it is held against."""
        return str(self.values[column]) if what.endswith(": values") else str(self.sums[column])


def figures_of(table: MadeTable, reader: Reader, job: Job, whole_seconds: bool = False) -> Figures:
    """Count and sum a table; `whole_seconds`: fractions are cut off towards 2000, as MariaDB does.

    Raises:
        ToolError: there is no time for it.
    """
    adders = [_adder(column, whole_seconds) for column in table.columns]
    values, sums, rows = [0] * len(adders), [Decimal(0)] * len(adders), 0
    for row in reader.rows(table):
        rows += 1
        if rows % _LOOK_EVERY == 0 and job.out_of_time:
            raise ToolError(f"it takes longer than {job.seconds:g} s: raise `max_seconds`")
        for place, value in enumerate(row):
            if value is not None:
                values[place] += 1
                sums[place] += adders[place](value)
    names = [one.name for one in table.columns]
    return Figures(rows, dict(zip(names, values, strict=True)), dict(zip(names, sums, strict=True)))


def _adder(column: Made, whole_seconds: bool) -> "Callable[[Value], Decimal]":
    """What one value adds to the sum of its column."""
    if column.kind in ("text", "bytes"):
        return _of_text
    if column.kind in ("date", "moment", "instant"):
        return _of_cut_time if whole_seconds else _of_time
    return _of_number


def _of_text(value: Value) -> Decimal:
    known = value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else str(value).encode()
    return Decimal(int(hashlib.md5(known, usedforsecurity=False).hexdigest()[:8], 16))


def _of_time(value: Value) -> Decimal:
    return Decimal((int(str(value)) - _SINCE) // _SECOND)


def _of_cut_time(value: Value) -> Decimal:
    known = int(str(value))
    seconds = abs(known - _SINCE) // _SECOND
    return Decimal(0) if known < _FIRST else Decimal(seconds if known >= _SINCE else -seconds)


def _of_number(value: Value) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(int(value) if isinstance(value, bool) else value))
