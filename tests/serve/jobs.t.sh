#!/bin/sh
# Processes and jobs: descriptions from the descriptors, runs with progress and results, rights, cancelling,
# a stop of the server.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../ledger/town.sh"
command -v gdal_translate >/dev/null || { echo "SKIPPED: needs gdal_translate"; exit 77; }
ledger_town
python3 - >"$work/dem.asc" <<'PY'
print("ncols 400\nnrows 200\nxllcorner 500000\nyllcorner 4430000\ncellsize 10\nNODATA_value -9999")
for r in range(200):
    print(" ".join(str(100 + 3 * r + (c * 7) % 13) for c in range(400)))
PY
mkdir -p "$work/w/grids"
gdal_translate -q -a_srs EPSG:4548 -ot Float32 "$work/dem.asc" "$work/w/grids/elevation.tif"
gdal_translate -q -outsize 2000 1000 "$work/w/grids/elevation.tif" "$work/w/grids/fine.tif"
serve
json='Content-Type: application/json'
value() { python3 -c "import json,sys; print(json.load(open('$work/out'))$1)"; }
problem() {
    cases=$((cases + 1))
    grep -qi '^content-type: application/problem+json' "$work/err" || fail "$target: no problem document"
    holds "d['id'] == '$1'"
}
sign_in() { # ACCOUNT ONE_TIME_PASSWORD NEW: $token
    get 200 /session -X POST -H "$json" -d "{\"account\":\"$1\",\"password\":\"$2\"}"
    cookie=$(sed -n 's/^Set-Cookie: \(guotu_session=[0-9a-f]*\).*/\1/pI' "$work/err")
    csrf=$(value '["csrf"]')
    get 200 /session/password -X PUT -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d "{\"password\":\"$3\"}"
    get 201 /tokens -X POST -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d '{"title":"t"}'
    token=$(value '["token"]')
}
sign_in bureau "$(sed -n 's/.*bureau, one-time password \(.*\)$/\1/p;s/.*bureau，一次性密码 \(.*\)$/\1/p' "$work/said")" "bureau bureau"
bureau=$token
get 201 /accounts -X POST -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d '{"account":"wang","grants":[{"role":"analyst","unit":"*","ledger":"process:bulk-check","action":"run"}]}'
sign_in wang "$(value '["oneTimePassword"]')" "wang wang wang"
wang=$token
as() { who=$1 want=$2 t=$3; shift 3; get "$want" "$t" -H "Authorization: Bearer $who" -H "$json" "$@"; }
# ended JOB STATUS: waits until the job has ended so
ended() {
    for _ in $(seq 300); do
        as "$bureau" 200 "/jobs/$1"
        case $(value '["status"]') in accepted | running) sleep 0.1 ;; *) break ;; esac
    done
    holds "d['status'] == '$2'"
}

# ---- what can be run, from the descriptors
get 200 /processes
holds 'len(d["processes"]) > 50 and {"check", "bulk-check", "report", "build", "slope", "rasterize"} <= {p["id"] for p in d["processes"]}'
holds 'all(p["title"] and p["description"] and "async-execute" in p["jobControlOptions"] for p in d["processes"])'
for p in $(python3 -c "import json; print(' '.join(p['id'] for p in json.load(open('$work/out'))['processes']))"); do
    get 200 "/processes/$p?lang=zh"
    holds 'd["inputs"] and d["outputs"] and all("schema" in i and "minOccurs" in i for i in d["inputs"].values())'
done
get 200 /processes/rasterize
holds '{"basic_farmland", "districts", "land_use"} <= set(d["inputs"]["polygons"]["schema"]["enum"])'
holds '"layer" not in d["inputs"] and d["inputs"]["like"]["schema"]["enum"] == ["elevation", "fine"]'
holds 'd["outputs"]["cells"]["kind"] == "grid"'
get 404 /processes/nothing
holds '"no-such-process" in d["type"]'

