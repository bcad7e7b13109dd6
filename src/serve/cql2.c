/* CQL2 text: recursive descent, one token ahead, depth bounded. */
#include "serve/cql2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "serve/messages.h"

typedef enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* keyword or name */
    TOKEN_QUOTED, /* "name" */
    TOKEN_TEXT,
    TOKEN_NUMBER,
    TOKEN_SIGN /* operators, brackets, comma */
} token_kind;

typedef struct reader {
    gt_ctx *ctx;
    gt_filter *filter;
    const char *text, *at;
    token_kind kind;
    const char *word; /* decoded, of the arena */
    size_t from;      /* where the token begins */
    double number;
    int depth;
} reader;

static gt_status fault(const reader *r, const char *en, const char *zh)
{
    return gt_fail(
        r->ctx, GT_E_INPUT, &GT_MSG_CQL2_SYNTAX, GT_NOWHERE,
        GT_ARGS(GT_INT("at", r->from + 1), GT_TEXT("reason", en), GT_TEXT("reason_zh", zh)));
}

static gt_status too_much(const reader *r)
{
    return gt_fail(r->ctx, GT_E_LIMIT, &GT_MSG_CQL2_LIMIT, GT_NOWHERE, GT_NO_ARGS);
}

/* ---- tokens -----------------------------------------------------------------------------------
 */

static bool starts_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           ((unsigned char)c & 0x80U) != 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* 'it''s', "a name"; a quote is doubled. */
static gt_status next_quoted(reader *r, char quote)
{
    char *text = gt_arena_alloc(r->filter->arena, strlen(r->at) + 1, 1);
    size_t n = 0;
    if (text == NULL) {
        return GT_E_MEMORY;
    }
    for (r->at++;; r->at++) {
        if (*r->at == '\0') {
            return fault(r, "a quote is not closed", "引号没有闭合");
        }
        if (*r->at == quote && r->at[1] == quote) {
            r->at++;
        } else if (*r->at == quote) {
            break;
        }
        text[n++] = *r->at;
    }
    r->at++;
    text[n] = '\0';
    r->word = text;
    r->kind = quote == '"' ? TOKEN_QUOTED : TOKEN_TEXT;
    return GT_OK;
}

static gt_status next_number(reader *r)
{
    char *end = NULL;
    char digits[64];
    size_t len = strspn(r->at, "+-.0123456789eE");
    if (len >= sizeof digits) {
        return too_much(r);
    }
    memcpy(digits, r->at, len);
    digits[len] = '\0';
    r->number = strtod(digits, &end);
    if (end == digits || r->number > 1e300 || r->number < -1e300) {
        return fault(r, "this is no number", "此处不是数");
    }
    r->at += end - digits;
    r->kind = TOKEN_NUMBER;
    return starts_word(*r->at) || *r->at == '.' ? fault(r, "this is no number", "此处不是数")
                                                : GT_OK;
}

static gt_status next(reader *r)
{
    r->at += strspn(r->at, " \t\r\n");
    r->from = (size_t)(r->at - r->text);
    char c = *r->at;
    size_t len = 1;
    if (c == '\0') {
        r->kind = TOKEN_END;
        r->word = "";
        return GT_OK;
    }
    if (c == '\'' || c == '"') {
        return next_quoted(r, c);
    }
    if (is_digit(c) || c == '-' || c == '+' || c == '.') {
        return next_number(r);
    }
    if (starts_word(c)) {
        while (starts_word(r->at[len]) || is_digit(r->at[len]) || r->at[len] == '.') {
            len++;
        }
        r->kind = TOKEN_WORD;
    } else if (strchr("=<>(),", c) != NULL) {
        len = (c == '<' && (r->at[1] == '=' || r->at[1] == '>')) || (c == '>' && r->at[1] == '=')
                  ? 2
                  : 1;
        r->kind = TOKEN_SIGN;
    } else {
        return fault(r, "this character has no place here", "此处不应有这个字符");
    }
    r->word = gt_arena_strndup(r->filter->arena, r->at, len);
    r->at += len;
    return r->word == NULL ? GT_E_MEMORY : GT_OK;
}

static bool is_word(const reader *r, const char *word)
{
    return r->kind == TOKEN_WORD && strcasecmp(r->word, word) == 0;
}

static bool is_sign(const reader *r, const char *sign)
{
    return r->kind == TOKEN_SIGN && strcmp(r->word, sign) == 0;
}

static gt_status need_sign(reader *r, const char *sign)
{
    if (!is_sign(r, sign)) {
        return fault(r, sign[0] == '(' ? "a ( is wanted" : "a ) is wanted",
                     sign[0] == '(' ? "此处应为 (" : "此处应为 )");
    }
    return next(r);
}

