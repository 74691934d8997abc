"""Data files with faults planted in them."""

import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb

#: One row twice (and so one key), three nulls, one amount that is no number, one record too short.
ORDERS = (
    "id,name,amount,day\n"
    + "".join(f"{n},n{n},{n}.5,2026-01-0{n}\n" for n in range(1, 9))
    + "9,n9,secret-amount,2026-01-09\n3,n3,3.5,2026-01-03\n10,,,\n11,short\n"
)


def plant_data(folder: Path) -> Path:
    """A folder with one file of each kind, each with the same rows and a fault."""
    folder.mkdir(parents=True)
    (folder / "orders.csv").write_text(ORDERS)
    lines = [f'{{"id": {n}, "amount": {n}.5, "tags": ["a"]}}' for n in range(1, 9)]
    (folder / "events.jsonl").write_text("\n".join([*lines, '{"id": 9, "amount": "much"}', "not json", '{"id": 3}']))
    with closing(sqlite3.connect(folder / "shop.sqlite")) as shop, shop:
        shop.execute("CREATE TABLE items (id INTEGER, label TEXT)")
        shop.executemany("INSERT INTO items VALUES (?, ?)", [(1, "one"), (2, None), (2, "two")])
    made = duckdb.connect()
    days = "SELECT 1 + i // 2 AS id, DATE '2026-01-01' + i::INT AS day FROM range(6) t(i)"
    made.execute(f"COPY ({days}) TO '{folder}/days.parquet'")
    made.close()
    return folder