# ---- who may: a right to the process, everywhere
body='{"inputs":{"polygons":"land_use","like":"elevation","field":"dlbm","classes":"01*=1,*=2"}}'
get 401 /processes/rasterize/execution -X POST -H "$json" -d "$body"
as "$wang" 403 /processes/rasterize/execution -X POST -d "$body"
problem serve.may-not
get 401 /jobs
get 401 /jobs/0123456789abcdef0123456789abcdef

# ---- a mistake is told at once
run() { as "$bureau" "$@"; }
run 404 /processes/nothing/execution -X POST -d '{"inputs":{}}'
for bad in '' '{' '[]' '{}' '{"inputs":1}' '{"inputs":{"polygons":"no_such_layer"}}' '{"inputs":{"polygons":5}}' \
    '{"inputs":{"polygons":"land_use","like":"elevation","least":"50 kg"}}' '{"inputs":{"polygons":"land_use","like":"elevation","least":{"a":[1]}}}' \
    '{"inputs":{"polygons":"land_use","like":"elevation","layer":"districts"}}' '{"inputs":{"nonsense":1}}'; do
    cases=$((cases + 1))
    got=$(curl -s -o "$work/out" -w '%{http_code}' -X POST -H "$json" -H "Authorization: Bearer $bureau" -d "$bad" "$base/processes/rasterize/execution")
    case $got in 400 | 404) ;; *) fail "$bad answered $got"; cat "$work/out" ;; esac
done
run 400 /processes/slope/execution -X POST -d '{"inputs":{}}'
problem model.missing
for bad in ../../etc/passwd "../onemap" "/etc/passwd" "a/b" ""; do
    run 404 /processes/slope/execution -X POST -d "{\"inputs\":{\"dem\":\"$bad\"}}"
    problem serve.no-grid
done
run 400 /processes/report/execution -X POST -d '{"inputs":{"year":1}}'
problem serve.input
run 400 /processes/report/execution -X POST -d '{"inputs":{}}'
run 400 /processes/report/execution -X POST -d '{"inputs":{"year":2024,"format":"exe"}}'
run 400 /processes/build/execution -X POST -d '{"inputs":{"only":"no-such"}}'
run 400 /processes/build/execution -X POST -d '{"inputs":{"full":"yes"}}'
run 400 /processes/bulk-check/execution -X POST -d '{"inputs":{"type":"piece"}}'
run 400 /processes/bulk-check/execution -X POST -d '{"inputs":{"type":"no","layer":"land_use"}}'
run 400 /processes/bulk-check/execution -X POST -d '{"inputs":{"type":"piece","layer":"land_use","features":{"features":[]}}}'
run 200 /jobs
holds 'd["jobs"] == []'

# ---- a model: job, events, results, the file
run 201 /processes/rasterize/execution -X POST -H 'Prefer: respond-async' -d "$body"
says 'Location: '
holds 'd["status"] in ("accepted", "running", "successful") and d["processID"] == "rasterize" and d["account"] == "bureau"'
job=$(value '["jobID"]')
get 401 "/jobs/$job"
as "$wang" 404 "/jobs/$job"
holds '"no-such-job" in d["type"]'
as "$wang" 404 "/jobs/$job/events"
as "$wang" 404 "/jobs/$job/results"
cases=$((cases + 1))
curl -s -m 30 -N -D "$work/err" -H "Authorization: Bearer $bureau" "$base/jobs/$job/events" >"$work/events" || fail "the events do not end"
grep -qi '^content-type: text/event-stream' "$work/err" || fail "no event stream"
python3 - "$work/events" <<'PY' || { fail "the events"; cat "$work/events"; }
import json, sys
blocks = [b for b in open(sys.argv[1]).read().split("\n\n") if b and not b.startswith(":")]
said = [json.loads(b.split("data: ", 1)[1]) for b in blocks]
assert all(b.startswith("event: status\n") for b in blocks)
assert said[-1]["status"] == "successful" and said[-1]["progress"] == 100, said
PY
ended "$job" successful
run 200 "/jobs/$job/results"
name=$(python3 -c "import json; print(list(json.load(open('$work/out')).values())[0]['href'])")
run 200 "/jobs/$job/$name"
says 'Content-Disposition: attachment'
cases=$((cases + 1))
[ "$(head -c 2 "$work/out")" = II ] || fail "no TIFF"
for bad in results/../job.json results/job.json results/.new results/nothing.tif 'results/%2e%2e'; do
    cases=$((cases + 1))
    got=$(curl -s --path-as-is -o "$work/out" -w '%{http_code}' -H "Authorization: Bearer $bureau" "$base/jobs/$job/$bad")
    case $got in 400 | 404) ;; *) fail "$bad answered $got" ;; esac