static gt_status need_word(reader *r, const char *word)
{
    return is_word(r, word) ? next(r) : fault(r, "a keyword is wanted here", "此处应为关键字");
}

/* ---- values -----------------------------------------------------------------------------------
 */

static gt_status put_literal(gt_ctx *ctx, gt_filter *f, gt_value value)
{
    if (f->n_literals == GT_FILTER_LITERALS) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_CQL2_LIMIT, GT_NOWHERE, GT_NO_ARGS);
    }
    gt_text_printf(&f->sql, "v%zu", f->n_literals);
    f->values[f->standard->n_fields + 1 + f->n_literals++] = value;
    return GT_OK;
}

static gt_value text_value(const char *text)
{
    return (gt_value){.kind = GT_VAL_TEXT, .text = text, .len = strlen(text)};
}

static gt_value number_value(double number)
{
    if (number > -9e15 && number < 9e15 && number == (double)(int64_t)number) {
        return (gt_value){.kind = GT_VAL_INT, .integer = (int64_t)number};
    }
    return (gt_value){.kind = GT_VAL_REAL, .real = number};
}

static gt_status put_name(reader *r)
{
    gt_filter *f = r->filter;
    int field = gt_standard_field(f->standard, r->word);
    if (field >= 0) {
        gt_text_printf(&f->sql, "f%d", field);
    } else if (strcmp(r->word, "id") == 0) {
        gt_text_printf(&f->sql, "f%zu", f->standard->n_fields);
    } else {
        return gt_fail(r->ctx, GT_E_INPUT, &GT_MSG_CQL2_NAME, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", r->word), GT_INT("at", r->from + 1)));
    }
    return next(r);
}

static gt_status put_date(reader *r)
{
    gt_date date = 0;
    gt_status st = next(r);
    if (st == GT_OK) {
        st = need_sign(r, "(");
    }
    if (st == GT_OK && (r->kind != TOKEN_TEXT || !gt_date_parse(r->word, &date))) {
        st = fault(r, "a date is written 'YYYY-MM-DD'", "日期写作 'YYYY-MM-DD'");
    }
    if (st == GT_OK) {
        st = put_literal(r->ctx, r->filter, text_value(r->word));
    }
    if (st == GT_OK) {
        st = next(r);
    }
    return st == GT_OK ? need_sign(r, ")") : st;
}

static gt_status operand(reader *r)
{
    gt_status st = GT_OK;
    if (r->kind == TOKEN_TEXT) {
        st = put_literal(r->ctx, r->filter, text_value(r->word));
        return st == GT_OK ? next(r) : st;
    }
    if (r->kind == TOKEN_NUMBER) {
        st = put_literal(r->ctx, r->filter, number_value(r->number));
        return st == GT_OK ? next(r) : st;
    }
    if (is_word(r, "TRUE") || is_word(r, "FALSE")) {
        st = put_literal(r->ctx, r->filter, number_value(is_word(r, "TRUE") ? 1 : 0));
        return st == GT_OK ? next(r) : st;
    }
    if (is_word(r, "DATE")) {
        return put_date(r);
    }
    if (is_word(r, "CASEI")) {
        if (++r->depth > GT_FILTER_DEPTH) {
            return too_much(r);
        }
        gt_text_puts(&r->filter->sql, "lower(");
        st = next(r);
        st = st == GT_OK ? need_sign(r, "(") : st;
        st = st == GT_OK ? operand(r) : st;
        gt_text_puts(&r->filter->sql, ")");
        r->depth--;
        return st == GT_OK ? need_sign(r, ")") : st;
    }
    if (r->kind == TOKEN_WORD || r->kind == TOKEN_QUOTED) {
        return put_name(r);
    }
    return fault(r, "an attribute or a value is wanted", "此处应为属性或值");
}

/* % and _ as GLOB writes them, which tells capitals apart as CQL2 does; \ takes the next character
 * as it is. */
static gt_status put_pattern(reader *r)
{
    if (r->kind != TOKEN_TEXT) {
        return fault(r, "LIKE needs a 'pattern'", "LIKE 之后应为 '模式'");
    }
    char *glob = gt_arena_alloc(r->filter->arena, 3 * strlen(r->word) + 1, 1);
    size_t n = 0;
    if (glob == NULL) {
        return GT_E_MEMORY;
    }
    for (const char *c = r->word; *c != '\0'; c++) {
        bool plain = *c == '\\' && c[1] != '\0';
        c += plain ? 1 : 0;
        if (!plain && (*c == '%' || *c == '_')) {
            glob[n++] = *c == '%' ? '*' : '?';
        } else if (strchr("*?[", *c) != NULL) {
            glob[n++] = '[';
            glob[n++] = *c;
            glob[n++] = ']';
        } else {
            glob[n++] = *c;
        }
    }
    glob[n] = '\0';
    if (n > GT_FILTER_PATTERN) {
        return too_much(r);
    }
    gt_status st = put_literal(r->ctx, r->filter, text_value(glob));
    return st == GT_OK ? next(r) : st;
}

/* ---- conditions -------------------------------------------------------------------------------
 */

static gt_status in_list(reader *r)
{
    gt_status st = need_sign(r, "(");
    gt_text_puts(&r->filter->sql, " IN (");
    while (st == GT_OK) {
        st = operand(r);
        if (st != GT_OK || !is_sign(r, ",")) {
            break;
        }
        gt_text_puts(&r->filter->sql, ", ");
        st = next(r);
    }
    gt_text_puts(&r->filter->sql, ")");
    return st == GT_OK ? need_sign(r, ")") : st;
}

static gt_status between(reader *r)
{
    gt_text_puts(&r->filter->sql, " BETWEEN ");
    gt_status st = operand(r);
    gt_text_puts(&r->filter->sql, " AND ");
    st = st == GT_OK ? need_word(r, "AND") : st;
    return st == GT_OK ? operand(r) : st;
}

static gt_status is_null(reader *r)
{
    gt_status st = next(r);
    bool not = st == GT_OK && is_word(r, "NOT");
    st = not ? next(r) : st;
    gt_text_puts(&r->filter->sql, not ? " IS NOT NULL" : " IS NULL");
    return st == GT_OK ? need_word(r, "NULL") : st;
}

static gt_status after_operand(reader *r)
{
    static const char *const signs[] = {"=", "<>", "<", "<=", ">", ">="};
    gt_text *sql = &r->filter->sql;
    if (is_word(r, "IS")) {
        return is_null(r);
    }
    bool not = is_word(r, "NOT");
    gt_status st = not ? next(r) : GT_OK;
    gt_text_puts(sql, not ? " NOT" : "");
    if (st == GT_OK && is_word(r, "LIKE")) {
        gt_text_puts(sql, " GLOB ");
        st = next(r);
        return st == GT_OK ? put_pattern(r) : st;
    }
    if (st == GT_OK && (is_word(r, "BETWEEN") || is_word(r, "IN"))) {
        bool list = is_word(r, "IN");
        st = next(r);
        return st != GT_OK ? st : list ? in_list(r) : between(r);
    }
    for (size_t i = 0; st == GT_OK && !not &&i < sizeof signs / sizeof *signs; i++) {
        if (is_sign(r, signs[i])) {
            gt_text_printf(sql, " %s ", signs[i]);
            st = next(r);
            return st == GT_OK ? operand(r) : st;
        }
    }
    return st != GT_OK ? st : fault(r, "a comparison is wanted", "此处应为比较");
}

static gt_status either(reader *r);

static gt_status condition(reader *r)
{
    gt_status st = GT_OK;
    gt_text *sql = &r->filter->sql;
    if (++r->depth > GT_FILTER_DEPTH) {
        return too_much(r);
    }
    if (is_word(r, "NOT")) {
        gt_text_puts(sql, "NOT (");
        st = next(r);
        st = st == GT_OK ? condition(r) : st;
        gt_text_puts(sql, ")");
    } else if (is_sign(r, "(")) {
        gt_text_puts(sql, "(");
        st = next(r);
        st = st == GT_OK ? either(r) : st;
        gt_text_puts(sql, ")");
        st = st == GT_OK ? need_sign(r, ")") : st;
    } else {
        gt_text_puts(sql, "(");
        st = operand(r);
        st = st == GT_OK ? after_operand(r) : st;
        gt_text_puts(sql, ")");
    }
    r->depth--;
    return st;
}

static gt_status both(reader *r)
{
    gt_status st = condition(r);
    while (st == GT_OK && is_word(r, "AND")) {
        gt_text_puts(&r->filter->sql, " AND ");
        st = next(r);
        st = st == GT_OK ? condition(r) : st;
    }
    return st;
}

static gt_status either(reader *r)
{
    gt_status st = both(r);
    while (st == GT_OK && is_word(r, "OR")) {
        gt_text_puts(&r->filter->sql, " OR ");
        st = next(r);
        st = st == GT_OK ? both(r) : st;
    }
    return st;
}

/* ---- the filter -------------------------------------------------------------------------------
 */

gt_status gt_filter_open(gt_ctx *ctx, const gt_standard *standard, gt_arena *arena, gt_filter *out)
{
    memset(out, 0, sizeof *out);
    out->standard = standard;
    out->arena = arena;
    gt_text_init(&out->sql, ctx, 65536);
    out->values =
        gt_arena_zalloc(arena, standard->n_fields + 1 + GT_FILTER_LITERALS, sizeof *out->values);
    return out->values == NULL ? GT_E_MEMORY : GT_OK;
}

static void and_so(gt_filter *f)
{
    gt_text_puts(&f->sql, f->sql.len > 0 ? " AND " : "");
}

gt_status gt_filter_cql2(gt_ctx *ctx, gt_filter *filter, const char *text)
{
    reader r = {.ctx = ctx, .filter = filter, .text = text, .at = text};
    if (strnlen(text, GT_FILTER_TEXT + 1) > GT_FILTER_TEXT) {
        return too_much(&r);
    }
    and_so(filter);
    gt_text_puts(&filter->sql, "(");
    gt_status st = next(&r);
    st = st == GT_OK ? either(&r) : st;
    if (st == GT_OK && r.kind != TOKEN_END) {
        st = fault(&r, "this is more than one condition", "条件之后还有多余内容");
    }
    gt_text_puts(&filter->sql, ")");
    return st;
}

static bool read_value(const gt_field *field, const char *text, gt_value *out)
{
    char *end = NULL;
    double number = 0;
    gt_date date = 0;
    switch (field->type) {
    case GT_FIELD_TEXT:
        *out = text_value(text);
        return true;
    case GT_FIELD_DATE:
        *out = text_value(text);
        return gt_date_parse(text, &date);
    case GT_FIELD_BOOL:
        *out = number_value(strcmp(text, "true") == 0 || strcmp(text, "1") == 0 ? 1 : 0);
        return strcmp(text, "true") == 0 || strcmp(text, "false") == 0 || strcmp(text, "0") == 0 ||
               strcmp(text, "1") == 0;
    case GT_FIELD_INT:
    case GT_FIELD_REAL:
        number = strtod(text, &end);
        *out = number_value(number);
        return end != text && *end == '\0' && number > -1e300 && number < 1e300;
    }
    return false;
}

gt_status gt_filter_equal(gt_ctx *ctx, gt_filter *filter, int field, const char *text)
{
    const gt_field *f = &filter->standard->fields[field];
    gt_value value;
    if (!read_value(f, text, &value)) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SERVE_PARAMETER, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("name", f->name), GT_TEXT("value", text),
                               GT_TEXT("allowed", "give a value of the attribute's type"),
                               GT_TEXT("allowed_zh", "请给出与属性类型相符的值")));
    }
    and_so(filter);
    gt_text_printf(&filter->sql, "f%d = ", field);
    return put_literal(ctx, filter, value);
}

