/* Templates of rules: "takes {basic_m2|ha} of basic farmland" with the numbers put in. */
#include <math.h>
#include <string.h>

#include "check/verdict.h"

static bool is_unit(const char *unit, size_t len, const char *name)
{
    return strlen(name) == len && memcmp(unit, name, len) == 0;
}

/* A number for people: areas with the decimals their unit deserves. */
static void put_number(gt_text *out, double v, const char *unit, size_t len, gt_lang lang)
{
    static const struct {
        const char *name;
        gt_area_unit unit;
        int decimals;
    } areas[] = {{"m2", GT_M2, 0},
                 {"mu", GT_MU, 2},
                 {"ha", GT_HA, 4},
                 {"km2", GT_KM2, 4},
                 {"wan_mu", GT_WAN_MU, 4}};
    for (size_t i = 0; i < sizeof areas / sizeof *areas; i++) {
        if (is_unit(unit, len, areas[i].name)) {
            gt_text_printf(out, "%.*f %s", areas[i].decimals, gt_area_to(areas[i].unit, v),
                           gt_area_unit_name(areas[i].unit, lang));
            return;
        }
    }
    if (is_unit(unit, len, "%")) {
        gt_text_printf(out, "%.2f %%", 100 * v);
    } else if (is_unit(unit, len, "m")) {
        gt_text_printf(out, lang == GT_LANG_ZH ? "%.1f 米" : "%.1f m", v);
    } else if (is_unit(unit, len, "km")) {
        gt_text_printf(out, lang == GT_LANG_ZH ? "%.3f 公里" : "%.3f km", v / 1000);
    } else {
        gt_text_printf(out, "%.10g", v);
    }
}

static void put_value(gt_text *out, const gt_name *name, const gt_value *v, const char *unit,
                      size_t len, gt_lang lang)
{
    switch (v->kind) {
    case GT_NULL:
        gt_text_puts(out, lang == GT_LANG_ZH ? "未知" : "unknown");
        break;
    case GT_VAL_TEXT: {
        const gt_codelist *codes = name->field != NULL ? name->field->codes : NULL;
        const gt_code *code = codes != NULL ? gt_codelist_find(codes, v->text) : NULL;
        gt_text_puts(out, code == NULL         ? v->text
                          : lang == GT_LANG_ZH ? code->title.zh
                                               : code->title.en);
        break;
    }
    case GT_VAL_INT:
        put_number(out, (double)v->integer, unit, len, lang);
        break;
    case GT_VAL_REAL:
        put_number(out, v->real, unit, len, lang);
        break;
    }
}

static void put_hole(gt_text *out, const gt_rule *rule, const gt_value *values, const char *hole,
                     size_t len, gt_lang lang)
{
    const char *bar = memchr(hole, '|', len);
    size_t n = bar == NULL ? len : (size_t)(bar - hole);
    for (size_t i = 0; i < rule->n_names; i++) {
        if (strlen(rule->names[i].name) == n && memcmp(rule->names[i].name, hole, n) == 0) {
            const char *unit = bar == NULL ? "" : bar + 1;
            put_value(out, &rule->names[i], &values[i], unit, bar == NULL ? 0 : len - n - 1, lang);
            return;
        }
    }
    gt_text_add(out, hole, len); /* the package reader refuses unknown names */
}

gt_status gt_fill_template(gt_ctx *ctx, const gt_rule *rule, const gt_value *values,
                           const char *template, gt_lang lang, gt_arena *arena, const char **out)
{
    gt_text text;
    gt_text_init(&text, ctx, 0);
    for (const char *p = template; *p != '\0';) {
        const char *open = strchr(p, '{');
        const char *close = open == NULL ? NULL : strchr(open, '}');
        if (close == NULL) {
            gt_text_puts(&text, p);
            break;
        }
        gt_text_add(&text, p, (size_t)(open - p));
        put_hole(&text, rule, values, open + 1, (size_t)(close - open - 1), lang);
        p = close + 1;
    }
    gt_status st = gt_text_status(&text);
    if (st == GT_OK) {
        *out = gt_arena_strdup(arena, gt_text_cstr(&text));
        st = *out == NULL ? GT_E_MEMORY : GT_OK;
    }
    gt_text_free(&text);
    return st;
}
