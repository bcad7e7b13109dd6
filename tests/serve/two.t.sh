#!/bin/sh
# Two servers on one workspace: neither ends the other's jobs; each tells of them and cancels them; what a killed server had not
# ended has failed.
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
one=$base first=$server
json='Content-Type: application/json'
value() { python3 -c "import json,sys; print(json.load(open('$work/out'))$1)"; }
password=$(sed -n 's/.*bureau, one-time password \(.*\)$/\1/p;s/.*bureau，一次性密码 \(.*\)$/\1/p' "$work/said")
get 200 /session -X POST -H "$json" -d "{\"account\":\"bureau\",\"password\":\"$password\"}"
cookie=$(sed -n 's/^Set-Cookie: \(guotu_session=[0-9a-f]*\).*/\1/pI' "$work/err")
csrf=$(value '["csrf"]')
get 200 /session/password -X PUT -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d '{"password":"bureau bureau"}'
get 201 /tokens -X POST -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d '{"title":"t"}'
token="Authorization: Bearer $(value '["token"]')"
at() { base=$1; shift; get "$@" -H "$token" -H "$json"; }
long='{"inputs":{"surface":"fine","directions":64,"radius":200}}'
is() { # WHERE JOB STATUS: within 20 s
    for _ in $(seq 200); do
        at "$1" 200 "/jobs/$2"
        [ "$(value '["status"]')" = "$3" ] && [ "$3" = running -o -n "$(value '.get("finished", "")')" ] && break
        sleep 0.1
    done
    holds "d['status'] == '$3'"
}
at "$one" 201 /processes/sky-view/execution -X POST -d "$long"
job=$(value '["jobID"]')
is "$one" "$job" running

# ---- the second starts: the job goes on
cp "$work/said" "$work/said1"
"$GUOTU" -w "$work/w" serve --port 0 >"$work/said2" 2>"$work/log2" &
second=$!
trap 'kill "$first" "$second" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
for _ in $(seq 300); do grep -q portal "$work/said2" && break; sleep 0.1; done
two=$(sed -n 's/.* \(http:[^ ]*\)\/portal$/\1/p;s/^门户地址 \(.*\)\/portal$/\1/p' "$work/said2")
cases=$((cases + 1))
[ -n "$two" ] || fail "the second server did not start"
at "$one" 200 "/jobs/$job"
holds 'd["status"] == "running"'
at "$two" 200 "/jobs/$job"
holds 'd["status"] == "running"'
at "$two" 200 /jobs
holds "[j['jobID'] for j in d['jobs']] == ['$job']"
at "$two" 404 "/jobs/$job/results"

# ---- one of the second ends; the first tells of it and has its results
at "$two" 201 /processes/slope/execution -X POST -d '{"inputs":{"dem":"elevation"}}'
small=$(value '.get("jobID", "")')
if [ -z "$small" ]; then # the inputs of the kernel bear other names
    get 200 /processes/slope
    fail "slope was not accepted"
fi
is "$two" "$small" successful
is "$one" "$small" successful
at "$one" 200 "/jobs/$small/results"

# ---- cancelled by the other
at "$two" 200 "/jobs/$job" -X DELETE
is "$one" "$job" dismissed
is "$two" "$job" dismissed
at "$one" 200 "/jobs/$job" -X DELETE
sleep 1.2
at "$two" 404 "/jobs/$job"

# ---- killed: what it had not ended has failed, and only that
at "$one" 201 /processes/sky-view/execution -X POST -d "$long"
lost=$(value '["jobID"]')
at "$two" 201 /processes/sky-view/execution -X POST -d "$long"
alive=$(value '["jobID"]')
is "$two" "$alive" running
is "$two" "$lost" running
kill -9 "$first"
wait "$first" 2>/dev/null
is "$two" "$lost" failed
holds 'd["id"] == "serve.job-stopped"'
at "$two" 200 "/jobs/$alive"
holds 'd["status"] == "running"'
at "$two" 200 "/jobs/$alive" -X DELETE
is "$two" "$alive" dismissed
cases=$((cases + 1))
[ "$(find "$work/w/jobs" -name '.owner-*' | wc -l)" -le 2 ] || fail "owners are left"
server=$second
stop
cases=$((cases + 1))
serve
[ "$(find "$work/w/jobs" -name '.owner-*' | wc -l)" -eq 1 ] || fail "owners that live no more are kept"
stop
finish
