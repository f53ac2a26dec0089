"""Answers questions over Parquet with DuckDB: one JSON object a line on stdin,
one on stdout. Arguments are the files."""
import json
import sys

import duckdb

con = duckdb.connect()
con.sql("SET TimeZone='UTC'")
con.sql("SET enable_progress_bar=false")
FILES = "read_parquet([%s])" % ", ".join("'%s'" % f.replace("'", "''") for f in sys.argv[1:])
# Four nodes of equal size, as the load has them; the host's topology is in run.json.
CPUS = con.execute(f"SELECT max(instance) + 1 FROM {FILES}").fetchall()[0][0]


def grown(start, width, columns, *events):
    """Each CPU's growth within each column: the greatest count of the column less that of the one before."""
    end = start + width * columns
    b = f"(epoch_ns(ts) - {start} - 1) // {width}"
    keep = ", ".join(f'max("{e}") AS z{i}, min("{e}") AS a{i}' for i, e in enumerate(events))
    diff = ", ".join(f"z{i} - lag(z{i}, 1, a{i}) OVER (PARTITION BY instance ORDER BY b) AS d{i}" for i in range(len(events)))
    where = f"ts > make_timestamp_ns({start})::TIMESTAMPTZ_NS AND ts <= make_timestamp_ns({end})::TIMESTAMPTZ_NS"
    return f"SELECT instance, b, {diff} FROM (SELECT instance, {b} AS b, {keep} FROM {FILES} WHERE {where} GROUP BY 1, 2)"


def sql(q):
    span = (q["start"], q["width"], q["columns"])
    if q["name"] == "heatmap":
        return f"SELECT instance AS r, b, d0 / {q['width'] / 1e9} AS v FROM ({grown(*span, 'LLC-load-misses')}) ORDER BY 1, 2"
    node = f"instance * 4 // {CPUS}"
    return (f"SELECT {node} AS r, b, sum(d0) / (sum(d0) + sum(d1)) AS v FROM ({grown(*span, 'dram-loads-remote', 'dram-loads-local')}) GROUP BY 1, 2 ORDER BY 1, 2")


for line in sys.stdin:
    q = json.loads(line)
    got = con.sql(sql(q)).to_arrow_table()
    answer = {"bytes": got.nbytes}
    if q["cells"]:
        cells = got.to_pydict()
        answer["rows"] = [[int(r), int(b)] for r, b in zip(cells["r"], cells["b"])]
        answer["values"] = [None if v is None or v != v else float(v) for v in cells["v"]]
    print(json.dumps(answer), flush=True)
