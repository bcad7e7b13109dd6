/* Facts of a subject, read from "name=value" by the declaration of its kind. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check/messages.h"
#include "guotu/check.h"

static gt_status unknown_fact(gt_ctx *ctx, const gt_subject_kind *kind, const char *name)
{
    gt_text known;
    gt_text_init(&known, ctx, 4096);
    const char *near = kind->n_fields > 0 ? kind->fields[0].name : "";
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < kind->n_fields; i++) {
        const char *f = kind->fields[i].name;
        gt_text_printf(&known, "%s%s", i > 0 ? ", " : "", f);
        size_t shared = 0;
        while (f[shared] != '\0' && f[shared] == name[shared]) {
            shared++;
        }
        size_t distance = strlen(f) + strlen(name) - 2 * shared;
        if (distance < best) {
            best = distance;
            near = f;
        }
    }
    gt_status st = gt_fail(ctx, GT_E_USAGE, &GT_MSG_FACT_NAME, GT_NOWHERE,
                           GT_ARGS(GT_TEXT("kind", kind->id), GT_TEXT("name", name),
                                   GT_TEXT("near", near), GT_TEXT("known", gt_text_cstr(&known))));
    gt_text_free(&known);
    return st;
}

static gt_status bad_value(gt_ctx *ctx, const gt_field *field, const char *value)
{
    static const char *const types[] = {"", "text", "integer", "number", "boolean", "date"};
    static const char *const examples[] = {"", "abc", "12", "3.5", "yes / no", "2026-01-31"};
    return gt_fail(ctx, GT_E_USAGE, &GT_MSG_FACT_VALUE, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("value", value), GT_TEXT("type", types[field->type]),
                           GT_TEXT("name", field->name),
                           GT_TEXT("example", examples[field->type])));
}

static gt_status check_code(gt_ctx *ctx, const gt_field *field, const char *value)
{
    if (field->codes == NULL || gt_codelist_find(field->codes, value) != NULL) {
        return GT_OK;
    }
    gt_text known;
    gt_text_init(&known, ctx, 4096);
    for (size_t i = 0; i < field->codes->n_codes && i < 12; i++) {
        gt_text_printf(&known, "%s%s", i > 0 ? ", " : "", field->codes->codes[i].code);
    }
    gt_status st =
        gt_fail(ctx, GT_E_USAGE, &GT_MSG_FACT_CODE, GT_NOWHERE,
                GT_ARGS(GT_TEXT("value", value), GT_TEXT("list", field->codes->id),
                        GT_TEXT("name", field->name), GT_TEXT("known", gt_text_cstr(&known))));
    gt_text_free(&known);
    return st;
}

static bool parse_bool(const char *value, gt_value *out)
{
    bool yes = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0 || strcmp(value, "1") == 0 ||
               strcmp(value, "是") == 0;
    bool no = strcmp(value, "no") == 0 || strcmp(value, "false") == 0 || strcmp(value, "0") == 0 ||
              strcmp(value, "否") == 0;
    *out = (gt_value){.kind = GT_VAL_INT, .integer = yes ? 1 : 0};
    return yes || no;
}

/* value is NUL-terminated and lives as long as the fact. */
static gt_status typed(gt_ctx *ctx, const gt_field *field, const char *value, gt_value *out)
{
    char *end = NULL;
    gt_date date = GT_DATE_NONE;
    errno = 0;
    if (*value == '\0') {
        return bad_value(ctx, field, value);
    }
    if (strcmp(value, "?") == 0) {
        *out = (gt_value){.kind = GT_NULL}; /* said to be unknown */
        return GT_OK;
    }
    *out = (gt_value){.kind = GT_VAL_TEXT, .text = value, .len = strlen(value)};
    switch (field->type) {
    case GT_FIELD_TEXT:
        return check_code(ctx, field, value);
    case GT_FIELD_INT:
        *out = (gt_value){.kind = GT_VAL_INT, .integer = strtoll(value, &end, 10)};
        break;
    case GT_FIELD_REAL:
        *out = (gt_value){.kind = GT_VAL_REAL, .real = strtod(value, &end)};
        break;
    case GT_FIELD_BOOL:
        return parse_bool(value, out) ? GT_OK : bad_value(ctx, field, value);
    case GT_FIELD_DATE:
        return gt_date_parse(value, &date) ? GT_OK : bad_value(ctx, field, value);
    }
    return end == NULL || *end != '\0' || errno != 0 ? bad_value(ctx, field, value) : GT_OK;
}

gt_status gt_fact_parse(gt_ctx *ctx, const gt_package *package, const char *kind, const char *text,
                        gt_arena *arena, gt_fact *out)
{
    const char *equals = strchr(text, '=');
    const gt_subject_kind *k = gt_package_find_subject_kind(package, kind);
    if (equals == NULL || equals == text || k == NULL) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_FACT_FORM, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("text", text)));
    }
    char *name = gt_arena_strndup(arena, text, (size_t)(equals - text));
    char *value = gt_arena_strdup(arena, equals + 1);
    if (name == NULL || value == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < k->n_fields; i++) {
        if (strcmp(k->fields[i].name, name) == 0) {
            out->name = name;
            return typed(ctx, &k->fields[i], value, &out->value);
        }
    }
    return unknown_fact(ctx, k, name);
}
