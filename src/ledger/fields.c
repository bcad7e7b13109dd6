/* Fields of a record. The JSON is canonical: declared order, empty fields left out. */
#include "ledger/fields.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "guotu/area.h"
#include "ledger/messages.h"
#include "plan/problem.h"

enum { MAX_TEXT = 64 * 1024 }; /* bytes of one value */

size_t gt_fields_index(const gt_ledger *l, const char *name)
{
    for (size_t i = 0; name != NULL && i < l->n_fields; i++) {
        if (strcmp(l->fields[i].name, name) == 0) {
            return i;
        }
    }
    return SIZE_MAX;
}

gt_status gt_fields_scan(gt_ctx *ctx, sqlite3_stmt *s, const gt_ledger *l, const char *json,
                         gt_arena *arena, gt_value *values)
{
    gt_status st = GT_OK;
    bool row = true;
    memset(values, 0, l->n_fields * sizeof *values);
    gt_bind_text(s, 1, json);
    while (st == GT_OK && row) {
        st = gt_db_step(ctx, s, &row);
        size_t i = st == GT_OK && row ? gt_fields_index(l, gt_column_text(s, 0)) : SIZE_MAX;
        if (i == SIZE_MAX) {
            continue;
        }
        int type = sqlite3_column_type(s, 1);
        gt_value *v = &values[i];
        if (type == SQLITE_INTEGER) {
            *v = (gt_value){.kind = GT_VAL_INT, .integer = sqlite3_column_int64(s, 1)};
        } else if (type == SQLITE_FLOAT) {
            *v = (gt_value){.kind = GT_VAL_REAL, .real = sqlite3_column_double(s, 1)};
        } else if (type == SQLITE_TEXT) {
            const char *text = gt_arena_strdup(arena, gt_column_text(s, 1));
            st = text == NULL ? GT_E_MEMORY : GT_OK;
            *v = text == NULL ? (gt_value){.kind = GT_NULL}
                              : (gt_value){.kind = GT_VAL_TEXT, .text = text, .len = strlen(text)};
        }
    }
    (void)sqlite3_reset(s);
    return st;
}

gt_status gt_fields_read(gt_ctx *ctx, gt_book *b, const gt_ledger *l, const char *json,
                         gt_arena *arena, gt_value *values)
{
    sqlite3_stmt *s = NULL;
    gt_status st = gt_db_prepare(ctx, b->db, "SELECT key, value FROM json_each(?1)", &s);
    st = st == GT_OK ? gt_fields_scan(ctx, s, l, json, arena, values) : st;
    (void)sqlite3_finalize(s);
    return st;
}

/* ---- from texts ------------------------------------------------------------------------------ */

static gt_status bad(gt_ctx *ctx, const gt_field *f, const char *value, const char *want,
                     const char *want_zh)
{
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_FIELD_BAD, GT_PLACE(.field = f->name),
                   GT_ARGS(GT_TEXT("value", value), GT_TEXT("field", f->name),
                           GT_TEXT("want", want), GT_TEXT("want_zh", want_zh)));
}

static size_t characters(const char *text)
{
    size_t n = 0;
    for (; *text != '\0'; text++) {
        n += ((unsigned char)*text & 0xC0U) != 0x80U;
    }
    return n;
}

static gt_status take_text(gt_ctx *ctx, const gt_field *f, const char *text, gt_arena *arena,
                           gt_value *out)
{
    size_t len = strlen(text), at = 0;
    if (len > MAX_TEXT || !gt_utf8_valid(text, len, &at)) {
        return bad(ctx, f, "...", "UTF-8 text of at most 64 KiB", "不超过 64 KiB 的 UTF-8 文本");
    }
    if (f->max_length > 0 && characters(text) > (size_t)f->max_length) {
        return bad(ctx, f, text, "a shorter text", "较短的文本");
    }
    if (f->codes != NULL && gt_codelist_find(f->codes, text) == NULL) {
        return bad(ctx, f, text, f->codes->title.en, f->codes->title.zh);
    }
    const char *copy = gt_arena_strdup(arena, text);
    if (copy == NULL) {
        return GT_E_MEMORY;
    }
    *out = (gt_value){.kind = GT_VAL_TEXT, .text = copy, .len = len};
    return GT_OK;
}

static bool in_range(const gt_field *f, double v)
{
    return (!f->has_min || v >= f->min) && (!f->has_max || v <= f->max);
}

