/* Values of parameters: from the text a planner writes to numbers in base units. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/call.h"
#include "model/messages.h"
#include "plan/unit.h"

enum { WORD = 64 };

gt_title gt_param_form(gt_param_kind kind)
{
    switch (kind) {
    case GT_PARAM_REAL:
        return (gt_title){"数（可带单位）", "a number, with its unit where it has one"};
    case GT_PARAM_INT:
        return (gt_title){"整数", "a whole number"};
    case GT_PARAM_BOOL:
        return (gt_title){"是或否（yes、no）", "yes or no"};
    case GT_PARAM_CHOICE:
        return (gt_title){"可选值之一", "one of the choices"};
    case GT_PARAM_REALS:
        return (gt_title){"以逗号分隔的数", "numbers parted by commas"};
    case GT_PARAM_PAIRS:
        return (gt_title){"以逗号分隔的“编码=数”", "CODE=NUMBER pairs parted by commas"};
    case GT_PARAM_TEXT:
        return (gt_title){"文字", "a text"};
    }
    return (gt_title){"", ""};
}

static const char *example_of(const gt_model_param *p, char out[WORD])
{
    static const char *const forms[] = {"", "3", "yes", "", "0.1,0.5,1", "11=0.2,12=0.35", "a+b"};
    const gt_unit *unit = p->unit == NULL ? NULL : gt_unit_find(p->unit);
    if (p->preset != NULL && *p->preset != '\0') {
        (void)snprintf(out, WORD, "%s", p->preset);
    } else if (p->kind == GT_PARAM_REAL) {
        (void)snprintf(out, WORD, "%g%s%s", p->max > p->min ? p->min : 1.0, unit != NULL ? " " : "",
                       unit != NULL ? unit->name : "");
    } else if (p->kind == GT_PARAM_CHOICE) {
        (void)snprintf(out, WORD, "%s", p->choices[0]);
    } else {
        (void)snprintf(out, WORD, "%s", forms[p->kind]);
    }
    return out;
}

static gt_status bad_form(gt_ctx *ctx, const gt_model_param *p, const char *text)
{
    char example[WORD];
    gt_title form = gt_param_form(p->kind);
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_VALUE, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("name", p->name), GT_TEXT("value", text),
                           GT_TEXT("form", form.en), GT_TEXT("form_zh", form.zh),
                           GT_TEXT("example", example_of(p, example))));
}

static gt_status in_range(gt_ctx *ctx, const gt_model_param *p, double v)
{
    bool bounded = p->min != 0 || p->max != 0;
    if (!bounded || (v >= p->min && v <= p->max)) {
        return GT_OK;
    }
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_RANGE, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("name", p->name), GT_REAL("value", v), GT_REAL("min", p->min),
                           GT_REAL("max", p->max)));
}

/* One number with or without a unit, in the parameter's base unit. A number without a unit is in
 * the base unit already; "5 %" for a share is 0.05. */
static gt_status read_number(gt_ctx *ctx, const gt_model_param *p, const char *text, double *out)
{
    const gt_unit *unit = NULL, *base = NULL;
    const char *unit_text = NULL;
    char example[WORD];
    double v = 0;
    if (gt_number_parse(text, &v)) {
        *out = v;
        return in_range(ctx, p, v);
    }
    if (!gt_quantity_parse(text, &v, &unit, &unit_text)) {
        return bad_form(ctx, p, text);
    }
    base = p->unit == NULL ? NULL : gt_unit_find(strcmp(p->unit, "1") == 0 ? "share" : p->unit);
    bool same = p->unit != NULL && unit_text != NULL && strcmp(unit_text, p->unit) == 0;
    bool alike = unit != NULL && base != NULL && unit->dimension == base->dimension &&
                 (unit->dimension != GT_DIM_NONE || unit == base);
    if (!same && !alike) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_UNIT, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", p->name), GT_TEXT("value", text),
                               GT_TEXT("unit", p->unit == NULL ? "1" : p->unit),
                               GT_TEXT("given", unit_text == NULL ? "" : unit_text),
                               GT_TEXT("example", example_of(p, example))));
    }
    *out = alike ? gt_unit_to_base(unit, v) / gt_unit_to_base(base, 1) : v;
    return in_range(ctx, p, *out);
}

static gt_status read_int(gt_ctx *ctx, const gt_model_param *p, const char *text,
                          gt_model_value *out)
{
    double v = 0;
    if (!gt_number_parse(text, &v) || v != floor(v) || fabs(v) > 9007199254740992.0) {
        return bad_form(ctx, p, text);
    }
    out->real = v;
    out->integer = (int64_t)v;
    return in_range(ctx, p, v);
}

static gt_status read_bool(gt_ctx *ctx, const gt_model_param *p, const char *text,
                           gt_model_value *out)
{
    static const char *const words[] = {"no", "yes", "false", "true", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i]) == 0) {
            out->integer = (int64_t)(i % 2);
            out->real = (double)(i % 2);
            return GT_OK;
        }
    }
    return bad_form(ctx, p, text);
}

static gt_status read_choice(gt_ctx *ctx, const gt_model_param *p, const char *text,
                             gt_model_value *out)
{
    gt_text known;
    for (size_t i = 0; p->choices[i] != NULL; i++) {
        if (strcmp(p->choices[i], text) == 0) {
            out->choice = i;
            return GT_OK;
        }
    }
    gt_text_init(&known, ctx, 0);
    for (size_t i = 0; p->choices[i] != NULL; i++) {
        gt_text_printf(&known, "%s%s", i > 0 ? ", " : "", p->choices[i]);
    }
    gt_status st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_CHOICE, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("name", p->name), GT_TEXT("value", text),
                                   GT_TEXT("known", gt_text_cstr(&known))));
    gt_text_free(&known);
    return st;
}

