"""Reads one segment with DuckDB and with Polars, as their users would, and
prints its rows as JSON lines: {"reader": ..., "columns": {name: type}, "rows": [...]}.

    read.py SEGMENT...

Sealed segments (.parquet) are read by path. Live tails (.arrows) are Arrow
IPC streams: Polars reads them itself, DuckDB through pyarrow.
"""

import json
import sys

import duckdb
import polars as pl
import pyarrow as pa


def by_duckdb(path):
    if path.endswith(".arrows"):
        with open(path, "rb") as f:
            tail = pa.ipc.open_stream(f).read_all()  # noqa: F841, DuckDB finds it by name
        relation = duckdb.sql("SELECT * FROM tail")
    else:
        relation = duckdb.sql(f"SELECT * FROM '{path}'")
    # Timestamps as numbers: Python's datetime has no nanoseconds.
    exact = relation.project("epoch_ns(ts) AS ts, * EXCLUDE (ts)")
    return relation.columns, [str(t) for t in relation.types], exact.fetchall()


def by_polars(path):
    frame = pl.read_ipc_stream(path) if path.endswith(".arrows") else pl.read_parquet(path)
    exact = frame.with_columns(pl.col("ts").cast(pl.Int64), pl.col(pl.Categorical).cast(pl.String))
    return frame.columns, [str(t) for t in frame.dtypes], exact.rows()


for path in sys.argv[1:]:
    for name, read in (("duckdb", by_duckdb), ("polars", by_polars)):
        columns, types, rows = read(path)
        print(json.dumps({"path": path, "reader": name, "columns": columns, "types": types, "rows": [list(r) for r in rows]}))
