#!/bin/sh
# The OpenAPI document lists every address, each is there and asks for what it says; every conformance class named
# holds.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../ledger/town.sh"
ledger_town
serve
python3 - "$base" "$GT_SOURCE_DIR" "$work" <<'PY' || fail "addresses or classes"
import json, re, sys, urllib.error, urllib.request
base, source, work = sys.argv[1:]
def ask(path, method="GET", body=None, **fields):
    request = urllib.request.Request(base + path, body, {k.replace("_", "-"): v for k, v in fields.items()}, method=method)
    try:
        r = urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as e:
        r = e
    data = r.read()
    kind = r.headers.get("Content-Type", "")
    return r.status, r.headers, json.loads(data) if "json" in kind and data else data
status, head, api = ask("/api")
assert status == 200 and api["openapi"].startswith("3.0") and len(api["paths"]) > 40
ids = set()
n = 0
for path, operations in api["paths"].items():
    names = re.findall(r"{(\w+)}", path)
    for method, o in operations.items():
        n += 1
        assert o["operationId"] not in ids, o["operationId"]
        ids.add(o["operationId"])
        assert o["summary"] and o["responses"]
        assert [p["name"] for p in o["parameters"] if p["in"] == "path"] == names, path
        assert len({(p["name"], p["in"]) for p in o["parameters"]}) == len(o["parameters"])
        assert ("requestBody" in o) == (method in ("post", "put", "patch")), (path, method)
        given = path.replace("{tileMatrixSetId}", "WebMercatorQuad").replace("{tileMatrix}", "3").replace("{tileRow}", "1").replace("{tileCol}", "6")
        given = given.replace("{collectionId}", "districts").replace("{processId}", "check").replace("{clauseId}", "TST-001").replace("{ledgerId}", "works")
        given = re.sub(r"{\w+}", "0123456789abcdef", given)
        status, head, answer = ask(given, method.upper(), b"{}" if "requestBody" in o else None, Content_Type="application/json")
        assert status not in (405, 500, 501), (path, method, status)
        assert not (status == 404 and answer.get("id") == "serve.no-page" and "portal" not in path), (path, method)
        if "security" in o:
            assert status == 401, (path, method, status)
        elif status >= 400:
            assert head["Content-Type"].startswith("application/problem+json"), (path, method)
            assert status == answer["status"] and answer["id"], (path, answer)
assert n >= 60
# the reference page names every first segment
page = open(source + "/docs/reference/http.md").read()
for path in api["paths"]:
    first = "/" + path.split("/")[1]
    assert first == "/" or first in page, first
# a method that is none
status, head, answer = ask("/collections/districts/items/x", "POST", b"{}", Content_Type="application/json")
assert status == 405 and head["Allow"] == "GET, HEAD, PUT, PATCH, DELETE", head["Allow"]

# ---- conformance: each class by what it asks for first
def links(d): return {l["rel"]: l for l in d["links"]}
landing = ask("/")[2]
def core():
    rels = links(landing)
    return {"self", "service-desc", "conformance", "data"} <= set(rels) and all(ask(rels[r]["href"].replace(base, ""))[0] == 200 for r in ("service-desc", "conformance", "data"))
items = ask("/collections/districts/items?limit=1")[2]
one = items["features"][0]["id"]
def quoted(s): return urllib.request.quote(s)
def count(f): return len(ask("/collections/districts/items?limit=100&filter=" + quoted(f))[2]["features"])
def crs():
    c = ask("/collections/districts")[2]
    s, h, d = ask("/collections/districts/items?crs=" + quoted(c["storageCrs"]))
    return c["storageCrs"] in c["crs"] and h["Content-Crs"] == f"<{c['storageCrs']}>" and ask("/collections/districts/items?crs=x")[0] == 400
