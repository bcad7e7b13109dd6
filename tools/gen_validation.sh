#!/bin/sh
# Writes docs/reference/validation.md and validation.zh.md from docs/reference/validation.tsv.
#   tools/gen_validation.sh [OUT-FOLDER]     default: docs/reference
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
out=${1:-$root/docs/reference}
page() { # COLUMN-OF-THE-TEXT PART-OF-THE-REASON TITLE INTRO HEAD NOT-TITLE NOT-HEAD
    awk -F '\t' -v text="$1" -v part="$2" -v title="$3" -v intro="$4" -v head="$5" -v rest="$6" -v rest_head="$7" '
        function tests(list, n, i, t, all) {
            n = split(list, t, " ")
            for (i = 1; i <= n; i++) { sub(/^tests\//, "", t[i]); all = all (i > 1 ? ", " : "") "`" t[i] "`" }
            return all
        }
        BEGIN { print "# " title "\n\n" intro "\n\n" head; gsub(/[^|]+/, " --- ", head); print head }
        /^#/ { next }
        $7 == "-" { split($5, why, "|"); none = none "| " $1 " | " $text " | " why[part] " | " $6 " |\n"; next }
        { print "| " $1 " | " $text " | " $4 " | " $5 " | " $6 " | " tests($7) " |" }
        END {
            print "\n## " rest "\n\n" rest_head
            gsub(/[^|]+/, " --- ", rest_head)
            print rest_head
            printf "%s", none
        }' "$root/docs/reference/validation.tsv"
}
page 3 2 "What the models are checked against" \
    "Each line is a value that a test asserts (TH terrain and water, ES services, SU suitability, CO connectivity, HZ hazards and climate, AC access): what, the value, the tolerance, where the value comes from, and the test under \`tests/\` (file:case). The page is made from \`validation.tsv\`; a test fails when a test that is named here is gone." \
    "| group | what | value | tolerance | source | test |" "Not checked" "| group | what | why | source |" >"$out/validation.md"
page 2 1 "模型的校验依据" \
    "每行为一个由测试断言的数值（TH 地形与水文，ES 生态系统服务，SU 适宜性，CO 连通性，HZ 灾害与气候，AC 可达性）：对象、数值、容差、出处，以及 \`tests/\` 下的测试（文件:用例）。本页由 \`validation.tsv\` 生成；所列测试若不存在，测试即告失败。" \
    "| 类别 | 对象 | 数值 | 容差 | 出处 | 测试 |" "未校验" "| 类别 | 对象 | 原因 | 出处 |" >"$out/validation.zh.md"
