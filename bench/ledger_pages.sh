#!/bin/sh
# List pages of a ledger with many events: the goal is under 50 ms a page, start of the program included.
#   bench/ledger_pages.sh [EVENTS] [BUILD]     default 1000000, build/release
# The books are filled by SQL (the chain is not measured here). Prints the best and the worst of 5 and the
# least time on the processor, ms, for each page; the last figure is the one to read while others use the machine.
set -eu
n=${1:-1000000} build=${2:-build/release}
cd "$(dirname "$0")/.."
program=$(find "$build" -maxdepth 2 -name guotu -type f -perm -u+x | head -n 1)
[ -n "$program" ] || { echo "build $build first"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$program" -q -w "$work/w" init --package plans/beijing >/dev/null
"$program" -q -w "$work/w" actor add bureau --as bureau >/dev/null
sqlite3 "$work/w/onemap.gpkg" "
PRAGMA synchronous=OFF;
CREATE TEMP TABLE u(i INTEGER PRIMARY KEY, name TEXT);
INSERT INTO u VALUES(0,'房山区'),(1,'大兴区'),(2,'通州区'),(3,'顺义区'),(4,'昌平区'),(5,'平谷区'),(6,'怀柔区'),(7,'密云区'),(8,'延庆区');
WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < $n / 4)
INSERT INTO gt_ledger_record SELECT 'reduction', printf('JL-%07d', i), 4,
  CASE WHEN i % 1000 = 0 THEN 'planned' WHEN i % 10 = 0 THEN 'vacated' ELSE 'appraised' END, i % 10 <> 0,
  (SELECT name FROM u WHERE u.i = c.i % 9), 'bureau', 2017 + i % 9,
  CASE WHEN i % 10 = 0 THEN '2025-06-30' END, '2025-01-01', '2025-01-02', 1, 1000000,
  '{\"year\":2020,\"path\":\"illegal\",\"new_use\":\"green\"}', NULL FROM c;
WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i + 1 < $n)
INSERT INTO gt_ledger_event SELECT i + 1000, 'reduction', printf('JL-%07d', i / 4), i % 4 + 1, 0, '2025-01-01',
  'bureau', 'set', '', 'planned', '{}', '[]', zeroblob(32), zeroblob(32), zeroblob(32) FROM c;
INSERT OR REPLACE INTO gt_ledger_count SELECT ledger, state, year, closed, generated, count(*) FROM gt_ledger_record
  GROUP BY 1, 2, 3, 4, 5;"
echo "load before: $(cut -d' ' -f1-3 /proc/loadavg); $n events, $((n / 4)) records"
last=$(printf 'JL-%07d' $((n / 4 - 200)))
page() {
    python3 - "$program" -q -w "$work/w" "$@" <<'PY'
import resource, subprocess, sys, time
def used():
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.ru_utime + r.ru_stime
best, worst, cpu = 1e9, 0, 1e9
for _ in range(5):
    c, t = used(), time.perf_counter()
    subprocess.run(sys.argv[1:], check=True, capture_output=True)
    d = 1e3 * (time.perf_counter() - t)
    best, worst, cpu = min(best, d), max(worst, d), min(cpu, 1e3 * (used() - c))
print(f"{best:7.1f} {worst:7.1f} {cpu:7.1f}  {' '.join(sys.argv[5:])}")
PY
}
page ledger
page ledger list reduction
page ledger list reduction --after "$last"
page ledger list reduction --state planned
page ledger list reduction --unit 延庆区 --after "$last"
page ledger list reduction --unit 延庆区 --state planned
page ledger list reduction --year 2025 --state planned
page ledger list reduction --year 2025 --state planned --after "$last"
page ledger list reduction --year 2025 --unit 延庆区 --after "$last"
page ledger list reduction --year 2025 --unit 延庆区 --state planned
page ledger list reduction --year 2025 --unit 延庆区 --state planned --open
page ledger list reduction --open --year 2020
page ledger list reduction --open --unit 延庆区
page ledger list reduction --open --state vacated --after "$last"
page ledger list reduction --overdue 2026-01-01
page ledger list reduction --overdue 2026-01-01 --unit 延庆区
page ledger tasks
page ledger tasks --overdue 2026-01-01
page ledger show reduction JL-0001000
echo "load after: $(cut -d' ' -f1-3 /proc/loadavg)"