gt_status gt_filter_ready(gt_ctx *ctx, gt_filter *filter)
{
    size_t n = filter->standard->n_fields + 1, total = n + filter->n_literals;
    if (filter->sql.len == 0) {
        return GT_OK;
    }
    const char **names = gt_arena_alloc(filter->arena, total, sizeof *names);
    char(*texts)[24] = gt_arena_alloc(filter->arena, total, sizeof *texts);
    gt_status st = names == NULL || texts == NULL ? GT_E_MEMORY : gt_text_status(&filter->sql);
    for (size_t i = 0; st == GT_OK && i < total; i++) {
        (void)snprintf(texts[i], sizeof texts[i], i < n ? "f%zu" : "v%zu", i < n ? i : i - n);
        names[i] = texts[i];
    }
    if (st == GT_OK) {
        st = gt_sql_new(ctx, NULL, &filter->engine);
    }
    if (st == GT_OK) {
        st = gt_expr_compile(ctx, filter->engine, gt_text_cstr(&filter->sql), names, total,
                             GT_NOWHERE, &filter->expr);
    }
    return st;
}

gt_status gt_filter_test(gt_ctx *ctx, gt_filter *filter, const gt_feature *feature, bool *out)
{
    gt_truth truth = GT_TRUE;
    gt_status st = GT_OK;
    if (filter->expr != NULL) {
        size_t n = filter->standard->n_fields;
        memcpy(filter->values, feature->values, n * sizeof *filter->values);
        filter->values[n] = text_value(feature->id);
        st = gt_expr_test(ctx, filter->expr, filter->values, &truth);
    }
    *out = truth == GT_TRUE;
    return st;
}

void gt_filter_close(gt_ctx *ctx, gt_filter *filter)
{
    (void)ctx;
    gt_sql_free(filter->engine);
    gt_text_free(&filter->sql);
    filter->engine = NULL;
    filter->expr = NULL;
}