done
# its grid, put into the workspace, can be read by the next model
curl -s -H "Authorization: Bearer $bureau" "$base/jobs/$job/$name" >"$work/w/grids/classes.tif"
get 200 /processes/polygonize
holds 'd["inputs"]["classes"]["schema"]["enum"] == ["classes", "elevation", "fine"]'
run 201 /processes/polygonize/execution -X POST -d '{"inputs":{"classes":"classes","by":"class"}}'
second=$(value '["jobID"]')
ended "$second" successful
run 200 "/jobs/$second/results"
holds 'd["polygons"]["type"] == "application/geopackage+sqlite3"'
# one that fails says why, without our paths
run 201 /processes/landscape-metrics/execution -X POST -d '{"inputs":{"classes":"elevation"}}'
third=$(value '["jobID"]')
for _ in $(seq 100); do run 200 "/jobs/$third"; case $(value '["status"]') in accepted | running) sleep 0.1 ;; *) break ;; esac; done
lacks "$work"

# ---- bulk check, of a layer and of features sent along
as "$wang" 201 /processes/bulk-check/execution -X POST -d '{"inputs":{"type":"piece","layer":"basic_farmland"}}'
bulk=$(value '["jobID"]')
ended "$bulk" successful
as "$wang" 200 "/jobs/$bulk/results"
holds 'd["summary"]["subjects"] == 1 and sum(d["summary"][k] for k in ("pass", "fail", "undecidable", "refused")) == 1'
as "$wang" 200 "/jobs/$bulk/results/verdicts.jsonl"
holds 'd["number"] == 0 and d["result"] in ("pass", "fail", "undecidable") and d["unit"] == "西区"'
get 200 /collections/basic_farmland/items
python3 - "$work/out" >"$work/many.json" <<'PY'
import json, sys
f = json.load(open(sys.argv[1]))["features"][0]
g = dict(f, id="甲", properties={})
bad = {"type": "Feature", "id": "乙", "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}, "properties": {}}
print(json.dumps({"inputs": {"type": "piece", "features": {"type": "FeatureCollection", "features": [g, bad]}}}))
PY
as "$wang" 201 /processes/bulk-check/execution -X POST -d @"$work/many.json"
bulk=$(value '["jobID"]')
ended "$bulk" successful
as "$wang" 200 "/jobs/$bulk/results"
holds 'd["summary"]["subjects"] == 2 and d["summary"]["refused"] == 1'
as "$wang" 200 "/jobs/$bulk/results/verdicts.jsonl"
cases=$((cases + 1))
grep -q '"name":"乙","result":"refused"' "$work/out" || { fail "the bad subject"; cat "$work/out"; }

# ---- check as a job, and at once by anybody
get 200 /collections/basic_farmland/items
python3 -c "
import json
g = json.load(open('$work/out'))['features'][0]['geometry']
print(json.dumps({'inputs': {'geometry': g, 'type': 'piece'}}))" >"$work/check.json"
get 200 /processes/check/execution -X POST -H "$json" -d @"$work/check.json"
holds 'd["verdict"]["result"] in ("pass", "fail", "undecidable")'
get 401 /processes/check/execution -X POST -H "$json" -H 'Prefer: respond-async' -d @"$work/check.json"
run 201 /processes/check/execution -X POST -H 'Prefer: respond-async' -d @"$work/check.json"
job=$(value '["jobID"]')
ended "$job" successful
run 200 "/jobs/$job/results"
holds 'd["verdict"]["result"] in ("pass", "fail", "undecidable")'
# ---- the package's models, and the report
run 201 /processes/build/execution -X POST -d '{"inputs":{"plan":true}}'
job=$(value '["jobID"]')
ended "$job" successful
run 200 "/jobs/$job/results"
holds 'd["steps"] == []'
run 201 /processes/report/execution -X POST -d '{"inputs":{"year":2024,"format":"xlsx","back":0}}'
job=$(value '["jobID"]')
for _ in $(seq 300); do run 200 "/jobs/$job"; case $(value '["status"]') in accepted | running) sleep 0.1 ;; *) break ;; esac; done
holds 'd["status"] == "successful" or d["id"].startswith("report.")'

