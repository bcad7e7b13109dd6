/* What a condition compares its names with. SQLite compares text with number, and a code with a
 * misspelt one, without a word: the answer is no, for every feature, for ever, and the rule passes
 * whatever comes. So a name that has a code list is compared with codes of that list only, a date
 * with dates, a number with numbers, a text with texts. Only plain comparisons are looked at: NAME
 * = 'x', 'x' = NAME, IN, BETWEEN, IS; computed values are let be. */
#include "plan/expr_literals.h"

#include <sqlite3.h>
#include <string.h>

#include "plan/messages.h"
#include "plan/package.h"
#include "plan/problem.h"

typedef enum token_kind { T_END = 0, T_WORD, T_STRING, T_NUMBER, T_SIGN } token_kind;

typedef struct token {
    token_kind kind;
    size_t at, len;
} token;

/* What stands on one side of a comparison. */
typedef struct side {
    const char *name; /* as it is called in messages */
    gt_field_type type;
    const gt_codelist *codes; /* NULL: free */
    bool big;                 /* big_class(): the words of the land classes */
} side;

typedef struct sheet {
    const gt_package *package;
    const char *text;
    const gt_literal_name *names;
    size_t n_names;
    gt_expr_sink sink;
    void *user;
    token *tokens; /* two ends before, then those of the text, then ends */
    size_t n;
    char called[72]; /* the side's name */
} sheet;

enum { BEFORE = 3, AFTER = 3 };

/* ---- tokens --------------------------------------------------------------------------------- */

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t string_end(const char *text, size_t at)
{
    for (at++; text[at] != '\0'; at++) {
        if (text[at] == '\'' && text[at + 1] != '\'') {
            return at + 1;
        }
        at += text[at] == '\'';
    }
    return at;
}

static token next_token(const char *text, size_t at)
{
    static const char *const pairs[] = {"<=", ">=", "<>", "!=", "==", "||"};
    token t = {T_SIGN, at, 1};
    if (text[at] == '\'') {
        t.kind = T_STRING;
        t.len = string_end(text, at) - at;
        return t;
    }
    bool point = text[at] == '.' && digit(text[at + 1]);
    bool parameter = text[at] == ':';
    if (letter(text[at]) || digit(text[at]) || point || parameter) {
        t.kind = letter(text[at]) ? T_WORD : parameter ? T_SIGN : T_NUMBER;
        while (letter(text[at + t.len]) || digit(text[at + t.len]) ||
               (t.kind == T_NUMBER && text[at + t.len] == '.')) {
            t.len++;
        }
        return t;
    }
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (strncmp(text + at, pairs[i], 2) == 0) {
            t.len = 2;
        }
    }
    return t;
}

static gt_status cut(sheet *s, gt_arena *arena)
{
    size_t len = strlen(s->text);
    s->tokens = gt_arena_zalloc(arena, len + BEFORE + AFTER, sizeof *s->tokens);
    if (s->tokens == NULL) {
        return GT_E_MEMORY;
    }
    s->n = BEFORE;
    for (size_t at = 0; at < len;) {
        if (strchr(" \t\r\n", s->text[at]) != NULL) {
            at++;
            continue;
        }
        s->tokens[s->n] = next_token(s->text, at);
        at += s->tokens[s->n++].len;
    }
    return GT_OK;
}

static bool is(const sheet *s, size_t i, const char *word)
{
    const token *t = &s->tokens[i];
    size_t n = strlen(word);
    return (t->kind == T_WORD || t->kind == T_SIGN) && t->len == n &&
           sqlite3_strnicmp(s->text + t->at, word, (int)n) == 0;
}

static bool among(const sheet *s, size_t i, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (is(s, i, *words)) {
            return true;
        }
    }
    return false;
}

/* Does the token compute with its neighbour? */
static bool computes(const sheet *s, size_t i)
{
    static const char *const signs[] = {"||", "|", "+", "-", "*", "/", "%", NULL};
    return among(s, i, signs);
}

/* ---- sides ---------------------------------------------------------------------------------- */

/* The token after the bracket that closes the one at i. */
static size_t after_brackets(const sheet *s, size_t i)
{
    int depth = 0;
    for (; s->tokens[i].kind != T_END; i++) {
        depth += is(s, i, "(") ? 1 : is(s, i, ")") ? -1 : 0;
        if (depth == 0) {
            return i + 1;
        }
    }
    return i;
}

static bool call_side(const sheet *s, size_t i, side *out)
{
    static const char *const numbers[] = {"year", "days", "length", "instr", "is_class", NULL};
    const gt_codelist *land = s->package->land_classes;
    out->type = GT_FIELD_TEXT;
    if (is(s, i, "big_class")) {
        out->big = land != NULL;
        return true;
    }
    if (is(s, i, "planning_class")) {
        out->codes = land == NULL || land->map_list == NULL
                         ? NULL
                         : gt_package_find_codelist(s->package, land->map_list);
        return true;
    }
    out->type = GT_FIELD_INT;
    return among(s, i, numbers);
}

/* A name, or a call whose answers are known; *next is the token after it. */
static bool take_side(sheet *s, size_t i, side *out, size_t *next)
{
    const token *t = &s->tokens[i];
    memset(out, 0, sizeof *out);
    if (t->kind != T_WORD || t->len >= sizeof s->called) {
        return false;
    }
    memcpy(s->called, s->text + t->at, t->len);
    s->called[t->len] = '\0';
    out->name = s->called;
    if (is(s, i + 1, "(")) {
        *next = after_brackets(s, i + 1);
        return call_side(s, i, out);
    }
    *next = i + 1;
    for (size_t k = 0; k < s->n_names; k++) {
        const gt_literal_name *n = &s->names[k];
        if (sqlite3_stricmp(n->name, s->called) == 0) {
            out->type = n->type;
            out->codes = n->codes;
            return n->type != 0;
        }
    }
    return false;
}

