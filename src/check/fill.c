/* Templates of rules: "takes {basic_m2|ha} ha of basic farmland" with the numbers put in.
 *
 * A hole is {name}, {name|unit}, {:parameter} or {:parameter|unit}; it is replaced by the number
 * alone, converted from m2, m or a share of 1 to the unit; the words around it name the unit. */
#include <math.h>
#include <string.h>

#include "check/verdict.h"

static const struct {
    const char *name;
    double base; /* m2, m or 1 in one of this unit */
    int decimals;
} UNITS[] = {{"m2", 1, 1},
             {"mu", 10000.0 / 15.0, 2},
             {"ha", 1e4, 4},
             {"km2", 1e6, 4},
             {"wan_mu", 1e8 / 15.0, 4},
             {"m", 1, 1},
             {"km", 1e3, 3},
             {"%", 0.01, 2}};

static void put_number(gt_text *out, double v, const char *unit, size_t len)
{
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++) {
        if (strlen(UNITS[i].name) == len && memcmp(unit, UNITS[i].name, len) == 0) {
            gt_text_printf(out, "%.*f", UNITS[i].decimals, v / UNITS[i].base);
            return;
        }
    }
    gt_text_printf(out, "%.10g", v);
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
        const char *shown = v->text;
        if (code != NULL) {
            shown = lang == GT_LANG_ZH ? code->title.zh : code->title.en;
        }
        gt_text_puts(out, shown);
        break;
    }
    case GT_VAL_INT:
        put_number(out, (double)v->integer, unit, len);
        break;
    case GT_VAL_REAL:
        put_number(out, v->real, unit, len);
        break;
    }
}

/* The package reader refuses names and parameters that do not exist, so a miss cannot happen. */
static void put_hole(gt_text *out, const gt_template *t, const char *hole, size_t len, gt_lang lang)
{
    const char *bar = memchr(hole, '|', len);
    size_t n = bar == NULL ? len : (size_t)(bar - hole);
    const char *unit = bar == NULL ? "" : bar + 1;
    size_t unit_len = bar == NULL ? 0 : len - n - 1;
    if (*hole == ':') {
        for (size_t i = 0; i < gt_package_n_parameters(t->package); i++) {
            const gt_parameter *p = gt_package_parameter(t->package, i);
            if (strlen(p->id) == n - 1 && memcmp(p->id, hole + 1, n - 1) == 0) {
                put_number(out, unit_len > 0 ? p->base : p->value, unit, unit_len);
            }
        }
        return;
    }
    for (size_t i = 0; i < t->rule->n_names; i++) {
        const gt_name *name = &t->rule->names[i];
        if (strlen(name->name) == n && memcmp(name->name, hole, n) == 0) {
            put_value(out, name, &t->values[i], unit, unit_len, lang);
        }
    }
}

gt_status gt_fill_template(gt_ctx *ctx, const gt_template *t, const char *template, gt_lang lang,
                           gt_arena *arena, const char **out)
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
        put_hole(&text, t, open + 1, (size_t)(close - open - 1), lang);
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