def needs_token(method, path): return ask(path, method, b"{}", Content_Type="application/geo+json")[0] == 401
square = {"type": "Polygon", "coordinates": [[[117.001, 40.005], [117.002, 40.005], [117.002, 40.006], [117.001, 40.005]]]}
def run(): return ask("/processes/check/execution", "POST", json.dumps({"inputs": {"geometry": square, "type": "piece"}}).encode(), Content_Type="application/json")
held = {
    "ogcapi-common-1/1.0/conf/core": core,
    "ogcapi-common-2/1.0/conf/collections": lambda: all({"id", "links"} <= set(c) for c in ask("/collections")[2]["collections"]),
    "ogcapi-features-1/1.0/conf/core": lambda: items["type"] == "FeatureCollection" and "next" in links(items) and ask("/collections/districts/items?nonsense=1")[0] == 400 and ask("/collections/districts/items?bbox=0,0,1,1")[2]["features"] == [],
    "ogcapi-features-1/1.0/conf/geojson": lambda: ask("/collections/districts/items")[1]["Content-Type"].startswith("application/geo+json") and ask("/collections/districts/items/" + quoted(one))[2]["type"] == "Feature",
    "ogcapi-features-1/1.0/conf/oas30": lambda: ask("/api")[1]["Content-Type"] == "application/vnd.oai.openapi+json;version=3.0",
    "ogcapi-features-2/1.0/conf/crs": crs,
    "ogcapi-features-4/1.0/conf/create-replace-delete": lambda: needs_token("POST", "/collections/districts/items") and needs_token("PUT", "/collections/districts/items/x") and needs_token("DELETE", "/collections/districts/items/x"),
    "ogcapi-features-4/1.0/conf/update": lambda: needs_token("PATCH", "/collections/districts/items/x"),
    "ogcapi-features-4/1.0/conf/optimistic-locking-etags": lambda: bool(ask("/collections/districts/items/" + quoted(one))[1]["ETag"]),
    "ogcapi-features-4/1.0/conf/features": lambda: needs_token("POST", "/collections/land_use/items"),
    "ogcapi-features-3/1.0/conf/filter": lambda: ask("/collections/districts/items?filter=" + quoted("name = ("))[0] == 400 and ask("/collections/districts/items?filter-lang=cql2-json&filter=x")[0] == 400,
    "ogcapi-features-3/1.0/conf/features-filter": lambda: count("name = '西区'") == 1,
    "ogcapi-features-3/1.0/conf/queryables": lambda: "name" in ask("/collections/districts/queryables")[2]["properties"],
    "cql2/1.0/conf/cql2-text": lambda: count("name <> '西区' AND NOT name IS NULL") == 1,
    "cql2/1.0/conf/basic-cql2": lambda: count("name >= '' OR name < ''") == 2,
    "cql2/1.0/conf/advanced-comparison-operators": lambda: count("name LIKE '西%'") == 1 and count("name IN ('西区', 'x')") == 1,
    "cql2/1.0/conf/case-insensitive-comparison": lambda: count("CASEI(name) = CASEI('西区')") == 1,
    "ogcapi-tiles-1/1.0/conf/core": lambda: ask("/collections/districts/tiles")[2]["tilesets"][0]["tileMatrixSetURI"].endswith("WebMercatorQuad"),
    "ogcapi-tiles-1/1.0/conf/mvt": lambda: ask("/collections/districts/tiles/WebMercatorQuad/3/3/6")[1]["Content-Type"] == "application/vnd.mapbox-vector-tile",
    "ogcapi-processes-1/1.0/conf/core": lambda: run()[0] == 200 and ask("/processes/none")[2]["type"].endswith("no-such-process"),
    "ogcapi-processes-1/1.0/conf/json": lambda: "verdict" in run()[2],
    "ogcapi-processes-1/1.0/conf/ogc-process-description": lambda: {"id", "version", "jobControlOptions", "inputs", "outputs"} <= set(ask("/processes/slope")[2]),
    "ogcapi-processes-1/1.0/conf/job-list": lambda: ask("/jobs")[0] == 401,
    "ogcapi-processes-1/1.0/conf/dismiss": lambda: ask("/jobs/0123456789abcdef0123456789abcdef", "DELETE")[0] == 401,
}
classes = {c.split("/spec/")[1] for c in ask("/conformance")[2]["conformsTo"]}
assert classes == set(held), classes ^ set(held)
for name, test in held.items():
    assert test(), name