/* Cuts the next item of a list out of *p into item; false at the end. *fits = false when it is too
 * long or empty between two commas. */
static bool next_item(const char **p, char item[WORD], bool *fits)
{
    const char *s = *p;
    while (*s == ' ' || *s == '\n' || *s == '\t') {
        s++;
    }
    if (*s == '\0') {
        return false;
    }
    const char *end = s;
    while (*end != '\0' && *end != ',' && *end != '\n') {
        end++;
    }
    size_t len = (size_t)(end - s);
    while (len > 0 && isspace((unsigned char)s[len - 1])) {
        len--;
    }
    *fits = len > 0 && len < WORD;
    if (*fits) {
        memcpy(item, s, len);
        item[len] = '\0';
    }
    *p = *end == '\0' ? end : end + 1;
    return true;
}

static size_t count_items(const char *text)
{
    size_t n = 1;
    for (; *text != '\0'; text++) {
        n += *text == ',' || *text == '\n';
    }
    return n;
}

static gt_status too_long(gt_ctx *ctx, const gt_model_param *p)
{
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_LONG, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("name", p->name), GT_INT("most", GT_MODEL_LIST_MAX)));
}

static gt_status read_reals(gt_ctx *ctx, gt_arena *arena, const gt_model_param *p, const char *text,
                            gt_model_value *out)
{
    size_t most = count_items(text);
    char item[WORD];
    bool fits = true;
    if (most > GT_MODEL_LIST_MAX) {
        return too_long(ctx, p);
    }
    double *reals = gt_arena_alloc(arena, most, sizeof *reals);
    if (reals == NULL) {
        return GT_E_MEMORY;
    }
    out->reals = reals;
    for (const char *s = text; next_item(&s, item, &fits);) {
        if (!fits) {
            return bad_form(ctx, p, text);
        }
        gt_status st = read_number(ctx, p, item, &reals[out->n]);
        if (st != GT_OK) {
            return st;
        }
        out->n++;
    }
    return out->n > 0 ? GT_OK : bad_form(ctx, p, text);
}

static int by_code(const void *a, const void *b)
{
    const gt_model_pair *x = a, *y = b;
    return (x->code > y->code) - (x->code < y->code);
}

static gt_status read_pair(gt_ctx *ctx, const gt_model_param *p, char *item, gt_model_pair *out)
{
    double code = 0;
    char *equals = strchr(item, '=');
    if (equals == NULL) {
        return bad_form(ctx, p, item);
    }
    *equals = '\0';
    if (!gt_number_parse(item, &code) || code != floor(code) || fabs(code) > 2147483647.0) {
        *equals = '=';
        return bad_form(ctx, p, item);
    }
    out->code = (int64_t)code;
    return read_number(ctx, p, equals + 1, &out->value);
}

static gt_status read_pairs(gt_ctx *ctx, gt_arena *arena, const gt_model_param *p, const char *text,
                            gt_model_value *out)
{
    size_t most = count_items(text);
    char item[WORD];
    bool fits = true;
    if (most > GT_MODEL_LIST_MAX) {
        return too_long(ctx, p);
    }
    gt_model_pair *pairs = gt_arena_alloc(arena, most, sizeof *pairs);
    if (pairs == NULL) {
        return GT_E_MEMORY;
    }
    out->pairs = pairs;
    for (const char *s = text; next_item(&s, item, &fits);) {
        if (!fits) {
            return bad_form(ctx, p, text);
        }
        gt_status st = read_pair(ctx, p, item, &pairs[out->n]);
        if (st != GT_OK) {
            return st;
        }
        out->n++;
    }
    qsort(pairs, out->n, sizeof *pairs, by_code);
    for (size_t i = 1; i < out->n; i++) {
        if (pairs[i].code == pairs[i - 1].code) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_MODEL_TWICE_CODE, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("name", p->name), GT_INT("code", pairs[i].code)));
        }
    }
    return out->n > 0 ? GT_OK : bad_form(ctx, p, text);
}

gt_status gt_model_value_parse(gt_ctx *ctx, gt_arena *arena, const gt_model_param *param,
                               const char *text, gt_model_value *out)
{
    gt_model_value v = {.text = gt_arena_strdup(arena, text)};
    gt_status st = v.text == NULL ? GT_E_MEMORY : GT_OK;
    if (st != GT_OK) {
        return st;
    }
    switch (param->kind) {
    case GT_PARAM_REAL:
        st = read_number(ctx, param, text, &v.real);
        break;
    case GT_PARAM_INT:
        st = read_int(ctx, param, text, &v);
        break;
    case GT_PARAM_BOOL:
        st = read_bool(ctx, param, text, &v);
        break;
    case GT_PARAM_CHOICE:
        st = read_choice(ctx, param, text, &v);
        break;
    case GT_PARAM_REALS:
        st = read_reals(ctx, arena, param, text, &v);
        break;
    case GT_PARAM_PAIRS:
        st = read_pairs(ctx, arena, param, text, &v);
        break;
    case GT_PARAM_TEXT:
        st = *text == '\0' ? bad_form(ctx, param, text) : GT_OK;
        break;
    }
    if (st == GT_OK) {
        *out = v;
    }
    return st;
}
