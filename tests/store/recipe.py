"""The hash recipe of a workspace, followed by a stranger: written from the comment at the head of
src/store/digest.c, with Python's own BLAKE2b and sqlite3. Usage: recipe.py onemap.gpkg
Prints "ok N" when all N revisions agree, else what does not."""
import datetime
import hashlib
import json
import sqlite3
import struct
import sys

NO_DATE = -(2**31)


def h(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def u64(n):
    return struct.pack("<Q", n & (2**64 - 1))


def text(s):
    if s is None:
        return u64(2**64 - 1)
    raw = s.encode()
    return u64(len(raw)) + raw


def real(x):
    return struct.pack("<d", 0.0 if x == 0 else x)


def days(s):
    if s is None:
        return NO_DATE
    return (datetime.date.fromisoformat(s) - datetime.date(1970, 1, 1)).days


def value(column, v):
    if v is None:
        return b""
    if isinstance(v, str):
        raw = v.encode()
        return u64(column) + b"\x01" + u64(len(raw)) + raw
    if isinstance(v, int):
        return u64(column) + b"\x02" + u64(v)
    return u64(column) + b"\x03" + real(v)


def row_digest(row, columns, spatial):
    out = b"R" + u64(row["fid"]) + text(row["gt_id"]) + u64(days(row["gt_valid_from"]))
    area = row["gt_area_m2"]
    out += b"\x00" if area is None else b"\x01" + real(area)
    values = [(column, row[name]) for column, name in columns if row[name] is not None]
    out += u64(len(values)) + b"".join(value(c, v) for c, v in values)
    blob = row["geom"] if spatial else None
    out += b"\x00" if blob is None else b"\x01" + u64(len(blob)) + blob
    return h(out)


def layer_parts(db, rev, layer):
    number, name = layer["number"], layer["id"]
    definition = json.loads(
        db.execute(
            "SELECT definition FROM gt_layer_def WHERE layer = ? ORDER BY rev DESC", (number,)
        ).fetchone()[0]
    )
    columns = sorted((f["column"], f["name"]) for f in definition["fields"])
    r = db.execute(
        "SELECT * FROM gt_revision_layer WHERE rev = ? AND layer = ?", (rev, number)
    ).fetchone()
    rows = []
    for table in (name, name + "__history"):
        rows += db.execute(
            f'SELECT * FROM "{table}" WHERE fid >= ? AND fid < ?',
            (r["first_fid"], r["first_fid"] + r["n_put"]),
        ).fetchall()
    rows.sort(key=lambda row: row["fid"])
    if len(rows) != r["n_put"]:
        sys.exit(f"revision {rev}, {name}: {len(rows)} rows, not {r['n_put']}")
    put = h(b"".join(row_digest(row, columns, definition["geom_type"] != 0) for row in rows))
    valid = db.execute(
        f'SELECT fid, gt_valid_to FROM "{name}__history" WHERE gt_valid_to_rev = ? ORDER BY fid',
        (rev,),
    ).fetchall()
    superseded = db.execute(
        f'SELECT fid FROM "{name}__history" WHERE gt_rev_to = ? ORDER BY fid', (rev,)
    ).fetchall()
    closed = h(
        b"".join(b"V" + u64(fid) + u64(days(to)) for fid, to in valid)
        + b"".join(b"S" + u64(row[0]) for row in superseded)
    )
    return (
        b"L"
        + u64(number)
        + text(name)
        + u64(r["first_fid"])
        + u64(r["n_put"])
        + put
        + u64(len(valid) + len(superseded))
        + closed
    )


def content_hash(db, rev):
    out = b""
    for layer in db.execute(
        "SELECT l.number, l.id FROM gt_revision_layer r JOIN gt_layer l ON l.number = r.layer"
        " WHERE r.rev = ? ORDER BY l.number",
        (rev,),
    ).fetchall():
        out += layer_parts(db, rev, layer)
    for layer, definition in db.execute(
        "SELECT layer, definition FROM gt_layer_def WHERE rev = ? ORDER BY layer", (rev,)
    ):
        out += b"D" + u64(layer) + text(definition)
    for key, val in db.execute("SELECT key, value FROM gt_setting WHERE rev = ? ORDER BY key", (rev,)):
        out += b"K" + text(key) + text(val)
    return h(out)


def main():
    db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
    db.row_factory = sqlite3.Row
    parent = bytes(32)
    n = 0
    for r in db.execute("SELECT * FROM gt_revision ORDER BY id").fetchall():
        content = content_hash(db, r["id"])
        if content != r["content_hash"]:
            sys.exit(f"revision {r['id']}: content")
        box = (r["min_x"], r["min_y"], r["max_x"], r["max_y"])
        box = (1.0, 1.0, 0.0, 0.0) if box[0] is None else box
        parent = h(
            b"guotu-revision-1"
            + parent
            + u64(r["id"])
            + u64(r["time_ms"])
            + text(r["author"])
            + text(r["message"])
            + text(r["reason"])
            + text(r["package"])
            + u64(r["n_put"])
            + u64(r["n_deleted"])
            + b"".join(real(side) for side in box)
            + content
        )
        if parent != r["hash"]:
            sys.exit(f"revision {r['id']}: hash")
        n += 1
    print("ok", n)


main()
