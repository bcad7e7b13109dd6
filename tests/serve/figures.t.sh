#!/bin/sh
# What the pages read beside the map: indicators, clauses, ledgers as forms, evidence, accounts.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../ledger/town.sh"
. "$(dirname "$0")/watched.sh"
watched_town
code 0 actor grant bureau --role chief --as bureau
serve
cases=$((cases + 1))
grep -q 'the public may comment in: said\|公众可留言的台账：said' "$work/said" || { fail "the open ledger is not named"; cat "$work/said"; }
json='Content-Type: application/json'
value() { python3 -c "import json,sys; print(json.load(open('$work/out'))$1)"; }
problem() {
    cases=$((cases + 1))
    grep -qi '^content-type: application/problem+json' "$work/err" || fail "$target: no problem document"
    holds "d['id'] == '$1'"
}

# ---- indicators: for everybody
get 200 "/indicators?year=2025&lang=en"
holds 'd["year"] == 2025 and [i["id"] for i in d["indicators"]] == ["basic-area"]'
holds 'd["indicators"][0]["title"] == "Basic farmland" and d["indicators"][0]["clauses"] == ["TST-001"]'
holds '[r for r in d["rows"] if r["level"] == "city"][0]["target"]["value"] == 40'
city=$(value '["rows"][0]["value"]')
holds 'abs(sum(r["value"] for r in d["rows"] if r["level"] == "district") - d["rows"][0]["value"]) < 1e-6'
get 200 "/indicators?year=2025&level=city"
holds 'all(r["level"] == "city" for r in d["rows"])'
get 200 "/indicators?unit=%E8%A5%BF%E5%8C%BA"
holds 'd["rows"] and all(r["district"] == "西区" for r in d["rows"])'
get 404 "/indicators?only=nothing"
for bad in year=x year= year=20255555555 year=1899 level=street; do
    get 400 "/indicators?$bad"
    problem serve.parameter
done
get 200 "/indicators/basic-area/trend?from=2023&to=2025"
holds '[p["year"] for p in d["points"]] == [2023, 2024, 2025] and d["targets"][0]["must"] == ">="'
cases=$((cases + 1))
python3 -c "import json; d = json.load(open('$work/out')); raise SystemExit(abs(d['points'][2]['value'] - $city) > 1e-9)" || fail "the trend ends elsewhere"
get 404 /indicators/nothing/trend
problem serve.no-indicator
for bad in from=2026\&to=2025 from=1900\&to=2100 to=abc; do
    get 400 "/indicators/basic-area/trend?$bad"
done
get 200 "/indicators/basic-area/explanation?from=2023-12-31&to=2025-12-31"
holds 'abs(d["quanta"] * d["quantum"] + 50) < 1e-3 and d["contributions"][0]["where"].startswith("basic_farmland:") and sum(c["quanta"] for c in d["contributions"]) + d["rest"] == d["quanta"]'
get 200 "/indicators/basic-area/explanation?from=2023-12-31&to=now&top=1"
holds 'len(d["contributions"]) <= 1 and sum(c["quanta"] for c in d["contributions"]) + d["rest"] == d["quanta"]'
for bad in '' from=1 from=0\&to=now from=yesterday\&to=now from=1\&to=now\&top=0; do
    get 400 "/indicators/basic-area/explanation?$bad"
    problem serve.parameter
done
get 404 "/indicators/basic-area/explanation?from=999999&to=now"
get 404 "/indicators/nothing/explanation?from=1&to=now"

# ---- clauses
get 200 "/clauses?lang=en"
holds 'any(c["id"] == "TST-001" for c in d["clauses"]) and d["plans"]'
tag=$(sed -n 's/^ETag: \(.*\)\r$/\1/pI' "$work/err")
get 304 "/clauses?lang=en" -H "If-None-Match: $tag"
get 200 /clauses/TST-001
holds 'd["id"] == "TST-001" and any(i["kind"] == "indicator" and i["id"] == "basic-area" for i in d["citers"])'
lacks "$work"
get 404 /clauses/TST-999
problem serve.no-clause

