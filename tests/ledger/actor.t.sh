#!/bin/sh
# The register of actors: who may do what, where; every change has an actor and is kept.
. "$(dirname "$0")/../cli/lib.sh"
code 0 init --package "$GT_SOURCE_DIR/tests/check/package"
code 0 actor
code 0 actor list --format json
cases=$((cases + 1)); [ "$(tr -d '[:space:]' <"$work/out")" = "[]" ] || fail "an empty register is an empty array"
# the first actor adds itself, nobody else can be first
code 2 actor add bureau --as other
says "adds itself"
code 0 actor add bureau --title 自然资源局 --title-en Bureau --as bureau
code 3 actor add bureau --as bureau
says "already"
code 0 actor add west --title 西区分局 --unit 西区 --as bureau
code 0 actor add Li --kind person --body west --unit 西区 --as bureau
code 3 actor add Wu --kind person --body nowhere --as bureau
code 3 actor add @x --as bureau
says "cannot be an id"
code 3 actor add a/b --as bureau
code 2 actor add Wu --as stranger
says "no actor stranger"
# powers: a grant in a unit; a person holds those of its body; nobody gives what he may not
code 2 actor add Wu --kind person --unit 西区 --as Li
says "may not"
code 0 actor grant west --role admin --ledger @actors --action grant --unit 西区 --as bureau
code 0 actor add Wu --kind person --unit 西区 --as Li
code 2 actor add Xu --kind person --unit 东区 --as Li
code 2 actor add Xu --kind person --as Li
code 2 actor grant Wu --role clerk --unit 东区 --as Li
code 0 actor grant Wu --role clerk --unit 西区 --as Li
code 3 actor grant Wu --role clerk --unit 西区 --as Li
says "already"
code 3 actor revoke Wu --role chief --unit 西区 --as Li
code 0 actor show Wu --format json
python3 -c "
import json, sys
d = json.load(open(sys.argv[1]))
assert d['actor'][0]['id'] == 'Wu' and d['actor'][0]['active'] is True, d
assert d['grants'] == [{'actor': 'Wu', 'role': 'clerk', 'unit': '西区', 'ledger': '*', 'action': '*'}], d
" "$work/out" || fail "JSON of an actor"
code 0 actor revoke Wu --role clerk --unit 西区 --as Li
# an ended body gives its people nothing
code 0 actor end west --reason merged --as bureau
code 2 actor grant Wu --role clerk --unit 西区 --as Li
code 3 actor end west --as bureau
code 3 actor grant west --role clerk --as bureau
code 0 actor list
says "ended"
code 3 actor show nobody
code 2 actor show
code 2 actor fly bureau
GUOTU_LANG=zh code 2 actor add Wu2 --as stranger
says "没有登记主体"
finish
