#!/bin/sh
# Records, guards, evidence, tasks, rolling lists; tampering is found with its place.
. "$(dirname "$0")/../cli/lib.sh"
command -v python3 >/dev/null || { echo "SKIPPED: needs python3"; exit 77; }
. "$(dirname "$0")/town.sh"
ledger_town
code 0 ledger
says "Works"
code 0 ledger show works
says "begin(Begin): planned -> running; who: officer; when: cost > 0"
code 3 ledger list work
says "did you mean 'works'?"
# adding: typed fields, unit from the place, numbers by year
code 3 ledger add works --unit 西区
says "'name' is required"
code 3 ledger add works --set name=a
says "neither a unit"
code 3 ledger add works --set nam=a
says "did you mean 'name'?"
code 3 ledger add works --set name=abcdefghijk --unit 西区
code 3 ledger add works --set name=a --set year=1999 --unit 西区
code 3 ledger add works --set name=a --set year=soon --unit 西区
code 3 ledger add works --set name=a --set cost=-1 --unit 西区
code 3 ledger add works --set name=a --set start=2025-02-30 --unit 西区
code 3 ledger add works --set name=a --set public=maybe --unit 西区
code 2 ledger add works --set name
code 3 ledger add works --set name=a --wkt "POINT(500100 4430100)"
says "takes polygon"
code 3 ledger add works --set name=a --wkt "POLYGON((500000 4430000,500100 4430100,500100 4430000,500000 4430100,500000 4430000))"
says "not a valid outline"
code 3 ledger add works --set name=a --unit 西区 --body nobody
code 2 ledger add works --set name=a --unit 东区 --as wang
says "may not do 'add'"
code 0 ledger add works --set name=甲 --set year=2025 --wkt "$(box 100 100 100 100)" --date 2025-01-05 --as wang
says "W-2025-0001"
code 0 ledger add works --set name=乙 --set year=2025 --wkt "$(box 2500 100 100 100)" --date 2025-01-05 --generated
code 0 ledger show works W-2025-0002 --format json
python3 -c "
import json, sys
d = json.load(open(sys.argv[1]))
assert d['unit'] == '东区' and d['state'] == 'planned' and d['due'] == '2025-02-04' and d['generated'] is True
assert abs(d['area_m2'] - 10000) < 20 and d['fields'] == {'name': '乙', 'year': 2025} and len(d['events']) == 1
" "$work/out" || fail "JSON of a record"
code 3 ledger add works --id W-2025-0001 --set name=c --unit 西区
says "already"
code 3 ledger add works --id a/b --set name=c --unit 西区
# moves and their guards
code 3 ledger move works W-2025-0001 accept --date 2025-01-06
says "is in state planned"
code 3 ledger move works W-2025-0001 begin --date 2025-01-06
says "cannot be decided"
code 0 ledger set works W-2025-0001 --set cost=0 --date 2025-01-06
code 3 ledger move works W-2025-0001 begin --date 2025-01-06
says "does not hold"
code 0 ledger set works W-2025-0001 --set cost=12.5 --date 2025-01-06
code 3 ledger move works W-2025-0001 begin --date 2025-01-05
says "before it"
code 3 ledger move works W-2025-0001 begn
says "did you mean 'begin'?"
code 3 ledger move works W-2025-0001 begin --date 2025-01-06 --expect 1
says "is at version 3, not 1"
code 0 ledger move works W-2025-0001 begin --date 2025-01-06 --expect 3 --as wang
code 3 ledger move works W-2025-0001 accept --date 2025-01-07
says "needs evidence: report"
echo accepted >"$work/report.txt"
code 4 ledger attach works W-2025-0001 "$work/none.txt" --kind report --date 2025-01-07
code 0 ledger attach works W-2025-0001 "$work/report.txt" --kind report --date 2025-01-07
code 2 ledger move works W-2025-0001 accept --date 2025-01-07 --as wang
code 0 ledger move works W-2025-0001 accept --date 2025-01-07
code 3 ledger set works W-2025-0001 --set cost=1 --date 2025-01-08
says "closed"
# a rule of the package refuses: 2 ha of farmland
code 0 ledger add works --id big --set name=big --set cost=1 --set year=2025 --wkt "$(box 200 200 300 300)" --date 2025-01-05
code 0 ledger move works big begin --date 2025-01-06
code 0 ledger attach works big "$work/report.txt" --kind report --date 2025-01-07
code 3 ledger move works big accept --date 2025-01-07
says "refused by rule piece-farmland"
GUOTU_LANG=zh code 3 ledger move works big accept --date 2025-01-07
says "不允许"
# lists, tasks, rolling
code 0 ledger list works --state planned
says "1 record(s), 1 of them generated"
code 0 ledger list works --unit 东区 --format json
code 0 ledger list works --after W-2025-0001
code 0 ledger tasks --overdue 2025-03-01
says "W-2025-0002"
code 0 ledger tasks --overdue 2025-02-04
says "0 record(s)"
code 0 ledger roll works --from-year 2025 --year 2026
says "2 record(s) carried"
code 0 ledger list works --year 2025
says "W-2025-0001"
says "1 record(s)"
code 2 ledger roll fields --from-year 2025 --year 2026
code 2 ledger fly works
code 0 ledger export works --format csv -o "$work/works.csv"
[ "$(wc -l <"$work/works.csv")" -eq 4 ] || fail "export wrote $(wc -l <"$work/works.csv") lines"
code 0 ledger add fields --id F1 --unit 西区 --set area=1.5 --set grade=3 --date 2025-01-05
code 0 ledger move fields F1 enter --date 2025-01-06
code 0 ledger verify
says "intact"
# two at once: one wins, the other is told who did it
code 0 ledger add works --id race --set name=r --set cost=1 --unit 西区
for i in 1 2; do
    ("$GUOTU" -q -w "$work/w" ledger move works race begin >"$work/race$i" 2>&1; echo $? >"$work/race$i.code") &