/* ---- literals ------------------------------------------------------------------------------- */

static void unescape(const sheet *s, const token *t, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 1; i + 1 < t->len && n + 1 < size; i++) {
        char c = s->text[t->at + i];
        out[n++] = c;
        i += c == '\'';
    }
    out[n] = '\0';
}

static void no_code(const sheet *s, const side *it, const token *t, const char *value)
{
    const gt_codelist *list = it->big ? s->package->land_classes : it->codes;
    const char *near = NULL;
    size_t d = 0;
    for (size_t i = 0; i < list->n_codes; i++) {
        const gt_code *c = &list->codes[i];
        const char *word = it->big ? c->big : c->code;
        if (word != NULL && strcmp(word, value) == 0) {
            return;
        }
        if (word != NULL) {
            gt_nearest_try(value, word, &near, &d);
        }
    }
    s->sink(s->user, near == NULL ? &GT_MSG_SQL_CODE : &GT_MSG_SQL_CODE_NEAR, t->at,
            GT_ARGS(GT_TEXT("value", value), GT_TEXT("name", it->name), GT_TEXT("list", list->id),
                    GT_TEXT("near", near == NULL ? "" : near)));
}

/* exact: compared for being equal, not for order. */
static void check_literal(const sheet *s, const side *it, size_t i, bool exact)
{
    const token *t = &s->tokens[i];
    char value[128];
    bool text = it->type == GT_FIELD_TEXT || it->type == GT_FIELD_DATE;
    if (computes(s, i + 1)) {
        return;
    }
    if ((t->kind == T_STRING && !text) || (t->kind == T_NUMBER && text)) {
        s->sink(s->user, text ? &GT_MSG_SQL_NEEDS_TEXT : &GT_MSG_SQL_NEEDS_NUMBER, t->at,
                GT_ARGS(GT_TEXT("name", it->name)));
        return;
    }
    if (t->kind != T_STRING) {
        return;
    }
    unescape(s, t, value, sizeof value);
    gt_date date = 0;
    if (it->type == GT_FIELD_DATE && !gt_date_parse(value, &date)) {
        s->sink(s->user, &GT_MSG_SQL_DATE, t->at,
                GT_ARGS(GT_TEXT("name", it->name), GT_TEXT("value", value)));
    } else if (exact && (it->big || it->codes != NULL)) {
        no_code(s, it, t, value);
    }
}

/* The literals of a bracketed list whose bracket stands at i. */
static void check_list(const sheet *s, const side *it, size_t i, size_t from)
{
    size_t end = after_brackets(s, i), nth = 0;
    int depth = 0;
    for (; i < end; i++) {
        depth += is(s, i, "(") ? 1 : is(s, i, ")") ? -1 : 0;
        nth += depth == 1 && is(s, i, ",");
        bool alone = is(s, i - 1, "(") || is(s, i - 1, ",");
        if (depth == 1 && nth >= from && alone) {
            check_literal(s, it, i, true);
        }
    }
}

/* What stands behind a side: token i. */
static void check_behind(const sheet *s, const side *it, size_t i)
{
    static const char *const equal[] = {"=", "==", "<>", "!=", NULL};
    static const char *const order[] = {"<", "<=", ">", ">=", NULL};
    if (among(s, i, equal)) {
        check_literal(s, it, i + 1, true);
    } else if (among(s, i, order)) {
        check_literal(s, it, i + 1, false);
    } else if (is(s, i, "is")) {
        check_literal(s, it, i + 1 + is(s, i + 1, "not"), true);
    } else if (is(s, i, "in") || (is(s, i, "not") && is(s, i + 1, "in"))) {
        check_list(s, it, i + (is(s, i, "not") ? 2 : 1), 0);
    } else if (is(s, i, "between") || (is(s, i, "not") && is(s, i + 1, "between"))) {
        size_t low = i + (is(s, i, "not") ? 2 : 1);
        check_literal(s, it, low, false);
        if (is(s, low + 1, "and")) {
            check_literal(s, it, low + 2, false);
        }
    }
}

/* 'x' = NAME: the literal stands before the side at i. */
static void check_before(const sheet *s, const side *it, size_t i)
{
    static const char *const equal[] = {"=", "==", "<>", "!=", NULL};
    static const char *const order[] = {"<", "<=", ">", ">=", NULL};
    bool exact = among(s, i - 1, equal);
    if ((exact || among(s, i - 1, order)) && !computes(s, i - 3)) {
        check_literal(s, it, i - 2, exact);
    }
}

gt_status gt_expr_literals(gt_arena *arena, const gt_package *package, const char *text,
                           const gt_literal_name *names, size_t n, gt_expr_sink sink, void *user)
{
    sheet s = {
        .package = package, .text = text, .names = names, .n_names = n, .sink = sink, .user = user};
    gt_status st = cut(&s, arena);
    for (size_t i = BEFORE; st == GT_OK && i < s.n; i++) {
        side it;
        size_t next = i + 1;
        if (is(&s, i, "is_class") && is(&s, i + 1, "(") && package->land_classes != NULL) {
            const side land = {"is_class", GT_FIELD_TEXT, package->land_classes, false};
            check_list(&s, &land, i + 1, 1);
        }
        if (take_side(&s, i, &it, &next) && !computes(&s, i - 1) && !computes(&s, next)) {
            check_behind(&s, &it, next);
            check_before(&s, &it, i);
        }
    }
    return st;
}
