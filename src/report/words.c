#include "report/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/messages.h"

static const gt_title words[GT_WORD_COUNT] = {
    [GT_WORD_LEGEND] = {"图例", "Legend"},
    [GT_WORD_SHARE] = {"占比", "Share"},
    [GT_WORD_OTHER] = {"其他", "Other"},
    [GT_WORD_MORE_CLASSES] = {"其余 %d 类", "%d more classes"},
    [GT_WORD_GENERATED] = {"生成数据，非调查成果", "Generated data, not a survey result"},
    [GT_WORD_GENERATED_TAG] = {"（生成）", " (generated)"},
    [GT_WORD_EMPTY] = {"本图范围内没有要素", "No features in this extent"},
    [GT_WORD_NORTH] = {"北", "N"},
    [GT_WORD_LOCATOR] = {"位置示意", "Location"},
    [GT_WORD_VERDICT] = {"规划符合性审查图", "Conformity check"},
    [GT_WORD_PASS] = {"符合", "Conforms"},
    [GT_WORD_FAIL] = {"不符合", "Does not conform"},
    [GT_WORD_UNDECIDABLE] = {"无法判定", "Undecidable"},
    [GT_WORD_DENY] = {"禁止", "Denied"},
    [GT_WORD_CONDITION] = {"附条件", "Condition"},
    [GT_WORD_DUTY] = {"应履行义务", "Duty"},
    [GT_WORD_NOTE] = {"提示", "Note"},
    [GT_WORD_RULE] = {"规则与条款", "Rule and clauses"},
    [GT_WORD_RESULT] = {"结论", "Result"},
    [GT_WORD_OVERLAP] = {"重叠面积", "Overlap"},
    [GT_WORD_EFFECT] = {"效力", "Effect"},
    [GT_WORD_COMPLY] = {"理由与符合途径", "Reason and way to comply"},
    [GT_WORD_AREA] = {"面积", "area"},
    [GT_WORD_SUBJECT] = {"审查对象", "Subject"},
    [GT_WORD_LEFT_OUT] = {"另有 %d 项未列出，请查看 PDF", "%d more findings: see the PDF"},
    [GT_WORD_NO_FINDINGS] = {"没有需要说明的事项", "Nothing to report"},
    [GT_WORD_CLAUSES] = {"所依据的条款", "Clauses cited"},
    [GT_WORD_MORE_LAYERS] = {"，另有 %d 个图层", ", and %d more"},
    [GT_WORD_HA] = {"公顷", "ha"},
    [GT_WORD_MU] = {"亩", "mu"},
};

static const char *pick(gt_title title, gt_lang lang)
{
    switch (lang) {
    case GT_LANG_EN:
        return title.en;
    case GT_LANG_ZH:
        return title.zh;
    }
    return NULL;
}

const char *gt_word_of(gt_word word, gt_lang lang)
{
    return pick(words[word], lang);
}

void gt_word_count(gt_word word, gt_lang lang, size_t n, char *out, size_t room)
{
    const char *text = gt_word_of(word, lang);
    const char *mark = strstr(text, "%d");
    int before = mark == NULL ? (int)strlen(text) : (int)(mark - text);
    (void)snprintf(out, room, "%.*s%zu%s", before, text, n, mark == NULL ? "" : mark + 2);
}

const char *gt_title_in(gt_title title, gt_lang lang)
{
    const char *first = pick(title, lang);
    if (first != NULL && first[0] != '\0') {
        return first;
    }
    const char *second = pick(title, lang == GT_LANG_EN ? GT_LANG_ZH : GT_LANG_EN);
    return second == NULL ? "" : second;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
    return at == NULL ? -1 : (int)(at - digits);
}

gt_rgb gt_rgb_of(unsigned hex)
{
    return (gt_rgb){((hex >> 16) & 0xFFU) / 255.0, ((hex >> 8) & 0xFFU) / 255.0,
                    (hex & 0xFFU) / 255.0};
}

gt_rgb gt_rgb_mix(gt_rgb a, gt_rgb b, double t)
{
    return (gt_rgb){a.r + t * (b.r - a.r), a.g + t * (b.g - a.g), a.b + t * (b.b - a.b)};
}

gt_status gt_rgb_parse(gt_ctx *ctx, const char *text, gt_rgb otherwise, const char *layer,
                       gt_rgb *out)
{
    if (text == NULL) {
        *out = otherwise;
        return GT_OK;
    }
    unsigned hex = 0;
    bool good = text[0] == '#' && strlen(text) == 7;
    for (int i = 1; good && i < 7; i++) {
        int digit = hex_digit(text[i]);
        good = digit >= 0;
        hex = hex << 4 | (unsigned)digit;
    }
    if (!good) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_MAP_BAD_COLOR, GT_PLACE(.layer = layer),
                       GT_ARGS(GT_TEXT("color", text)));
    }
    *out = gt_rgb_of(hex);
    return GT_OK;
}

void gt_number_format(double value, int digits, char out[GT_NUMBER_TEXT])
{
    char plain[GT_NUMBER_TEXT];
    if (!isfinite(value) || fabs(value) >= 1e15) {
        (void)snprintf(out, GT_NUMBER_TEXT, "%s", isfinite(value) ? "> 1e15" : "-");
        return;
    }
    int len = snprintf(plain, sizeof plain, "%.*f",
                       digits < 0   ? 0
                       : digits > 9 ? 9
                                    : digits,
                       value);
    int whole = (int)strcspn(plain, ".");
    int n = 0;
    for (int i = 0; i < len; i++) {
        bool first = i == 0 || plain[i - 1] == '-';
        if (i < whole && !first && plain[i] != '-' && (whole - i) % 3 == 0) {
            out[n++] = ',';
        }
        out[n++] = plain[i];
    }
    out[n] = '\0';
}

void gt_number_short(double value, char out[GT_NUMBER_TEXT])
{
    double size = fabs(value);
    if (size > 0 && size < 0.005) {
        (void)snprintf(out, GT_NUMBER_TEXT, "<0.01");
        return;
    }
    gt_number_format(value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2, out);
}

void gt_share_format(double share, char out[GT_NUMBER_TEXT])
{
    double percent = share * 100;
    if (percent > 0 && percent < 0.05) {
        (void)snprintf(out, GT_NUMBER_TEXT, "<0.1%%");
        return;
    }
    gt_number_format(percent, 1, out);
    if (isfinite(percent)) {
        (void)strncat(out, "%", GT_NUMBER_TEXT - strlen(out) - 1);
    }
}

double gt_round_below(double value)
{
    double power = pow(10, floor(log10(value)));
    double lead = value / power * (1 + 1e-12);
    return power * (lead >= 5 ? 5 : lead >= 2 ? 2 : 1);
}
