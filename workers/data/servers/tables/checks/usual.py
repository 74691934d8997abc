"""The usual rules: what nearly every set of tables means to hold, read from names. For a check without rules."""

from collections.abc import Iterator, Mapping, Sequence

from .rules import NoRowTwice, NotNull, References, RowCount, Rule, Unique

_KEYS = frozenset({"id", "key", "uuid", "番号", "コード"})


def usual_rules(tables: Mapping[str, Sequence[str]]) -> Iterator[Rule]:
    """Rules for tables (columns by name): rows, none twice, whole and unique keys, references that lead on."""
    by_name = {name.casefold(): name for name in tables}
    for table, columns in tables.items():
        yield RowCount(rule="row_count", table=table, min=1, severity="medium")
        yield NoRowTwice(rule="no_row_twice", table=table, severity="medium")
        key = key_of(table, columns)
        if key is not None:
            yield NotNull(rule="not_null", table=table, column=key)
            yield Unique(rule="unique", table=table, columns=[key])
        for column in columns:
            stem = column.casefold().removesuffix("_id")
            if column == key or stem == column.casefold():
                continue
            other = next((by_name[word] for word in (stem, f"{stem}s", f"{stem}es") if word in by_name), None)
            other_key = key_of(other, tables[other]) if other else None
            if other and other_key:
                yield References(
                    rule="references", table=table, column=column, other_table=other, other_column=other_key
                )


def key_of(table: str, columns: Sequence[str]) -> str | None:
    """The column that by its name identifies a row: `id`, or the table's own name with `_id`."""
    stem = table.casefold()
    own = {f"{word}_id" for word in (stem, stem.removesuffix("s"), stem.removesuffix("es"))}
    return next((column for column in columns if column.casefold() in _KEYS | own), None)