# ---- a person signs in
first=$(sed -n 's/.*bureau, one-time password \(.*\)$/\1/p;s/.*bureau，一次性密码 \(.*\)$/\1/p' "$work/said")
sign_in() { # NAME PASSWORD NEW: $cookie and $csrf
    get 200 /session -X POST -H "$json" -d "{\"account\":\"$1\",\"password\":\"$2\"}"
    cookie=$(sed -n 's/^Set-Cookie: \(guotu_session=[0-9a-f]*\).*/\1/pI' "$work/err")
    csrf=$(value '["csrf"]')
    get 200 /session/password -X PUT -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d "{\"password\":\"$3\"}"
}
sign_in bureau "$first" "bureau bureau"
bcookie=$cookie bcsrf=$csrf
get 201 /accounts -X POST -H "$json" -H "Cookie: $bcookie" -H "X-CSRF-Token: $bcsrf" -d '{"account":"wang"}'
sign_in wang "$(value '["oneTimePassword"]')" "wang wang wang"
wang() { want=$1; t=$2; shift 2; get "$want" "$t" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" "$@"; }
bureau() { want=$1; t=$2; shift 2; get "$want" "$t" -H "Cookie: $bcookie" -H "X-CSRF-Token: $bcsrf" "$@"; }

# ---- a ledger as a form
get 401 /ledgers/works
wang 200 "/ledgers/works?lang=en"
holds '[f["name"] for f in d["fields"]] == ["name", "year", "cost", "public", "start"] and d["fields"][0]["required"]'
holds 'd["place"] == "polygon" and d["moves"][1]["evidence"] == ["report"] and d["states"][2]["final"]'
wang 404 /ledgers/nothing
wang 200 /ledgers
holds '{k["id"]: (k["records"], k["open"], k["balances"]) for k in d["ledgers"] if k["id"] != "said"} == {"works": (2, 2, []), "fields": (1, 1, ["farm"])}'
# what may be done next, and by whom
wang 200 /ledgers/works/records/W-2025-0001
holds 'd["place"]["type"] == "Polygon" and [(m["id"], m["may"]) for m in d["moves"]] == [("begin", True)]'
wang 200 /ledgers/works/records/W-2025-0001/moves -X POST -H "$json" -d '{"move":"begin","reason":"x"}'
holds '[(m["id"], m["may"]) for m in d["moves"]] == [("accept", False)]'
bureau 200 /ledgers/works/records/W-2025-0001
holds '[(m["id"], m["may"]) for m in d["moves"]] == [("accept", True)]'

# ---- a record is changed
wang 200 /ledgers/works/records/W-2025-0001 -X PUT -H "$json" -d '{"fields":{"cost":7},"reason":"调概","version":2}'
holds 'd["fields"]["cost"] == 7 and d["version"] == 3'
wang 409 /ledgers/works/records/W-2025-0001 -X PUT -H "$json" -d '{"fields":{"cost":8},"reason":"x","version":2}'
wang 400 /ledgers/works/records/W-2025-0001 -X PUT -H "$json" -d '{"fields":{"cost":-1},"reason":"x"}'
wang 400 /ledgers/works/records/W-2025-0001 -X PUT -H "$json" -d '{"fields":{"cost":8}}'
wang 403 /ledgers/works/records/W-2025-0002 -X PUT -H "$json" -d '{"fields":{"cost":8},"reason":"x"}'
get 403 /ledgers/works/records/W-2025-0001 -X PUT -H "$json" -H "Cookie: $cookie" -d '{"fields":{"cost":8},"reason":"x"}'

# ---- evidence: a file comes, is kept once, and goes only to those who may read the record
at=/ledgers/works/records/W-2025-0001/attachments
printf '\211PNG\r\n\032\nrest of a picture' >"$work/photo.png"
name=$(printf %s "kind=report&name=%E7%85%A7%E7%89%87.png&reason=x")
wang 201 "$at?$name" -X POST --data-binary "@$work/photo.png"
holds 'd["events"][-1]["action"] == "attach" and d["events"][-1]["body"]["name"] == "照片.png"'
hash=$(value '["events"][-1]["body"]["hash"]')
wang 200 "$at/$hash"
says 'Content-Type: image/png'
cases=$((cases + 1))
cmp -s "$work/out" "$work/photo.png" || fail "another file came back"
wang 201 "$at?kind=report&name=a.html&reason=x" -X POST --data-binary '<script>alert(1)</script>'
wang 200 "$at/$(value '["events"][-1]["body"]["hash"]')"
says 'Content-Type: application/octet-stream'
says 'X-Content-Type-Options: nosniff'
get 401 "$at/$hash"
wang 403 "/ledgers/works/records/W-2025-0002/attachments/$hash"
bureau 404 "/ledgers/works/records/W-2025-0002/attachments/$hash"
for bad in "$(echo "$hash" | tr 0-9a-f 1-9a-f0)" x; do
    wang 404 "$at/$bad"
done
wang 400 "$at/..%2f..%2faccounts.db"
for bad in 'kind=report&reason=x' 'name=a&reason=x' 'kind=report&name=a' 'kind=report&name=..%2Fa&reason=x' 'kind=report&name=.a&reason=x' 'kind=report&name=a%0Ab&reason=x'; do
    wang 400 "$at?$bad" -X POST --data-binary abc
done
wang 400 "$at?kind=report&name=a&reason=x" -X POST
get 403 "$at?kind=report&name=a&reason=x" -X POST -H "Cookie: $cookie" --data-binary abc
cases=$((cases + 2))
find "$work/w" -maxdepth 1 -name '.upload-*' | grep . && fail "an upload was left lying about"
[ "$(find "$work/w/attachments" -type f | wc -l)" -eq 2 ] || fail "a refused file was kept"

# ---- accounts: only for those who may read everywhere
bureau 200 "/balances/farm?year=2025"
holds 'd["met"] is False and d["lines"][0]["unit"] == "西区" and d["lines"][0]["outM2"] == 20000 and d["total"]["closingM2"] == -20000 and d["faults"] == []'
holds 'd["broken"][0]["unit"] == "西区"'
bureau 404 /balances/nothing
bureau 400 "/balances/farm?year=soon"
wang 403 /balances/farm
get 401 /balances/farm
stop
code 0 ledger verify
finish
