# The town of ledgers with a figure to watch, half of its field given up in 2024; fields are a coverage.
watched_town() {
    cp() {
        command cp "$@"
        sed -i 's/^  theme: farm$/  theme: farm\n  qc: {no_overlap: true}\n  area_field: m2/
            s/^    - {name: grade, type: int, zh: 等别, en: Grade}$/&\n    - {name: m2, type: real, unit: m2, zh: 面积, en: Area}/' "$work/package/all.yaml"
        cat >>"$work/package/all.yaml" <<'YAML'

- indicator: basic-area
  title: {zh: 基本农田面积, en: Basic farmland}
  clauses: [TST-001]
  unit: ha
  account: [basic_farmland]
  count: basic_farmland IS NOT NULL
  targets:
    - {year: 2025, must: ">=", value: 40, clause: TST-001}
YAML
        cat "$GT_SOURCE_DIR/tests/serve/said.yaml" >>"$work/package/all.yaml"
    }
    ledger_town
    unset -f cp
    sed 's/501100/500600/g' "$work/farm.geojson" >"$work/half.geojson"
    code 0 load basic_farmland "$work/half.geojson" --as-of 2024-01-01
    code 0 ledger add works --set name=甲 --set year=2025 --set cost=5 --wkt "$(box 100 100 200 200)" --date 2025-01-05
    code 0 ledger add works --set name=乙 --set year=2025 --set cost=5 --wkt "$(box 2500 100 100 100)" --date 2025-01-05
    code 0 ledger add fields --unit 西区 --set area=2 --set grade=9 --date 2025-02-01
    code 0 ledger move fields 2025-0001 leave --date 2025-03-01
    code 0 actor add public --as bureau
    for action in add attach read; do
        code 0 actor grant public --role resident --ledger said --action $action --as bureau
    done
}
