#!/bin/sh
# The verdict by HTTP: as JSON, as a PDF to take along, and of layers that not everybody may read: neither a verdict,
# nor a denial of an edit, nor an indicator tells what is in them.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../ledger/town.sh"
. "$(dirname "$0")/watched.sh"
watched_town
serve
json='Content-Type: application/json'
value() { python3 -c "import json,sys; print(json.load(open('$work/out'))$1)"; }
check() { # STATUS KIND MORE CURL_OPTION...: of a site that takes farmland
    want=$1 kind=$2 more=$3
    shift 3
    get "$want" "/processes/check/execution$lang" -X POST -H "$json" "$@" -d "{\"inputs\":{\"type\":\"$kind\",\"name\":\"一号地块\",\"crs\":\"http://www.opengis.net/def/crs/EPSG/0/4548\",\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[4430200,500200],[4430200,500500],[4430700,500500],[4430700,500200],[4430200,500200]]]}$more}}"
}
lang='?lang=en'

# ---- the PDF
check 200 piece ''
holds 'd["verdict"]["result"] == "fail" and d["overlaps"]["features"]'
check 200 piece ',"format":"json"'
holds 'd["verdict"]["result"] == "fail"'
check 200 piece ',"format":"pdf"'
says 'Content-Type: application/pdf'
says 'filename="verdict.pdf"'
cases=$((cases + 1))
head -c 5 "$work/out" | grep -q '%PDF' || fail "no PDF"
if command -v pdftotext >/dev/null; then
    for lang in '?lang=en' '?lang=zh'; do
        check 200 piece ',"format":{"value":"pdf"}'
        pdftotext -layout "$work/out" "$work/text"
        case $lang in
        *en) words='Clauses cited|TST-001|Piece of a project: 一号地块|No taking of farmland|checked on 20|Map revision|ha|leave out' ;;
        *) words='所依据的条款|TST-001|一号地块|不符合|审查日期 20|次修订|公顷|避让' ;;
        esac
        echo "$words" | tr '|' '\n' | while read -r word; do
            grep -qF "$word" "$work/text" || echo "$word"
        done >"$work/lost"
        cases=$((cases + 1))
        [ ! -s "$work/lost" ] || { fail "the PDF does not say:"; cat "$work/lost"; cat "$work/text"; }
        cases=$((cases + 1))
        grep -qE 'checktown 1.0 ?[（(][0-9a-f]{12}[）)]' "$work/text" || fail "the PDF does not name the package's hash"
    done
fi
lang='?lang=en'
for bad in ',"format":"docx"' ',"format":7' ',"format":"pdf","as_of":"soon"' ',"format":["pdf"]'; do
    check 400 piece "$bad"
    says 'application/problem+json'
done
check 400 nothing ',"format":"pdf"'
cases=$((cases + 1))
find "$work/w" -maxdepth 1 -name '.verdict-*' | grep . && fail "a drawing was left lying about"

# ---- as a job
sign_in() { # NAME PASSWORD NEW: $token
    get 200 /session -X POST -H "$json" -d "{\"account\":\"$1\",\"password\":\"$2\"}"
    cookie=$(sed -n 's/^Set-Cookie: \(guotu_session=[0-9a-f]*\).*/\1/pI' "$work/err")
    csrf=$(value '["csrf"]')
    get 200 /session/password -X PUT -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d "{\"password\":\"$3\"}"
    get 201 /tokens -X POST -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d '{"title":"t"}'
    token=$(value '["token"]')
}
ended() { # JOB
    for _ in $(seq 300); do
        get 200 "/jobs/$1" -H "Authorization: Bearer $token"
        case $(value '["status"]') in accepted | running) sleep 0.1 ;; *) break ;; esac
    done
    holds 'd["status"] == "successful"'
}
sign_in bureau "$(sed -n 's/.*bureau, one-time password \(.*\)$/\1/p;s/.*bureau，一次性密码 \(.*\)$/\1/p' "$work/said")" "bureau bureau"
bureau=$token
check 201 piece ',"format":"pdf"' -H "Authorization: Bearer $token" -H 'Prefer: respond-async'
job=$(value '["jobID"]')
ended "$job"
get 200 "/jobs/$job/results" -H "Authorization: Bearer $token"
holds 'd["report"]["type"] == "application/pdf" and d["verdict"]["result"] == "fail"'
get 200 "/jobs/$job/results/verdict.pdf" -H "Authorization: Bearer $token"
says 'Content-Type: application/pdf'