print(n, "operations,", len(held), "classes")
PY

# ---- the register says which layers the public may read: from then on it reads those alone
stop
code 0 actor add public --as bureau
code 0 actor grant public --role resident --ledger layer:districts --action read --as bureau
code 0 actor grant wang --role reader --ledger layer:land_use --action read --as bureau
serve
json='Content-Type: application/json'
value() { python3 -c "import json,sys; print(json.load(open('$work/out'))$1)"; }
sign_in() {
    get 200 /session -X POST -H "$json" -d "{\"account\":\"$1\",\"password\":\"$2\"}"
    cookie=$(sed -n 's/^Set-Cookie: \(guotu_session=[0-9a-f]*\).*/\1/pI' "$work/err")
    csrf=$(value '["csrf"]')
    get 200 /session/password -X PUT -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d "{\"password\":\"$3\"}"
    get 201 /tokens -X POST -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d '{"title":"t"}'
    token=$(value '["token"]')
}
get 200 /collections
holds '[c["id"] for c in d["collections"]] == ["districts"]'
for t in /collections/land_use /collections/land_use/items /collections/land_use/queryables /collections/land_use/tiles /collections/land_use/tiles/WebMercatorQuad/3/3/6; do
    get 404 $t
done
get 200 /collections/districts/items
get 404 /processes/areas/execution -X POST -H "$json" -d '{"inputs":{"layers":["land_use"],"geometry":{"type":"Polygon","coordinates":[[[117.001,40.005],[117.002,40.005],[117.002,40.006],[117.001,40.005]]]}}}'
stop
rm -f "$work/w/accounts.db"*
serve
sign_in bureau "$(sed -n 's/.*bureau, one-time password \(.*\)$/\1/p;s/.*bureau，一次性密码 \(.*\)$/\1/p' "$work/said")" "bureau bureau"
bureau=$token
get 200 /collections -H "Cookie: $cookie"
holds 'len(d["collections"]) >= 3'
get 201 /accounts -X POST -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d '{"account":"wang"}'
sign_in wang "$(value '["oneTimePassword"]')" "wang wang wang"
get 200 /collections -H "Authorization: Bearer $token"
holds '[c["id"] for c in d["collections"] if not c["part"]] == ["districts", "land_use"]'
holds '"basic_farmland" in [c["id"] for c in d["collections"] if c["part"]]' # of his district he may read all
get 200 /collections/land_use/tiles/WebMercatorQuad/3/3/6 -H "Authorization: Bearer $token"
get 200 /collections/land_use/tiles/WebMercatorQuad/3/3/6 -H "Cookie: $cookie"
get 200 /collections/basic_farmland -H "Authorization: Bearer $token"
holds 'd["part"] and d["featureCount"] is None'
get 404 /collections/basic_farmland/tiles/WebMercatorQuad/3/3/6 -H "Authorization: Bearer $token"
# what somebody may see is not kept for others
get 404 /collections/land_use/tiles/WebMercatorQuad/3/3/6
# public now, and not any more: a kept tile is not sent
code 0 actor grant public --role resident --ledger layer:land_use --action read --as bureau
for _ in 1 2 3; do get 200 /collections/land_use/tiles/WebMercatorQuad/3/3/6; done
code 0 actor revoke public --role resident --ledger layer:land_use --action read --as bureau
for _ in 1 2 3; do get 404 /collections/land_use/tiles/WebMercatorQuad/3/3/6; done

# ---- a session that nobody used for an hour has ended
get 200 /ledgers -H "Cookie: $cookie"
python3 - "$work/w/accounts.db" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=20)
assert db.execute("SELECT count(*) FROM session_use").fetchone()[0] >= 1
db.execute("UPDATE session_use SET used = used - 3590")
db.commit()
PY
get 200 /ledgers -H "Cookie: $cookie"
python3 -c "
import sqlite3, sys
db = sqlite3.connect('$work/w/accounts.db', timeout=20)
db.execute('UPDATE session_use SET used = used - 3601')
db.commit()"
get 401 /ledgers -H "Cookie: $cookie"
get 200 /ledgers -H "Authorization: Bearer $token"
stop
finish
