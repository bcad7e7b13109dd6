/* One value against one field: type, range, length, code, encoding. What can be read without loss
 * (numeric text as a number, a slash date) is converted and said so; the rest is a finding. */
#include "store/qc_fields.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/qc_messages.h"

#define MAX_SAFE_INTEGER 9007199254740992.0 /* 2^53: every whole double up to it is exact */

static gt_status fault(qc_value_check *out, const gt_message *message)
{
    out->message = message;
    out->value = (gt_value){.kind = GT_NULL};
    return GT_OK;
}

/* The value as a text that fits a message: short, whole characters, valid UTF-8. */
static gt_status shown(gt_ctx *ctx, gt_arena *arena, const gt_value *v, const char **text)
{
    enum { MAX_SHOWN = 60 };
    gt_text t;
    gt_text_init(&t, ctx, 256);
    if (v->kind == GT_VAL_INT) {
        gt_text_printf(&t, "%lld", (long long)v->integer);
    } else if (v->kind == GT_VAL_REAL) {
        gt_text_printf(&t, "%.15g", v->real);
    } else if (v->kind == GT_VAL_TEXT) {
        size_t n = v->len < MAX_SHOWN ? v->len : MAX_SHOWN, bad = n;
        if (!gt_utf8_valid(v->text, n, &bad)) {
            n = bad;
        }
        gt_text_add(&t, v->text, n);
        gt_text_puts(&t, n < v->len ? "..." : "");
    }
    gt_status st = gt_text_status(&t);
    *text = st == GT_OK ? gt_arena_strndup(arena, gt_text_cstr(&t), t.len) : NULL;
    gt_text_free(&t);
    return *text == NULL ? GT_E_MEMORY : GT_OK;
}

/* Fault with the value in its text. */
static gt_status fault_value(gt_ctx *ctx, gt_arena *arena, qc_value_check *out,
                             const gt_message *message, const gt_value *in)
{
    const char *text = "";
    gt_status st = shown(ctx, arena, in, &text);
    out->args[0] = (gt_arg)GT_TEXT("value", text);
    (void)fault(out, message);
    return st;
}

/* ---- blanks ---------------------------------------------------------------------------------- */

/* Length of the blank at p (space, tab, line end, ideographic space), 0 for none. */
static size_t blank_at(const char *p, size_t left)
{
    if (left > 0 && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) {
        return 1;
    }
    return left >= 3 && memcmp(p, "\xE3\x80\x80", 3) == 0 ? 3 : 0;
}

static void trim(const char **text, size_t *len)
{
    size_t b;
    while ((b = blank_at(*text, *len)) > 0) {
        *text += b;
        *len -= b;
    }
    while (*len > 0) {
        if (blank_at(*text + *len - 1, 1) == 1) {
            *len -= 1;
        } else if (*len >= 3 && blank_at(*text + *len - 3, 3) == 3) {
            *len -= 3;
        } else {
            break;
        }
    }
}

static bool is_blank(const gt_value *v)
{
    if (v->kind != GT_VAL_TEXT) {
        return v->kind == GT_NULL;
    }
    const char *t = v->text;
    size_t n = v->len;
    if (n > 0 && (unsigned char)*t > ' ' && (unsigned char)*t < 0x80) {
        return false; /* the common case */
    }
    trim(&t, &n);
    return n == 0;
}

/* ---- codes ----------------------------------------------------------------------------------- */

/* Edit distance of two short byte strings, > limit when it is more than the limit. */
static unsigned distance(const char *a, size_t na, const char *b, size_t nb, unsigned limit)
{
    enum { MAX = 48 };
    unsigned row[MAX + 1];
    if (na > MAX || nb > MAX || (na > nb ? na - nb : nb - na) > limit) {
        return limit + 1;
    }
    for (unsigned j = 0; j <= nb; j++) {
        row[j] = j;
    }
    for (unsigned i = 1; i <= na; i++) {
        unsigned corner = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= nb; j++) {
            unsigned change = corner + (a[i - 1] != b[j - 1]);
            unsigned shift = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            corner = row[j];
            row[j] = change < shift ? change : shift;
        }
    }
    return row[nb];
}

