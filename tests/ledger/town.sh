# A workspace of two districts with one ledger of restoration works and one of farmland; actors registered.
ledger_town() {
    cp -r "$GT_SOURCE_DIR/tests/check/package" "$work/package"
    cat >>"$work/package/all.yaml" <<'YAML'

- ledger: works
  title: {zh: 修复工程, en: Works}
  clauses: [TST-005]
  place: polygon
  number: "W-{year}-{n}"
  year: year
  subject: piece
  who: [officer]
  fields:
    - {name: name, type: text, required: true, length: 10, zh: 名称, en: Name}
    - {name: year, type: int, min: 2000, max: 2100, zh: 年度, en: Year}
    - {name: cost, type: real, min: 0, zh: 投资, en: Cost}
    - {name: public, type: bool, zh: 公开, en: Public}
    - {name: start, type: date, zh: 开工, en: Start}
  states:
    - {state: planned, title: {zh: 立项, en: Planned}, within_days: 30}
    - {state: running, title: {zh: 实施, en: Running}}
    - {state: done, title: {zh: 验收, en: Accepted}, final: true}
  moves:
    - {move: begin, title: {zh: 开工, en: Begin}, from: [planned], to: running, who: [officer], when: "cost > 0"}
    - {move: accept, title: {zh: 验收, en: Accept}, from: [running], to: done, who: [chief], evidence: [report], rules: [piece-farmland]}

- ledger: fields
  title: {zh: 耕地, en: Farmland}
  clauses: [TST-005]
  fields:
    - {name: area, type: real, unit: ha, min: 0, required: true, zh: 面积, en: Area}
    - {name: grade, type: int, min: 1, max: 15, zh: 等别, en: Grade}
  states:
    - {state: found, title: {zh: 待核, en: Found}}
    - {state: "in", title: {zh: 进, en: In}}
    - {state: "out", title: {zh: 出, en: Out}}
  moves:
    - {move: enter, title: {zh: 补入, en: Enter}, from: [found], to: "in"}
    - {move: leave, title: {zh: 转出, en: Leave}, from: [found], to: "out"}
  postings:
    - {on: enter, balance: farm, from: other, to: farmland, amount: area, quality: grade}
    - {on: leave, balance: farm, from: farmland, to: other, amount: area, quality: grade}
  balances:
    - {balance: farm, title: {zh: 进出平衡, en: Farmland in and out}, account: farmland, test: in_covers_out}
YAML
    . "$GT_SOURCE_DIR/tests/cli/town.sh"
    town "$work/package"
    code 0 actor add bureau --as bureau
    code 0 actor add wang --kind person --unit 西区 --as bureau
    code 0 actor grant wang --role officer --unit 西区 --as bureau
    export GUOTU_ACTOR=bureau
}
box() {
    echo "POLYGON(($((500000 + $1)) $((4430000 + $2)),$((500000 + $1 + $3)) $((4430000 + $2)),$((500000 + $1 + $3)) $((4430000 + $2 + $4)),$((500000 + $1)) $((4430000 + $2 + $4)),$((500000 + $1)) $((4430000 + $2))))"
}