static gt_status take_number(gt_ctx *ctx, const gt_field *f, const char *text, gt_value *out)
{
    char *end = NULL;
    errno = 0;
    if (f->type == GT_FIELD_INT) {
        long long v = strtoll(text, &end, 10);
        if (errno != 0 || end == text || *end != '\0') {
            return bad(ctx, f, text, "a whole number", "整数");
        }
        *out = (gt_value){.kind = GT_VAL_INT, .integer = v};
        return in_range(f, (double)v) ? GT_OK : bad(ctx, f, text, "in its range", "在其取值范围内");
    }
    double v = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' || !isfinite(v)) {
        return bad(ctx, f, text, "a number", "数值");
    }
    *out = (gt_value){.kind = GT_VAL_REAL, .real = v};
    return in_range(f, v) ? GT_OK : bad(ctx, f, text, "in its range", "在其取值范围内");
}

static gt_status take_bool(gt_ctx *ctx, const gt_field *f, const char *text, gt_value *out)
{
    static const char *const yes[] = {"1", "yes", "true", "是"};
    static const char *const no[] = {"0", "no", "false", "否"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
            *out = (gt_value){.kind = GT_VAL_INT, .integer = strcmp(text, yes[i]) == 0};
            return GT_OK;
        }
    }
    return bad(ctx, f, text, "yes or no", "是或否");
}

static gt_status take_one(gt_ctx *ctx, const gt_field *f, const char *text, gt_arena *arena,
                          gt_value *out)
{
    gt_date date = GT_DATE_NONE;
    if (*text == '\0') {
        *out = (gt_value){.kind = GT_NULL};
        return GT_OK;
    }
    switch (f->type) {
    case GT_FIELD_INT:
    case GT_FIELD_REAL:
        return take_number(ctx, f, text, out);
    case GT_FIELD_BOOL:
        return take_bool(ctx, f, text, out);
    case GT_FIELD_DATE:
        if (!gt_date_parse(text, &date)) {
            return bad(ctx, f, text, "a date, YYYY-MM-DD", "日期，YYYY-MM-DD");
        }
        return take_text(ctx, f, text, arena, out);
    case GT_FIELD_TEXT:
        return take_text(ctx, f, text, arena, out);
    }
    return GT_OK;
}

static gt_status no_field(gt_ctx *ctx, const gt_ledger *l, const char *name)
{
    const char *near = NULL;
    size_t distance = 0;
    for (size_t i = 0; i < l->n_fields; i++) {
        gt_nearest_try(name, l->fields[i].name, &near, &distance);
    }
    return gt_fail(ctx, GT_E_INPUT, &GT_MSG_FIELD_NONE, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("ledger", l->id), GT_TEXT("field", name),
                           GT_TEXT("near", near == NULL ? "-" : near)));
}

gt_status gt_fields_take(gt_ctx *ctx, const gt_ledger *l, const gt_field_text *texts, size_t n,
                         gt_arena *arena, gt_value *values)
{
    gt_status st = GT_OK;
    for (size_t i = 0; i < n && st == GT_OK; i++) {
        size_t at = gt_fields_index(l, texts[i].name);
        st = at == SIZE_MAX ? no_field(ctx, l, texts[i].name)
                            : take_one(ctx, &l->fields[at], texts[i].value, arena, &values[at]);
    }
    return st;
}

gt_status gt_fields_whole(gt_ctx *ctx, const gt_ledger *l, const gt_value *values)
{
    for (size_t i = 0; i < l->n_fields; i++) {
        if (l->fields[i].required && values[i].kind == GT_NULL) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_FIELD_MISSING,
                           GT_PLACE(.field = l->fields[i].name),
                           GT_ARGS(GT_TEXT("field", l->fields[i].name)));
        }
    }
    return GT_OK;
}

void gt_fields_write(const gt_ledger *l, const gt_value *values, gt_text *out)
{
    bool first = true;
    gt_text_putc(out, '{');
    for (size_t i = 0; i < l->n_fields; i++) {
        const gt_value *v = &values[i];
        if (v->kind == GT_NULL) {
            continue;
        }
        gt_text_printf(out, "%s\"%s\":", first ? "" : ",", l->fields[i].name);
        first = false;
        if (v->kind == GT_VAL_INT) {
            gt_text_printf(out, "%lld", (long long)v->integer);
        } else if (v->kind == GT_VAL_REAL) {
            gt_text_json_real(out, v->real);
        } else {
            gt_text_json_string(out, v->text);
        }
    }
    gt_text_putc(out, '}');
}

int64_t gt_fields_amount(const gt_ledger *l, const gt_value *values, size_t field, bool *ok)
{
    gt_area_unit unit = GT_M2;
    const gt_value *v = &values[field];
    const char *name = l->fields[field].unit;
    *ok = v->kind == GT_VAL_INT || v->kind == GT_VAL_REAL;
    if (!*ok || (name != NULL && !gt_area_unit_parse(name, &unit))) {
        *ok = false;
        return 0;
    }
    double m2 = gt_area_from(unit, v->kind == GT_VAL_INT ? (double)v->integer : v->real);
    *ok = m2 >= 0 && m2 <= 1e15; /* cents stay exact in 64 bits */
    return *ok ? llround(m2 * 100) : 0;
}
