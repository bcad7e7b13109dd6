#!/bin/sh
# Accounts, sessions, tokens and rights: what is forged, replayed, of another district or without
# its CSRF token is refused with the right status, and each refusal is a problem document.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../ledger/town.sh"
ledger_town
code 0 ledger add works --set name=甲 --set year=2025 --set cost=5 --wkt "$(box 100 100 100 100)" --date 2025-01-05
code 0 ledger add works --set name=乙 --set year=2025 --set cost=5 --wkt "$(box 2500 100 100 100)" --date 2025-01-05
serve
json='Content-Type: application/json'
value() { python3 -c "import json,sys; print(json.load(open('$work/out'))$1)"; }
problem() {
    cases=$((cases + 1))
    grep -qi '^content-type: application/problem+json' "$work/err" || fail "$target: no problem document"
    holds "d['id'] == '$1'"
}

# ---- the first start: the founder of the register gets an account, once
cases=$((cases + 3))
first=$(sed -n 's/^first start: administrator bureau, one-time password \(.*\)$/\1/p;s/^首次启动：管理员账号 bureau，一次性密码 \(.*\)$/\1/p' "$work/said")
[ ${#first} -eq 20 ] || { fail "no one-time password"; cat "$work/said"; }
grep -q 'no ledger is open to comments of the public; .*actor grant public\|尚无向公众开放留言的台账' "$work/said" || fail "nothing is said of the public"
[ "$(stat -c %a "$work/w/accounts.db")" = 600 ] || fail "accounts.db can be read by others"
grep -q "$first" "$work/w/accounts.db" "$work/log" && fail "the password is kept or logged as it is"
get 200 /session
holds 'd["account"] is None'
get 401 /session -X POST -H "$json" -d '{"account":"bureau","password":"wrong wrong wrong"}'
problem serve.wrong-password
says 'WWW-Authenticate: Bearer'
get 401 /session -X POST -H "$json" -d '{"account":"nobody","password":"wrong wrong wrong"}'
problem serve.wrong-password
for bad in '' '{' '[]' '{"account":1,"password":"x"}' '{"account":"bureau"}' '{"account":"bureau","account":"b","password":"x"}'; do
    get 400 /session -X POST -H "$json" -d "$bad"
done
get 400 /session -X POST -d '{"account":"bureau","password":"x"}'
get 200 /session -X POST -H "$json" -d "{\"account\":\"bureau\",\"password\":\"$first\"}"
says 'HttpOnly; SameSite=Strict'
holds 'd["mustChange"] is True and len(d["csrf"]) == 64'
cookie=$(sed -n 's/^Set-Cookie: \(guotu_session=[0-9a-f]*\).*/\1/pI' "$work/err")
csrf=$(value '["csrf"]')
# the one-time password is used up, and with it one may only choose another
get 401 /session -X POST -H "$json" -d "{\"account\":\"bureau\",\"password\":\"$first\"}"
get 403 /tokens -X POST -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d '{"title":"t"}'
problem serve.must-change
get 403 /ledgers/works/records/W-2025-0001 -H "Cookie: $cookie"
for bad in short '123456789' bureau; do
    get 400 /session/password -X PUT -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d "{\"password\":\"$bad\"}"
    problem serve.password
done
get 200 /session/password -X PUT -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" -d '{"password":"一二三四五六七八九十"}'
holds 'd["mustChange"] is False'
get 200 /session -H "Cookie: $cookie"
holds 'd["account"] == "bureau" and any(g["role"] == "founder" for g in d["grants"])'

# ---- CSRF: a session alone does not change anything
get 403 /tokens -X POST -H "$json" -H "Cookie: $cookie" -d '{"title":"t"}'
problem serve.csrf
get 403 /tokens -X POST -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: ${csrf}0" -d '{"title":"t"}'
get 403 /tokens -X POST -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $(echo "$csrf" | tr 0-9a-f 1-9a-f0)" -d '{"title":"t"}'
# ---- a forged session
for forged in guotu_session= guotu_session=x "guotu_session=$csrf" "guotu_session=$(printf '0%.0s' $(seq 64))" \
    "guotu_session=' OR 1=1 --" "$(echo "$cookie" | cut -c1-77)" "${cookie}0" "other=1; x"; do
    get 401 /ledgers -H "Cookie: $forged"
    problem serve.sign-in
done
get 401 /ledgers
get 401 /accounts -X POST -H "$json" -d '{"account":"x"}'
get 200 /ledgers -H "Cookie: a=b; $cookie; c=d"
holds '[l["id"] for l in d["ledgers"]] == ["works", "fields"]'

# ---- accounts of others; a person of one district
admin() { want=$1; t=$2; shift 2; get "$want" "$t" -H "$json" -H "Cookie: $cookie" -H "X-CSRF-Token: $csrf" "$@"; }
admin 201 /accounts -X POST -d '{"account":"wang"}'
wang=$(value '["oneTimePassword"]')
admin 201 /accounts -X POST -d '{"account":"zhao","unit":"东区","grants":[{"role":"officer","unit":"东区","ledger":"*","action":"*"}]}'
admin 400 /accounts -X POST -d '{"account":"li","grants":[{"role":"officer"}]}'
admin 400 /accounts -X POST -d '{"account":"a/b"}'
admin 400 /accounts -X POST -d '{}'
get 200 /session -X POST -H "$json" -d "{\"account\":\"wang\",\"password\":\"$wang\"}"
wcookie=$(sed -n 's/^Set-Cookie: \(guotu_session=[0-9a-f]*\).*/\1/pI' "$work/err")
wcsrf=$(value '["csrf"]')
wang() { want=$1; t=$2; shift 2; get "$want" "$t" -H "$json" -H "Cookie: $wcookie" -H "X-CSRF-Token: $wcsrf" "$@"; }
wang 200 /session/password -X PUT -d '{"password":"correct horse"}'
# another's CSRF token is of no use
get 403 /tokens -X POST -H "$json" -H "Cookie: $wcookie" -H "X-CSRF-Token: $csrf" -d '{"title":"t"}'
wang 403 /accounts -X POST -d '{"account":"friend"}'
problem ledger.may-not
wang 403 /accounts/bureau -X DELETE

# ---- cross-district
wang 200 /ledgers/works/records
holds '[r["id"] for r in d["records"]] == ["W-2025-0001"]'
wang 200 "/ledgers/works/records?unit=%E8%A5%BF%E5%8C%BA&year=2025&state=planned&limit=1"
holds 'len(d["records"]) == 1 and d["records"][0]["fields"]["name"] == "甲"'
wang 403 "/ledgers/works/records?unit=%E4%B8%9C%E5%8C%BA"
problem serve.may-not
wang 200 /ledgers/works/records/W-2025-0001
holds 'd["unit"] == "西区" and d["events"][0]["action"] == "add"'
wang 403 /ledgers/works/records/W-2025-0002
lacks 乙
wang 404 /ledgers/works/records/W-2025-0003
wang 404 /ledgers/nothing/records
wang 403 /ledgers/works/records/W-2025-0002/moves -X POST -d '{"move":"begin","reason":"x"}'
wang 403 /ledgers/works/records -X POST -d '{"unit":"东区","fields":{"name":"丙"},"reason":"x"}'
admin 200 /ledgers/works/records
holds 'len(d["records"]) == 2'

# ---- every write has an actor and a reason
wang 400 /ledgers/works/records/W-2025-0001/moves -X POST -d '{"move":"begin"}'
wang 404 /ledgers/works/records/W-2025-0001/moves -X POST -d '{"move":"fly","reason":"x"}'
wang 409 /ledgers/works/records/W-2025-0001/moves -X POST -d '{"move":"begin","reason":"x","version":9}'
wang 200 /ledgers/works/records/W-2025-0001/moves -X POST -d '{"move":"begin","reason":"批复 12 号","version":1}'
holds 'd["state"] == "running" and d["events"][-1]["actor"] == "wang" and "批复 12 号" in json.dumps(d["events"][-1]["body"], ensure_ascii=False)'
wang 403 /ledgers/works/records/W-2025-0001/moves -X POST -d '{"move":"accept","reason":"chief only"}'
wang 201 /ledgers/works/records -X POST -d '{"unit":"西区","fields":{"name":"丁","year":2026,"cost":1.5},"reason":"年度计划"}'
holds 'd["id"] == "W-2026-0001" and d["fields"]["cost"] == 1.5'
wang 400 /ledgers/works/records -X POST -d '{"unit":"西区","fields":{"nam":"丁"},"reason":"x"}'
wang 400 /ledgers/works/records -X POST -d '{"unit":"西区","fields":{"name":"<script>alert(1)</script>"},"reason":"x"}'
# injection stays text
wang 201 /ledgers/works/records -X POST -d "{\"unit\":\"西区\",\"fields\":{\"name\":\"'); DROP\"},\"reason\":\"'; DELETE FROM account; --\"}"
wang 400 "/ledgers/works/records?unit=%00"
wang 403 "/ledgers/works/records?unit='%20OR%20'1'='1"
wang 200 "/ledgers/works/records?state='%20OR%20'1'='1"
holds 'd["records"] == []'
wang 404 "/ledgers/works%27--/records"

# ---- tokens: told once, kept as hashes, revoked for good
for bad in '{}' '{"title":"t","days":0}' '{"title":"t","days":400}' '{"title":""}'; do
    wang 400 /tokens -X POST -d "$bad"
done
wang 201 /tokens -X POST -d '{"title":"qgis","days":30}'
token=$(value '["token"]')
number=$(value '["number"]')
cases=$((cases + 1))
cat "$work/w/accounts.db"* | grep -q "$token" && fail "the token is kept as it is"
bearer() { want=$1; t=$2; shift 2; get "$want" "$t" -H "$json" -H "Authorization: Bearer $token" "$@"; }
bearer 200 /ledgers/works/records
holds 'all(r["unit"] == "西区" for r in d["records"])'
bearer 403 /ledgers/works/records/W-2025-0002
bearer 201 /ledgers/works/records -X POST -d '{"unit":"西区","fields":{"name":"戊"},"reason":"by token"}'
bearer 401 /tokens -X POST -d '{"title":"more"}'
bearer 401 /session/password -X PUT -d '{"password":"taken over by"}'
get 401 /ledgers -H "Authorization: Bearer ${token}0"
get 401 /ledgers -H "Authorization: Bearer "
get 401 /ledgers -H "Authorization: Basic d2FuZzp4"
get 401 /collections -H "Authorization: Bearer gt_0000"
admin 404 "/tokens/$number" -X DELETE
problem serve.no-token
wang 404 /tokens/x -X DELETE
wang 200 "/tokens/$number" -X DELETE
bearer 401 /ledgers
problem serve.sign-in
wang 404 "/tokens/$number" -X DELETE
wang 200 /tokens
holds 'd["tokens"][0]["revoked"] is True and "token" not in d["tokens"][0]'

# ---- a session signed out is not a session; nor one of a changed password or an ended account
wang 200 /session -X DELETE
says 'Max-Age=0'
get 401 /ledgers -H "Cookie: $wcookie"
get 200 /session -X POST -H "$json" -d '{"account":"wang","password":"correct horse"}'
wcookie=$(sed -n 's/^Set-Cookie: \(guotu_session=[0-9a-f]*\).*/\1/pI' "$work/err")
get 200 /ledgers -H "Cookie: $wcookie"
admin 200 /accounts/wang -X DELETE
get 401 /ledgers -H "Cookie: $wcookie"
admin 404 /accounts/wang -X DELETE
get 401 /session -X POST -H "$json" -d '{"account":"wang","password":"correct horse"}'

# ---- guessing is slowed: first by account, then by address
cases=$((cases + 1))
# one client, so that it is faster than the bucket fills on any machine
: >"$work/codes"
for i in $(seq 20); do
    curl -s -o /dev/null -w '%{http_code}\n' -X POST -H "$json" -d '{}' $(seq 20 | sed "s|.*|$base/session|") >>"$work/codes"
    grep -q 429 "$work/codes" && break
done
grep -q 429 "$work/codes" || fail "the address is not slowed"
# on a busy machine the bucket may have filled again between two programs
for i in $(seq 20); do
    curl -s -o /dev/null -X POST -H "$json" -d '{}' $(seq 40 | sed "s|.*|$base/session|")
    got=$(curl -s -D "$work/err" -o "$work/out" -w '%{http_code}' -X POST -H "$json" -d '{"account":"bureau","password":"x"}' "$base/session")
    [ "$got" = 429 ] && break
done
problem serve.rate
says 'Retry-After'
get 200 /ledgers -H "Cookie: $cookie"
get 405 /ledgers -X DELETE
get 405 /session -X PUT
stop

# ---- who was signed in still is after a restart; the first account is not made again
serve --rate 1
cases=$((cases + 1))
grep -q "one-time\|一次性" "$work/said" && fail "a second administrator"
get 200 /ledgers -H "Cookie: $cookie"
curl -s -w '%{http_code}\n' $(seq 200 | sed "s|.*|-o /dev/null $base/health|") >"$work/codes"
grep -q 429 "$work/codes" || fail "no limit by address"
sleep 3
get 200 /health
says 'Cross-Origin-Resource-Policy: same-origin'
code 0 ledger verify
stop
finish