const gt_code *qc_nearest_code(const gt_codelist *list, const char *text)
{
    size_t len = strlen(text), digits = strspn(text, "0123456789");
    const gt_code *best = NULL;
    unsigned best_distance = len <= 2 ? 1 : 2; /* farther is no longer a slip */
    best_distance++;
    for (size_t i = 0; i < list->n_codes; i++) {
        const gt_code *c = &list->codes[i];
        size_t n = strlen(c->code);
        if (strcmp(c->title.zh, text) == 0 || strcasecmp(c->title.en, text) == 0 ||
            strcasecmp(c->code, text) == 0) {
            return c; /* the title was written, or the case is wrong */
        }
        bool zeros_lost = digits == len && n > len && strspn(c->code, "0") >= n - len &&
                          strcmp(c->code + (n - len), text) == 0;
        if (zeros_lost) {
            return c;
        }
        unsigned d = distance(text, len, c->code, n, best_distance - 1);
        if (d < best_distance) {
            best_distance = d;
            best = c;
        }
    }
    return best;
}

static gt_status unknown_code(gt_ctx *ctx, gt_arena *arena, const gt_field *field,
                              const gt_value *in, const char *text, bool hints, qc_value_check *out)
{
    const gt_code *near = hints ? qc_nearest_code(field->codes, text) : NULL;
    gt_status st = fault_value(ctx, arena, out, &GT_MSG_QC_UNKNOWN_CODE, in);
    out->args[1] = (gt_arg)GT_TEXT("list", field->codes->id);
    if (near != NULL) {
        out->message = &GT_MSG_QC_UNKNOWN_CODE_NEAR;
        const gt_title *title = &near->title;
        out->args[2] = (gt_arg)GT_TEXT("near", near->code);
        out->args[3] =
            (gt_arg)GT_TEXT("title", gt_ctx_lang(ctx) == GT_LANG_ZH ? title->zh : title->en);
    }
    return st;
}

/* ---- text ------------------------------------------------------------------------------------ */

static size_t characters(const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        n += ((unsigned char)text[i] & 0xC0) != 0x80;
    }
    return n;
}

/* Numbers in a text field, as codes often come from spreadsheets. */
static gt_status number_as_text(gt_arena *arena, const gt_value *in, qc_value_check *out)
{
    char digits[32];
    int n;
    if (in->kind == GT_VAL_INT) {
        n = snprintf(digits, sizeof digits, "%lld", (long long)in->integer);
    } else if (in->real == floor(in->real) && fabs(in->real) < MAX_SAFE_INTEGER) {
        n = snprintf(digits, sizeof digits, "%.0f", in->real);
    } else {
        n = snprintf(digits, sizeof digits, "%.17g", in->real);
    }
    char *copy = gt_arena_strndup(arena, digits, (size_t)n);
    if (copy == NULL) {
        return GT_E_MEMORY;
    }
    out->value = (gt_value){.kind = GT_VAL_TEXT, .text = copy, .len = (size_t)n};
    out->coerced = true;
    return GT_OK;
}