# ---- cancelled; a session that sends no token dismisses nothing
long='{"inputs":{"surface":"fine","directions":64,"radius":200}}'
run 201 /processes/sky-view/execution -X POST -d "$long"
job=$(value '["jobID"]')
get 404 "/jobs/$job/results" -H "Authorization: Bearer $bureau"
get 403 "/jobs/$job" -X DELETE -H "Cookie: $cookie"
as "$wang" 404 "/jobs/$job" -X DELETE
run 200 "/jobs/$job" -X DELETE
holds 'd["status"] == "dismissed"'
for _ in $(seq 300); do run 200 "/jobs/$job"; [ -n "$(value '.get("finished", "")')" ] && break; sleep 0.1; done
holds 'd["status"] == "dismissed" and "finished" in d'
run 400 "/jobs/$job/results"
problem serve.job-failed
run 200 "/jobs/$job" -X DELETE
run 404 "/jobs/$job"
cases=$((cases + 1))
[ ! -e "$work/w/jobs/$job" ] || fail "the folder is left"

# ---- bounded
for _ in $(seq 8); do
    as "$wang" 201 /processes/bulk-check/execution -X POST -d '{"inputs":{"type":"piece","layer":"land_use"}}'
done >/dev/null
cases=$((cases + 1))
n=0
while [ $n -lt 60 ]; do
    got=$(curl -s -o "$work/out" -w '%{http_code}' -X POST -H "$json" -H "Authorization: Bearer $bureau" -d "$long" "$base/processes/sky-view/execution")
    [ "$got" = 201 ] || break
    n=$((n + 1))
done
[ "$got" = 429 ] || fail "no bound: $got after $n"
holds "d['id'] == 'serve.jobs-many'"

# ---- a stop of the server: what ran has failed, what had ended is there
curl -s -m 60 -N -H "Authorization: Bearer $bureau" "$base/jobs/$(python3 -c 'print("0"*32)')/events" >/dev/null
run 200 /jobs
job=$(python3 -c "import json; print([j['jobID'] for j in json.load(open('$work/out'))['jobs'] if j['status'] in ('accepted', 'running')][0])")
curl -s -m 60 -N -H "Authorization: Bearer $bureau" "$base/jobs/$job/events" >"$work/events" &
follower=$!
sleep 0.5
stop
cases=$((cases + 1))
wait "$follower" || fail "the follower ended with $?"
grep -q '"id":"serve.job-stopped"' "$work/events" || fail "the follower did not hear of the end"
serve
run 200 "/jobs/$job"
holds 'd["status"] == "failed" and d["id"] == "serve.job-stopped"'
run 200 "/jobs/$second"
holds 'd["status"] == "successful" and d["inputs"]["by"] == "class"'
run 200 "/jobs/$second/results"
stop
finish
