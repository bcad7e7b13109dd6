/* The words of a guarded expression: what may stand in it, and names turned into variables. It cuts
 * words only; precedence and meaning are SQLite's. */
#include "plan/expr_words.h"

#include <sqlite3.h>
#include <string.h>

#include "plan/messages.h"
#include "plan/problem.h"

enum { PARENS_MAX = 32 }; /* nesting */

static const char *const functions[] = {
    "abs",    "big_class", "ceil",   "ceiling",        "coalesce", "days",  "floor", "glob",
    "ifnull", "iif",       "instr",  "is_class",       "length",   "like",  "lower", "ltrim",
    "max",    "min",       "nullif", "planning_class", "replace",  "round", "rtrim", "sign",
    "substr", "substring", "trim",   "upper",          "year"};
static const char *const keywords[] = {
    "and",     "or",   "not",  "in",   "is", "null",    "case", "when", "then", "else",  "end",
    "between", "like", "glob", "cast", "as", "integer", "real", "text", "true", "false", "escape"};
enum {
    N_FUNCTIONS = sizeof functions / sizeof *functions,
    N_KEYWORDS = sizeof keywords / sizeof *keywords
};

static bool among(const char *word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (sqlite3_stricmp(word, list[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool gt_expr_allows(const char *function)
{
    return among(function, functions, N_FUNCTIONS);
}

/* ---- cutting words -------------------------------------------------------------------------- */

void gt_cutter_fault(gt_cutter *x, const gt_message *message, size_t at, const gt_arg *args)
{
    x->faults++;
    x->sink(x->user, message, at, args);
}

static bool letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void mark(gt_cutter *x, size_t at)
{
    void *block = x->places;
    gt_status st = gt_grow(x->ctx, &block, &x->cap_places, x->n_places + 2, sizeof *x->places);
    if (st != GT_OK) {
        x->status = st;
        return;
    }
    x->places = block;
    x->places[x->n_places++] = x->out.len;
    x->places[x->n_places++] = at;
    if (x->n_places / 2 > GT_EXPR_WORDS) {
        gt_cutter_fault(x, &GT_MSG_SQL_LONG, at, GT_ARGS(GT_INT("max", GT_EXPR_WORDS)));
        x->at = x->len;
    }
}

/* Puts ?k for meaning `what`, reusing the variable of an earlier use. */
static void variable(gt_cutter *x, size_t what)
{
    size_t k = 0;
    while (k < x->n_used && x->used[k] != what) {
        k++;
    }
    if (k == x->n_used) {
        void *block = x->used;
        gt_status st = gt_grow(x->ctx, &block, &x->cap_used, k + 1, sizeof *x->used);
        if (st != GT_OK) {
            x->status = st;
            return;
        }
        x->used = block;
        x->used[x->n_used++] = what;
    }
    gt_text_printf(&x->out, " ?%zu ", k + 1);
}

/* Copies the word at x->at (letters, digits, _) for looking it up; cut when longer than any name.
 */
static size_t word(const gt_cutter *x, size_t from, char *out, size_t size)
{
    size_t n = 0;
    while (from + n < x->len && (letter(x->text[from + n]) || digit(x->text[from + n]))) {
        n++;
    }
    size_t kept = n < size ? n : size - 1;
    memcpy(out, x->text + from, kept);
    out[kept] = '\0';
    return n;
}

static void unknown_function(gt_cutter *x, size_t from, const char *name)
{
    const char *near = gt_nearest(name, functions, N_FUNCTIONS);
    gt_cutter_fault(x, near == NULL ? &GT_MSG_SQL_FUNCTION : &GT_MSG_SQL_FUNCTION_NEAR, from,
                    GT_ARGS(GT_TEXT("function", name), GT_TEXT("near", near == NULL ? "" : near)));
}

static bool forbidden(const char *name)
{
    static const char *const words[] = {
        "select",  "with",   "from",    "values",       "exists",       "union",
        "where",   "over",   "filter",  "insert",       "update",       "delete",
        "drop",    "create", "attach",  "pragma",       "distinct",     "raise",
        "collate", "match",  "regexp",  "returning",    "recursive",    "detach",
        "vacuum",  "alter",  "replace", "current_date", "current_time", "current_timestamp",
        "order",   "group",  "limit",   "begin",        "commit",       "rowid"};
    return among(name, words, sizeof words / sizeof *words);
}

static void cut_word(gt_cutter *x)
{
    char name[72];
    size_t from = x->at, n = word(x, from, name, sizeof name), after = from + n;
    x->at = after;
    while (after < x->len && blank(x->text[after])) {
        after++;
    }
    bool call = after < x->len && x->text[after] == '(';
    if (call && among(name, functions, N_FUNCTIONS)) {
        gt_text_add(&x->out, x->text + from, n);
        return;
    }
    if (among(name, keywords, N_KEYWORDS)) {
        gt_text_add(&x->out, x->text + from, n);
        return;
    }
    for (size_t i = 0; i < x->n_names; i++) {
        if (!call && sqlite3_stricmp(name, x->names[i]) == 0) {
            variable(x, i);
            return;
        }
    }
    if (forbidden(name)) {
        gt_cutter_fault(x, &GT_MSG_SQL_FORBIDDEN, from, GT_ARGS(GT_TEXT("word", name)));
    } else if (call) {
        unknown_function(x, from, name);
    } else {
        const char *near = gt_nearest(name, x->names, x->n_names);
        gt_cutter_fault(x, near == NULL ? &GT_MSG_SQL_NAME : &GT_MSG_SQL_NAME_NEAR, from,
                        GT_ARGS(GT_TEXT("name", name), GT_TEXT("near", near == NULL ? "" : near)));
    }
    gt_text_puts(&x->out, " NULL ");
}

static void cut_parameter(gt_cutter *x)
{
    char name[72];
    size_t from = x->at, n = word(x, from + 1, name, sizeof name);
    x->at += 1 + n;
    const gt_package *p = x->package;
    const gt_parameter *parameter = p == NULL ? NULL : gt_package_find_parameter(p, name);
    if (parameter != NULL) {
        variable(x, SIZE_MAX - (size_t)(parameter - gt_package_parameter(p, 0)));
        return;
    }
    const char *near = NULL;
    size_t d = 0;
    for (size_t i = 0; p != NULL && i < gt_package_n_parameters(p); i++) {
        const char *id = gt_package_parameter(p, i)->id;
        if (id != NULL) {
            gt_nearest_try(name, id, &near, &d);
        }
    }
    gt_cutter_fault(x, near == NULL ? &GT_MSG_SQL_PARAMETER : &GT_MSG_SQL_PARAMETER_NEAR, from,
                    GT_ARGS(GT_TEXT("name", name), GT_TEXT("near", near == NULL ? "" : near)));
    gt_text_puts(&x->out, " NULL ");
}

static void cut_string(gt_cutter *x)
{
    size_t from = x->at++;
    for (;;) {
        if (x->at >= x->len) {
            gt_cutter_fault(x, &GT_MSG_SQL_STRING, from, GT_NO_ARGS);
            return;
        }
        if (x->text[x->at++] == '\'') {
            if (x->at >= x->len || x->text[x->at] != '\'') {
                break;
            }
            x->at++;
        }
    }
    gt_text_add(&x->out, x->text + from, x->at - from);
}

static void cut_number(gt_cutter *x)
{
    size_t from = x->at;
    while (x->at < x->len && (digit(x->text[x->at]) || x->text[x->at] == '.')) {
        x->at++;
    }
    if (x->at < x->len && (x->text[x->at] == 'e' || x->text[x->at] == 'E')) {
        x->at++;
        if (x->at < x->len && (x->text[x->at] == '-' || x->text[x->at] == '+')) {
            x->at++;
        }
        while (x->at < x->len && digit(x->text[x->at])) {
            x->at++;
        }
    }
    if (x->at < x->len && letter(x->text[x->at])) {
        gt_cutter_fault(x, &GT_MSG_SQL_NUMBER, from, GT_NO_ARGS);
    }
    gt_text_add(&x->out, x->text + from, x->at - from);
}

static void cut_sign(gt_cutter *x)
{
    char c = x->text[x->at], next = x->at + 1 < x->len ? x->text[x->at + 1] : '\0';
    bool comment = (c == '-' && next == '-') || (c == '/' && next == '*');
    if (comment || strchr("()+-*/%|<>=!,", c) == NULL) {
        char shown[8] = {c, comment ? next : '\0', '\0'};
        if ((unsigned char)c >= 0x80) {
            memcpy(shown, "\xE2\x80\xA6", 4); /* an ellipsis stands for text outside quotes */
        }
        gt_cutter_fault(x, &GT_MSG_SQL_SIGN, x->at, GT_ARGS(GT_TEXT("sign", shown)));
        x->at = x->len; /* what follows cannot be told from a comment or another statement */
        return;
    }
    x->parens += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (x->parens < 0 || x->parens > PARENS_MAX) {
        gt_cutter_fault(x, &GT_MSG_SQL_PARENS, x->at, GT_NO_ARGS);
        x->at = x->len;
        x->parens = 0;
        return;
    }
    gt_text_putc(&x->out, c);
    x->at++;
}

void gt_cut(gt_cutter *x)
{
    gt_text_puts(&x->out, "SELECT (");
    while (x->at < x->len && x->status == GT_OK) {
        char c = x->text[x->at];
        if (blank(c)) {
            gt_text_putc(&x->out, ' ');
            x->at++;
            continue;
        }
        mark(x, x->at);
        if (x->at >= x->len) {
            break;
        }
        if (letter(c)) {
            cut_word(x);
        } else if (c == '\'') {
            cut_string(x);
        } else if (digit(c) || c == '.') {
            cut_number(x);
        } else if (c == ':') {
            cut_parameter(x);
        } else {
            cut_sign(x);
        }
    }
    if (x->parens != 0) {
        gt_cutter_fault(x, &GT_MSG_SQL_PARENS, x->len, GT_NO_ARGS);
    }
    gt_text_puts(&x->out, ")");
}

/* ---- defaults ------------------------------------------------------------------------------- */

static size_t string_length(const char *text)
{
    size_t n = 1;
    while (text[n] != '\0' && (text[n] != '\'' || text[n + 1] == '\'')) {
        n += text[n] == '\'' ? 2 : 1;
    }
    return text[n] == '\0' ? n : n + 1;
}

/* Length of the word at p, 0 when it is none; *name tells a name from a number or parameter. */
static size_t word_length(const char *p, bool *name)
{
    size_t len = letter(*p) || digit(*p) || *p == ':' ? 1 : 0;
    while (len > 0 && (letter(p[len]) || digit(p[len]))) {
        len++;
    }
    const char *after = p + len;
    while (blank(*after)) {
        after++;
    }
    *name = letter(*p) && *after != '(';
    return len;
}

void gt_expr_expand(const char *text, const gt_name *names, size_t n, gt_text *out)
{
    for (const char *p = text; *p != '\0';) {
        bool name = false;
        size_t len = *p == '\'' ? string_length(p) : word_length(p, &name);
        size_t hit = n;
        for (size_t i = 0; i < n && name; i++) {
            if (names[i].fallback != NULL && strlen(names[i].name) == len &&
                sqlite3_strnicmp(names[i].name, p, (int)len) == 0) {
                hit = i;
            }
        }
        len = len == 0 ? 1 : len;
        if (hit < n) {
            gt_text_printf(out, "coalesce(%s, (%s))", names[hit].name, names[hit].fallback);
        } else {
            gt_text_add(out, p, len);
        }
        p += len;
    }
}

/* ---- what a name is used for ---------------------------------------------------------------- */

/* The next piece of text: a word, a string, a sign. Its length; 0 at the end. */
static size_t piece(const char **p, bool *is_word)
{
    while (blank(**p)) {
        ++*p;
    }
    *is_word = letter(**p) || digit(**p) || **p == ':';
    bool name = false;
    return **p == '\0'   ? 0
           : *is_word    ? word_length(*p, &name)
           : **p == '\'' ? string_length(*p)
                         : 1;
}

static bool same_word(const char *p, size_t len, const char *word)
{
    return strlen(word) == len && sqlite3_strnicmp(p, word, (int)len) == 0;
}

/* May an operand that is only asked for NULL begin after this piece? */
static bool opens(const char *p, size_t len, bool is_word)
{
    static const char *const words[] = {"and", "or", "not", "when", "then", "else", "case"};
    bool yes = len == 0 || (len == 1 && (*p == '(' || *p == ','));
    for (size_t i = 0; is_word && i < sizeof words / sizeof *words; i++) {
        yes = yes || same_word(p, len, words[i]);
    }
    return yes;
}

/* Does IS [NOT] NULL stand at p, and nothing that would take its result further? */
static bool asks_null(const char *p)
{
    bool word = false;
    size_t len = piece(&p, &word);
    bool is = word && same_word(p, len, "is");
    p += len;
    len = piece(&p, &word);
    if (word && same_word(p, len, "not")) {
        p += len;
        len = piece(&p, &word);
    }
    return is && word && same_word(p, len, "null");
}

bool gt_expr_asks_only_null(const char *text, const char *name)
{
    const char *last = "";
    size_t last_len = 0;
    bool last_word = false, word = false, only = text == NULL || strpbrk(text, "\"`[") == NULL;
    size_t len = 0;
    for (const char *p = text == NULL ? "" : text; only && (len = piece(&p, &word)) > 0; p += len) {
        if (word && same_word(p, len, name)) {
            only = opens(last, last_len, last_word) && asks_null(p + len);
        }
        last = p;
        last_len = len;
        last_word = word;
    }
    return only;
}