static gt_status check_text(gt_ctx *ctx, gt_arena *arena, const gt_field *field, const gt_value *in,
                            bool hints, qc_value_check *out)
{
    size_t bad = 0;
    if (in->kind != GT_VAL_TEXT) {
        gt_status st = number_as_text(arena, in, out);
        if (st != GT_OK) {
            return st;
        }
    } else if (!gt_utf8_valid(in->text, in->len, &bad) || memchr(in->text, 0, in->len) != NULL) {
        out->args[1] = (gt_arg)GT_INT("byte", bad + 1);
        return fault_value(ctx, arena, out, &GT_MSG_QC_NOT_UTF8, in);
    }
    gt_value *v = &out->value;
    if (field->codes != NULL && gt_codelist_find(field->codes, v->text) == NULL) {
        const char *text = v->text;
        size_t len = v->len;
        trim(&text, &len);
        char *copy = gt_arena_strndup(arena, text, len);
        if (copy == NULL) {
            return GT_E_MEMORY;
        }
        if (len == v->len || gt_codelist_find(field->codes, copy) == NULL) {
            return unknown_code(ctx, arena, field, in, copy, hints, out);
        }
        out->value = (gt_value){.kind = GT_VAL_TEXT, .text = copy, .len = len};
        out->coerced = true;
    }
    if (field->max_length > 0 && v->len > (size_t)field->max_length &&
        characters(v->text, v->len) > (size_t)field->max_length) {
        out->args[1] = (gt_arg)GT_INT("length", characters(v->text, v->len));
        out->args[2] = (gt_arg)GT_INT("limit", field->max_length);
        return fault_value(ctx, arena, out, &GT_MSG_QC_TOO_LONG, in);
    }
    return GT_OK;
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* Whole text a plain decimal number; the C locale's spelling whatever the process runs in. */
static bool read_number(const gt_value *in, double *number)
{
    char digits[64];
    const char *t = in->text;
    size_t n = in->len;
    trim(&t, &n);
    if (n == 0 || n >= sizeof digits || strspn(t, "0123456789+-.eE") < n) {
        return false;
    }
    memcpy(digits, t, n);
    digits[n] = '\0';
    const struct lconv *here = localeconv();
    char *dot = strchr(digits, '.');
    if (dot != NULL && here->decimal_point[0] != '.') {
        *dot = here->decimal_point[0];
    }
    char *end;
    *number = strtod(digits, &end);
    return *end == '\0' && isfinite(*number);
}

static gt_status check_number(gt_ctx *ctx, gt_arena *arena, const gt_field *field,
                              const gt_value *in, qc_value_check *out)
{
    double number = 0.0;
    bool whole = field->type == GT_FIELD_INT;
    if (in->kind == GT_VAL_INT) {
        number = (double)in->integer;
    } else if (in->kind == GT_VAL_REAL) {
        number = in->real;
        out->coerced = whole;
    } else {
        out->coerced = true;
        if (!read_number(in, &number)) {
            return fault_value(ctx, arena, out, &GT_MSG_QC_NOT_NUMBER, in);
        }
    }
    if (!isfinite(number)) {
        return fault_value(ctx, arena, out, &GT_MSG_QC_NOT_NUMBER, in);
    }
    if (whole && in->kind != GT_VAL_INT &&
        (number != floor(number) || fabs(number) >= MAX_SAFE_INTEGER)) {
        return fault_value(ctx, arena, out, &GT_MSG_QC_NOT_INTEGER, in);
    }
    if ((field->has_min && number < field->min) || (field->has_max && number > field->max)) {
        out->args[1] =
            field->has_min ? (gt_arg)GT_REAL("min", field->min) : (gt_arg)GT_TEXT("min", "-∞");
        out->args[2] =
            field->has_max ? (gt_arg)GT_REAL("max", field->max) : (gt_arg)GT_TEXT("max", "∞");
        return fault_value(ctx, arena, out, &GT_MSG_QC_OUT_OF_RANGE, in);
    }
    if (whole) {
        int64_t integer = in->kind == GT_VAL_INT ? in->integer : (int64_t)number;
        out->value = (gt_value){.kind = GT_VAL_INT, .integer = integer};
    } else {
        out->value = (gt_value){.kind = GT_VAL_REAL, .real = number};
    }
    return GT_OK;
}

static gt_status check_bool(gt_ctx *ctx, gt_arena *arena, const gt_value *in, qc_value_check *out)
{
    static const char *const words[][2] = {{"0", "1"}, {"false", "true"}, {"no", "yes"},
                                           {"n", "y"}, {"f", "t"},        {"否", "是"}};
    int found = -1;
    if (in->kind == GT_VAL_INT && (in->integer == 0 || in->integer == 1)) {
        found = (int)in->integer;
    } else if (in->kind == GT_VAL_REAL && (in->real == 0.0 || in->real == 1.0)) {
        found = in->real == 1.0;
    } else if (in->kind == GT_VAL_TEXT) {
        const char *t = in->text;
        size_t n = in->len;
        trim(&t, &n);
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
            for (int b = 0; b < 2; b++) {
                if (strlen(words[i][b]) == n && strncasecmp(words[i][b], t, n) == 0) {
                    found = b;
                }
            }
        }
    }
    if (found < 0) {
        return fault_value(ctx, arena, out, &GT_MSG_QC_NOT_BOOL, in);
    }
    out->coerced = in->kind != GT_VAL_INT;
    out->value = (gt_value){.kind = GT_VAL_INT, .integer = found};
    return GT_OK;
}

/* ---- dates ----------------------------------------------------------------------------------- */

/* Up to `most` digits at *at; false when there is none. */
static bool read_digits(const char *t, size_t n, size_t *at, size_t most, int *out)
{
    size_t from = *at;
    *out = 0;
    for (; *at < n && *at - from < most && t[*at] >= '0' && t[*at] <= '9'; ++*at) {
        *out = *out * 10 + (t[*at] - '0');
    }
    return *at > from;
}