# ---- layers that not everybody may read
get 200 "/indicators?year=2025"
holds 'd["rows"] and not any(i["hidden"] for i in d["indicators"])'
get 201 /accounts -X POST -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d '{"account":"li","grants":[{"role":"editor","unit":"*","ledger":"layer:districts","action":"write"},{"role":"analyst","unit":"*","ledger":"process:bulk-check","action":"run"}]}'
sign_in li "$(value '["oneTimePassword"]')" "li li li li li"
li=$token
code 0 actor grant public --role resident --ledger layer:districts --action read --as bureau
check 200 piece ''
holds 'd["verdict"]["result"] == "undecidable" or d["verdict"]["result"] == "fail"'
holds '[f for f in d["verdict"]["findings"] if f["rule"] == "piece-farmland"][0]["result"] == "undecidable"'
holds '[f for f in d["verdict"]["findings"] if f["rule"] == "piece-farmland"][0]["missing"] == "basic_farmland"'
holds 'd["overlaps"]["features"] == [] and d["verdict"]["generated_layers"] == []'
lacks '14.99'
check 200 project ',"facts":{"use":"park"}'
holds '[f for f in d["verdict"]["findings"] if f["rule"] == "farmland-stays"][0]["result"] == "undecidable"'
check 200 piece '' -H "Authorization: Bearer $bureau"
holds '[f for f in d["verdict"]["findings"] if f["rule"] == "piece-farmland"][0]["result"] == "fail" and d["overlaps"]["features"]'
check 200 piece '' -H "Authorization: Bearer $li"
holds 'd["overlaps"]["features"] == []'
check 200 piece ',"format":"pdf"'
if command -v pdftotext >/dev/null; then
    pdftotext -layout "$work/out" "$work/text"
    cases=$((cases + 1))
    grep -q 'leave out' "$work/text" && fail "the PDF tells of a hidden layer"
fi
# a job is its owner's, and sees what he sees
for who in "$li" "$bureau"; do
    token=$who
    get 201 /processes/bulk-check/execution -X POST -H "$json" -H "Authorization: Bearer $token" -d '{"inputs":{"type":"piece","layer":"districts"}}'
    job=$(value '["jobID"]')
    ended "$job"
    get 200 "/jobs/$job/results/verdicts.jsonl" -H "Authorization: Bearer $token"
    cases=$((cases + 1))
    want=undecidable
    [ "$who" = "$bureau" ] && want=fail
    grep 西区 "$work/out" | grep -q "\"rule\":\"piece-farmland\",\"result\":\"$want\"" || { fail "bulk-check: not $want"; cat "$work/out"; }
done
# figures counted from it
get 200 "/indicators?year=2025"
holds 'd["rows"] == [] and [i["hidden"] for i in d["indicators"]] == [True]'
get 403 "/indicators/basic-area/trend?from=2023&to=2025"
says 'serve.may-not'
get 403 "/indicators/basic-area/explanation?from=2023-12-31&to=now"
get 403 "/indicators/basic-area/explanation?from=2023-12-31&to=now" -H "Authorization: Bearer $li"
get 200 "/indicators?year=2025" -H "Authorization: Bearer $bureau"
holds 'd["rows"]'
get 200 "/indicators/basic-area/explanation?from=2023-12-31&to=now" -H "Authorization: Bearer $bureau"
holds 'd["contributions"]'
get 401 "/indicators?year=2025" -H "Authorization: Bearer gt_0000000000000000000000000000000000000000000000000000000000000000"
stop
finish