done
wait
cases=$((cases + 1))
[ "$(cat "$work/race1.code" "$work/race2.code" | sort | tr -d '\n')" = 03 ] || fail "codes $(cat "$work"/race?.code)"
grep -q "bureau did 'begin'" "$work/race1" "$work/race2" || fail "the loser is not told who moved it"
# tampering: each change is found, with its place
if command -v sqlite3 >/dev/null; then
    tamper() {
        rm -rf "$work/w2"
        cp -r "$work/w" "$work/w2"
        sqlite3 "$work/w2/onemap.gpkg" "$1" || fail "could not tamper"
        cases=$((cases + 1))
        "$GUOTU" -q -w "$work/w2" ledger verify >"$work/out" 2>&1 && fail "not found: $1"
        says "$2"
    }
    n=$(sqlite3 "$work/w/onemap.gpkg" "SELECT seq FROM gt_ledger_event WHERE record = 'big' AND action = 'begin'")
    for column in time_ms=time_ms+1 "date='2025-01-07'" "actor='wang'" "action='x'" "from_state='x'" "to_state='x'" \
        "body='{\"x\":1}'" "record='bib'" "view_hash=zeroblob(32)" "hash=zeroblob(32)" "parent_hash=zeroblob(32)" n=77; do
        tamper "UPDATE gt_ledger_event SET $column WHERE seq = $n" "event $n"
    done
    tamper "DELETE FROM gt_ledger_event WHERE seq = $n" "event $n is missing"
    for column in version=version+1 "state='done'" closed=1 "unit='东区'" "body='x'" year=2024 "due='2031-01-01'" \
        "opened='2020-01-01'" "changed='2020-01-01'" generated=1 area=area+1 "fields='{}'" geom=NULL; do
        tamper "UPDATE gt_ledger_record SET $column WHERE id = 'big'" "record works big"
    done
    tamper "DELETE FROM gt_ledger_record WHERE id = 'big'" "record works big"
    tamper "UPDATE gt_ledger_posting SET amount = amount + 1 WHERE line = 1" "fields F1"
    tamper "DELETE FROM gt_ledger_posting WHERE line = 2" "fields F1"
    tamper "INSERT INTO gt_ledger_posting VALUES(1, 9, 'farm', 2025, 'x', 'y', 5, '')" "account lines"
else
    echo "note: no sqlite3: tampering with tables is not tried"
fi
file=$(find "$work/w/attachments" -type f | head -n 1)
rm -rf "$work/w2"; cp -r "$work/w" "$work/w2"
echo x >>"$work/w2/${file#"$work/w/"}"
cases=$((cases + 1)); "$GUOTU" -q -w "$work/w2" ledger verify >"$work/out" 2>&1 && fail "a changed attachment is not found"
says "attachment report.txt"
rm "$work/w2/${file#"$work/w/"}"
cases=$((cases + 1)); "$GUOTU" -q -w "$work/w2" ledger verify >"$work/out" 2>&1 && fail "a lost attachment is not found"
says "is missing"
# a unit that is none, or not where the place is, would drop the record out of its district's sums
code 3 ledger add works --set name=a --unit 西
says "no unit is called '西'"
code 3 ledger add works --set name=a --unit 西区区
says "did you mean '西区'?"
code 3 ledger add works --set name=a --unit 东区 --wkt "$(box 100 100 100 100)"
says "nothing of the place lies in 东区"
code 0 ledger add works --id edge --set name=edge --unit 东区 --wkt "$(box 1950 100 100 100)" --date 2025-01-05
code 3 ledger set works edge --wkt "$(box 100 100 100 100)" --date 2025-01-06
says "nothing of the place lies in 东区"
code 3 ledger set works edge --unit 火星 --date 2025-01-06
code 0 ledger set works edge --unit 西区 --date 2025-01-06
code 0 ledger add works --id all --set name=all --unit "*" --date 2025-01-05
finish