static bool skip_word(const char *t, size_t n, size_t *at, const char *word)
{
    size_t len = strlen(word);
    bool there = n - *at >= len && memcmp(t + *at, word, len) == 0;
    *at += there ? len : 0;
    return there;
}

/* 2020-12-31, 2020/1/5, 2020.1.5, 20201231, 2020年1月5日; a time may follow. */
static bool read_date(const char *t, size_t n, char iso[GT_DATE_TEXT])
{
    static const char *const between[][3] = {
        {"-", "-", ""}, {"/", "/", ""}, {".", ".", ""}, {"年", "月", "日"}, {"", "", ""}};
    for (size_t i = 0; i < sizeof between / sizeof *between; i++) {
        size_t at = 0;
        int y, m, d;
        gt_date day;
        bool right = read_digits(t, n, &at, 4, &y) && at == 4 &&
                     skip_word(t, n, &at, between[i][0]) && read_digits(t, n, &at, 2, &m) &&
                     skip_word(t, n, &at, between[i][1]) && read_digits(t, n, &at, 2, &d) &&
                     skip_word(t, n, &at, between[i][2]);
        right = right && (at == n || t[at] == ' ' || t[at] == 'T');
        if (right && (between[i][0][0] != '\0' || at == 8)) {
            (void)snprintf(iso, GT_DATE_TEXT, "%04u-%02u-%02u", (unsigned)y % 10000U,
                           (unsigned)m % 100U, (unsigned)d % 100U);
            return gt_date_parse(iso, &day);
        }
    }
    return false;
}

static gt_status check_date(gt_ctx *ctx, gt_arena *arena, const gt_value *in, qc_value_check *out)
{
    char number[32], iso[GT_DATE_TEXT];
    const char *t = in->text;
    size_t n = in->len;
    gt_date day;
    if (in->kind == GT_VAL_TEXT && n == GT_DATE_TEXT - 1 && gt_date_parse(t, &day)) {
        return GT_OK; /* as it should be */
    }
    if (in->kind == GT_VAL_TEXT) {
        trim(&t, &n);
    } else {
        double v = in->kind == GT_VAL_INT ? (double)in->integer : in->real;
        n = (size_t)snprintf(number, sizeof number, "%.0f", fabs(v) < 1e9 ? v : 0.0);
        t = number;
    }
    if (!read_date(t, n, iso)) {
        return fault_value(ctx, arena, out, &GT_MSG_QC_BAD_DATE, in);
    }
    char *copy = gt_arena_strdup(arena, iso);
    if (copy == NULL) {
        return GT_E_MEMORY;
    }
    out->value = (gt_value){.kind = GT_VAL_TEXT, .text = copy, .len = strlen(copy)};
    out->coerced = true;
    return GT_OK;
}

/* ---- one value ------------------------------------------------------------------------------- */

gt_status qc_value(gt_ctx *ctx, gt_arena *arena, const gt_field *field, const gt_value *in,
                   bool hints, qc_value_check *out)
{
    out->value = *in;
    out->coerced = false;
    out->message = NULL;
    memset(out->args, 0, sizeof out->args);
    if (is_blank(in)) {
        out->value = (gt_value){.kind = GT_NULL};
        return field->required ? fault(out, &GT_MSG_QC_REQUIRED) : GT_OK;
    }
    switch (field->type) {
    case GT_FIELD_TEXT:
        return check_text(ctx, arena, field, in, hints, out);
    case GT_FIELD_INT:
    case GT_FIELD_REAL:
        return check_number(ctx, arena, field, in, out);
    case GT_FIELD_BOOL:
        return check_bool(ctx, arena, in, out);
    case GT_FIELD_DATE:
        return check_date(ctx, arena, in, out);
    }
    return GT_OK;
}

/* Multiply and fold eight bytes at a time (the mixer of splitmix64 at the end). */
uint64_t qc_text_hash(const char *text, size_t len)
{
    uint64_t h = 0x9E3779B97F4A7C15ULL ^ (len * 0xD6E8FEB86659FD93ULL);
    for (size_t i = 0; i < len; i += 8) {
        uint64_t word = 0;
        memcpy(&word, text + i, len - i < 8 ? len - i : 8);
        h = (h ^ word) * 0xBF58476D1CE4E5B9ULL;
        h ^= h >> 29;
    }
    h = (h ^ (h >> 30)) * 0x94D049BB133111EBULL;
    return h ^ (h >> 31);
}
