#!/bin/sh
# Double entry: what goes in and out by unit and year; a row that disagrees is named.
. "$(dirname "$0")/../cli/lib.sh"
command -v python3 >/dev/null || { echo "SKIPPED: needs python3"; exit 77; }
. "$(dirname "$0")/town.sh"
ledger_town
code 0 balance
says "farm"
code 3 balance fram --year 2025
says "did you mean 'farm'?"
code 0 balance farm --year 2025
says "closes"
# in: 10 + 2.5 ha west, out: 12.5 ha west; east out 1 ha in 2026
for r in "F1 西区 10 2024-05-01 enter" "F2 西区 2.5 2025-05-01 enter" "F3 西区 2.5 2025-06-01 leave" "F4 东区 1 2026-02-01 leave"; do
    set -- $r
    code 0 ledger add fields --id "$1" --unit "$2" --set "area=$3" --set grade=4 --date "$4"
    code 0 ledger move fields "$1" "$5" --date "$4"
done
code 0 balance farm --year 2025 --format json
python3 -c "
import json, sys
d = json.load(open(sys.argv[1]))
assert d['closes'] and d['met'] and d['lines'] == [{'unit': '西区', 'opening_m2': 100000.0, 'in_m2': 25000.0,
    'out_m2': 25000.0, 'closing_m2': 100000.0, 'rows': 2}], d
assert d['total']['closing_m2'] == 100000.0 and d['faults'] == []
" "$work/out" || fail "figures of 2025"
# equal in and out is met, by the square metre; less is not
code 1 balance farm --year 2026
says "not met 东区: in against out"
says "outflow: fields F4 (东区) -10000 m2"
code 1 balance farm --year 2026 --format json
says '{"of":"outflow","ledger":"fields","record":"F4","unit":"东区","amount":-10000}'
code 0 ledger add fields --id F5 --unit 东区 --set area=0.9999 --date 2026-02-02
code 0 ledger move fields F5 enter --date 2026-02-02
code 1 balance farm --year 2026
code 0 ledger add fields --id F6 --unit 东区 --set area=0.0001 --date 2026-02-03
code 0 ledger move fields F6 enter --date 2026-02-03
code 0 balance farm --year 2026
code 3 ledger move fields F6 leave --date 2026-02-04
# a record changed after it was posted: the account does not close and the row is named
code 0 ledger set fields F2 --set area=3 --date 2025-07-01
code 3 balance farm --year 2025
says "does not close: 1 row(s)"
says "fields F2 (西区): posted 25000.00 m2, found 30000.00 m2"
code 3 balance farm --year 2025 --format json
says '"kind":"amount","ledger":"fields","record":"F2"'
code 0 ledger set fields F2 --set area=2.5 --date 2025-07-02
code 0 balance farm --year 2025
if command -v sqlite3 >/dev/null; then
    sqlite3 "$work/w/onemap.gpkg" "UPDATE gt_ledger_posting SET amount = amount + 100 WHERE line = 2 AND year = 2025 AND amount = 25000 * 100 AND account = 'other'"
    code 3 balance farm --year 2025
    says "do not sum to 0"
    says "fields F3"
fi
code 2 balance farm --year soon
finish
