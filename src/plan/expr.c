/* Guarded expressions. Three walls, each enough by itself:
 *   1. a lexer that lets through only the words of a value expression and turns every name into a
 *      bound variable: the statement reads no table, for there is none it could name;
 *   2. SQLite's authorizer, which allows exactly one SELECT and the listed functions;
 *   3. limits on text, depth, program length and steps.
 * SQLite does all parsing of precedence and all arithmetic; the lexer only cuts words. */
#include "plan/expr.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

#include "plan/messages.h"
#include "plan/problem.h"

enum {
    SQL_TEXT_MAX = 8192, /* bytes of an expression */
    VALUE_MAX = 65536,   /* bytes of a text value */
    TOKENS_MAX = 2048,   /* words of an expression */
    PARENS_MAX = 32,     /* nesting */
    STEP_UNIT = 1000,    /* virtual machine steps between calls of the step counter */
    STEP_LIMIT = 50      /* of those units for one evaluation */
};

struct gt_expr {
    gt_sql *sql;
    sqlite3_stmt *statement;
    size_t *variables; /* what variable i + 1 stands for, as in lexer.used */
    size_t n_variables;
    size_t *used; /* indexes of names, ascending */
    size_t n_used;
    gt_expr *next;
};

struct gt_sql {
    gt_ctx *ctx;
    sqlite3 *db;
    const gt_package *package;
    gt_expr *expressions;
    int selects; /* seen by the authorizer while compiling */
    int steps;
};

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

/* ---- functions over land classes and dates -------------------------------------------------- */

static const gt_code *code_of(sqlite3_context *call, sqlite3_value *value)
{
    const gt_sql *sql = sqlite3_user_data(call);
    const char *text = (const char *)sqlite3_value_text(value);
    const gt_codelist *list = sql->package == NULL ? NULL : gt_package_land_classes(sql->package);
    return text == NULL || list == NULL ? NULL : gt_codelist_find(list, text);
}

static void give_text(sqlite3_context *call, const char *text)
{
    if (text == NULL) {
        sqlite3_result_null(call);
    } else {
        sqlite3_result_text(call, text, -1, SQLITE_TRANSIENT);
    }
}

static void fn_big_class(sqlite3_context *call, int n, sqlite3_value **values)
{
    (void)n;
    const gt_code *code = code_of(call, values[0]);
    give_text(call, code == NULL ? NULL : code->big);
}

static void fn_planning_class(sqlite3_context *call, int n, sqlite3_value **values)
{
    (void)n;
    const gt_code *code = code_of(call, values[0]);
    give_text(call, code == NULL ? NULL : code->map_to);
}

static void fn_is_class(sqlite3_context *call, int n, sqlite3_value **values)
{
    const gt_sql *sql = sqlite3_user_data(call);
    const gt_code *code = n < 2 ? NULL : code_of(call, values[0]);
    if (code == NULL) {
        sqlite3_result_null(call);
        return;
    }
    const gt_codelist *list = gt_package_land_classes(sql->package);
    int found = 0;
    for (const gt_code *c = code; c != NULL && !found;) {
        for (int i = 1; i < n && !found; i++) {
            const char *wanted = (const char *)sqlite3_value_text(values[i]);
            found = wanted != NULL && strcmp(wanted, c->code) == 0;
        }
        c = c->parent == NULL ? NULL : gt_codelist_find(list, c->parent);
    }
    sqlite3_result_int(call, found);
}

static bool date_arg(sqlite3_value *value, gt_date *out)
{
    const char *text = (const char *)sqlite3_value_text(value);
    return text != NULL && gt_date_parse(text, out);
}

static void fn_days(sqlite3_context *call, int n, sqlite3_value **values)
{
    gt_date date = 0;
    (void)n;
    if (date_arg(values[0], &date)) {
        sqlite3_result_int(call, date);
    }
}

static void fn_year(sqlite3_context *call, int n, sqlite3_value **values)
{
    gt_date date = 0;
    int year = 0, month = 0, day = 0;
    (void)n;
    if (date_arg(values[0], &date)) {
        gt_date_to_ymd(date, &year, &month, &day);
        sqlite3_result_int(call, year);
    }
}

/* ---- the evaluator -------------------------------------------------------------------------- */

static int authorize(void *user, int action, const char *a, const char *b, const char *c,
                     const char *d)
{
    gt_sql *sql = user;
    (void)a;
    (void)c;
    (void)d;
    if (action == SQLITE_SELECT) {
        return ++sql->selects == 1 ? SQLITE_OK : SQLITE_DENY;
    }
    if (action == SQLITE_FUNCTION) {
        return b != NULL && among(b, functions, N_FUNCTIONS) ? SQLITE_OK : SQLITE_DENY;
    }
    return SQLITE_DENY;
}

static int count_steps(void *user)
{
    gt_sql *sql = user;
    return ++sql->steps > STEP_LIMIT;
}

static gt_status engine_failed(gt_ctx *ctx, sqlite3 *db)
{
    int code = db == NULL ? SQLITE_NOMEM : sqlite3_errcode(db);
    gt_status st = code == SQLITE_NOMEM ? GT_E_MEMORY : GT_E_INTERNAL;
    return gt_fail(ctx, st, &GT_MSG_SQL_ENGINE, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("reason", sqlite3_errstr(code))));
}

static int lock_down(gt_sql *sql)
{
    sqlite3 *db = sql->db;
    static const int limits[][2] = {{SQLITE_LIMIT_LENGTH, VALUE_MAX},
                                    {SQLITE_LIMIT_SQL_LENGTH, 8 * SQL_TEXT_MAX},
                                    {SQLITE_LIMIT_COLUMN, 4},
                                    {SQLITE_LIMIT_EXPR_DEPTH, 64},
                                    {SQLITE_LIMIT_COMPOUND_SELECT, 1},
                                    {SQLITE_LIMIT_VDBE_OP, 20000},
                                    {SQLITE_LIMIT_FUNCTION_ARG, 32},
                                    {SQLITE_LIMIT_ATTACHED, 0},
                                    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 256},
                                    {SQLITE_LIMIT_VARIABLE_NUMBER, TOKENS_MAX},
                                    {SQLITE_LIMIT_TRIGGER_DEPTH, 0},
                                    {SQLITE_LIMIT_WORKER_THREADS, 0}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        (void)sqlite3_limit(db, limits[i][0], limits[i][1]);
    }
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    static const struct {
        const char *name;
        int n;
        void (*call)(sqlite3_context *, int, sqlite3_value **);
    } own[] = {{"big_class", 1, fn_big_class},
               {"planning_class", 1, fn_planning_class},
               {"is_class", -1, fn_is_class},
               {"days", 1, fn_days},
               {"year", 1, fn_year}};
    int rc = SQLITE_OK;
    for (size_t i = 0; i < sizeof own / sizeof *own && rc == SQLITE_OK; i++) {
        rc = sqlite3_create_function(db, own[i].name, own[i].n, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                     sql, own[i].call, NULL, NULL);
    }
    if (rc == SQLITE_OK) {
        rc = sqlite3_set_authorizer(db, authorize, sql);
    }
    sqlite3_progress_handler(db, STEP_UNIT, count_steps, sql);
    return rc;
}

gt_status gt_sql_new(gt_ctx *ctx, const gt_package *package, gt_sql **out)
{
    gt_sql *sql = gt_zalloc(ctx, 1, sizeof *sql);
    if (sql == NULL) {
        return GT_E_MEMORY;
    }
    sql->ctx = ctx;
    sql->package = package;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX;
    int rc = sqlite3_open_v2(":memory:", &sql->db, flags, NULL);
    if (rc == SQLITE_OK) {
        rc = lock_down(sql);
    }
    if (rc != SQLITE_OK) {
        gt_status st = engine_failed(ctx, sql->db);
        gt_sql_free(sql);
        return st;
    }
    *out = sql;
    return GT_OK;
}

void gt_sql_set_package(gt_sql *sql, const gt_package *package)
{
    sql->package = package;
}

void gt_sql_free(gt_sql *sql)
{
    if (sql == NULL) {
        return;
    }
    while (sql->expressions != NULL) {
        gt_expr *e = sql->expressions;
        sql->expressions = e->next;
        (void)sqlite3_finalize(e->statement);
        gt_free(sql->ctx, e->variables);
        gt_free(sql->ctx, e->used);
        gt_free(sql->ctx, e);
    }
    (void)sqlite3_close(sql->db);
    gt_free(sql->ctx, sql);
}

/* ---- cutting words -------------------------------------------------------------------------- */

typedef struct lexer {
    gt_ctx *ctx;
    gt_sql *sql;
    const char *text;
    size_t at, len;
    const char *const *names;
    size_t n_names;
    gt_expr_sink sink;
    void *user;
    size_t faults;
    gt_text out;  /* the SQL handed to SQLite */
    size_t *used; /* variable -> index of the name, or SIZE_MAX - k for parameter k */
    size_t n_used, cap_used;
    size_t *places; /* pairs: offset in out, offset in text */
    size_t n_places, cap_places;
    int parens;
    gt_status status;
} lexer;

static void fault(lexer *x, const gt_message *message, size_t at, const gt_arg *args)
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

static void mark(lexer *x, size_t at)
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
    if (x->n_places / 2 > TOKENS_MAX) {
        fault(x, &GT_MSG_SQL_LONG, at, GT_ARGS(GT_INT("max", TOKENS_MAX)));
        x->at = x->len;
    }
}

/* Puts ?k for meaning `what`, reusing the variable of an earlier use. */
static void variable(lexer *x, size_t what)
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
static size_t word(const lexer *x, size_t from, char *out, size_t size)
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

static void unknown_function(lexer *x, size_t from, const char *name)
{
    const char *near = gt_nearest(name, functions, N_FUNCTIONS);
    fault(x, near == NULL ? &GT_MSG_SQL_FUNCTION : &GT_MSG_SQL_FUNCTION_NEAR, from,
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

static void cut_word(lexer *x)
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
        fault(x, &GT_MSG_SQL_FORBIDDEN, from, GT_ARGS(GT_TEXT("word", name)));
    } else if (call) {
        unknown_function(x, from, name);
    } else {
        const char *near = gt_nearest(name, x->names, x->n_names);
        fault(x, near == NULL ? &GT_MSG_SQL_NAME : &GT_MSG_SQL_NAME_NEAR, from,
              GT_ARGS(GT_TEXT("name", name), GT_TEXT("near", near == NULL ? "" : near)));
    }
    gt_text_puts(&x->out, " NULL ");
}

static void cut_parameter(lexer *x)
{
    char name[72];
    size_t from = x->at, n = word(x, from + 1, name, sizeof name);
    x->at += 1 + n;
    const gt_package *p = x->sql->package;
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
    fault(x, near == NULL ? &GT_MSG_SQL_PARAMETER : &GT_MSG_SQL_PARAMETER_NEAR, from,
          GT_ARGS(GT_TEXT("name", name), GT_TEXT("near", near == NULL ? "" : near)));
    gt_text_puts(&x->out, " NULL ");
}

static void cut_string(lexer *x)
{
    size_t from = x->at++;
    for (;;) {
        if (x->at >= x->len) {
            fault(x, &GT_MSG_SQL_STRING, from, GT_NO_ARGS);
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

static void cut_number(lexer *x)
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
        fault(x, &GT_MSG_SQL_NUMBER, from, GT_NO_ARGS);
    }
    gt_text_add(&x->out, x->text + from, x->at - from);
}

static void cut_sign(lexer *x)
{
    char c = x->text[x->at], next = x->at + 1 < x->len ? x->text[x->at + 1] : '\0';
    bool comment = (c == '-' && next == '-') || (c == '/' && next == '*');
    if (comment || strchr("()+-*/%|<>=!,", c) == NULL) {
        char shown[8] = {c, comment ? next : '\0', '\0'};
        if ((unsigned char)c >= 0x80) {
            memcpy(shown, "\xE2\x80\xA6", 4); /* an ellipsis stands for text outside quotes */
        }
        fault(x, &GT_MSG_SQL_SIGN, x->at, GT_ARGS(GT_TEXT("sign", shown)));
        x->at = x->len; /* what follows cannot be told from a comment or another statement */
        return;
    }
    x->parens += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (x->parens < 0 || x->parens > PARENS_MAX) {
        fault(x, &GT_MSG_SQL_PARENS, x->at, GT_NO_ARGS);
        x->at = x->len;
        x->parens = 0;
        return;
    }
    gt_text_putc(&x->out, c);
    x->at++;
}

static void cut(lexer *x)
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
        fault(x, &GT_MSG_SQL_PARENS, x->len, GT_NO_ARGS);
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

/* ---- compiling ------------------------------------------------------------------------------ */

static void syntax(lexer *x)
{
    int offset = sqlite3_error_offset(x->sql->db);
    size_t at = 0;
    for (size_t i = 0; i + 1 < x->n_places && offset >= 0; i += 2) {
        if (x->places[i] <= (size_t)offset) {
            at = x->places[i + 1];
        }
    }
    fault(x, &GT_MSG_SQL_SYNTAX, at, GT_ARGS(GT_TEXT("reason", sqlite3_errmsg(x->sql->db))));
}

static gt_status bind_parameters(lexer *x, sqlite3_stmt *statement)
{
    for (size_t k = 0; k < x->n_used; k++) {
        if (x->used[k] >= SIZE_MAX / 2) {
            const gt_parameter *p = gt_package_parameter(x->sql->package, SIZE_MAX - x->used[k]);
            if (sqlite3_bind_double(statement, (int)k + 1, p->base) != SQLITE_OK) {
                return engine_failed(x->ctx, x->sql->db);
            }
        }
    }
    return GT_OK;
}

/* Makes the expression object; takes the statement and the list of names used. */
static gt_status keep_expr(lexer *x, sqlite3_stmt *statement, gt_expr **out)
{
    gt_expr *e = gt_zalloc(x->ctx, 1, sizeof *e);
    size_t *used = gt_alloc(x->ctx, x->n_used, sizeof *used);
    if (e == NULL || used == NULL) {
        gt_free(x->ctx, e);
        gt_free(x->ctx, used);
        (void)sqlite3_finalize(statement);
        return GT_E_MEMORY;
    }
    e->sql = x->sql;
    e->statement = statement;
    e->used = used;
    for (size_t k = 0; k < x->n_used; k++) {
        if (x->used[k] < SIZE_MAX / 2) {
            size_t at = e->n_used++;
            for (; at > 0 && used[at - 1] > x->used[k]; at--) {
                used[at] = used[at - 1];
            }
            used[at] = x->used[k];
        }
    }
    e->variables = x->used;
    e->n_variables = x->n_used;
    x->used = NULL;
    e->next = x->sql->expressions;
    x->sql->expressions = e;
    *out = e;
    return GT_OK;
}

gt_status gt_expr_check(gt_ctx *ctx, gt_sql *sql, const char *text, const char *const *names,
                        size_t n_names, gt_expr_sink sink, void *user, gt_expr **out)
{
    lexer x = {.ctx = ctx,
               .sql = sql,
               .text = text,
               .len = strlen(text),
               .names = names,
               .n_names = n_names,
               .sink = sink,
               .user = user};
    sqlite3_stmt *statement = NULL;
    gt_text_init(&x.out, ctx, 8 * (size_t)SQL_TEXT_MAX);
    if (x.len > SQL_TEXT_MAX) {
        fault(&x, &GT_MSG_SQL_TOO_LONG, 0, GT_ARGS(GT_INT("max", SQL_TEXT_MAX)));
        goto done;
    }
    cut(&x);
    x.status = x.status == GT_OK ? gt_text_status(&x.out) : x.status;
    if (x.status != GT_OK || x.faults > 0) {
        goto done;
    }
    sql->selects = 0;
    sql->steps = 0;
    int rc = sqlite3_prepare_v3(sql->db, gt_text_cstr(&x.out), (int)x.out.len + 1,
                                SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    if (rc == SQLITE_NOMEM) {
        x.status = engine_failed(ctx, sql->db);
    } else if (rc != SQLITE_OK || statement == NULL) {
        syntax(&x);
    } else {
        x.status = bind_parameters(&x, statement);
    }
    if (x.status == GT_OK && x.faults == 0 && out != NULL) {
        x.status = keep_expr(&x, statement, out);
        statement = NULL;
    }
done:
    (void)sqlite3_finalize(statement);
    gt_free(ctx, x.used);
    gt_free(ctx, x.places);
    gt_text_free(&x.out);
    return x.status != GT_OK ? x.status : x.faults > 0 ? GT_E_INPUT : GT_OK;
}

typedef struct first_fault {
    gt_ctx *ctx;
    const gt_place *place;
    const char *text;
} first_fault;

/* Records the first mistake in the context, at the place of the faulty word where that can be told.
 */
static void record_fault(void *user, const gt_message *message, size_t offset, const gt_arg *args)
{
    const first_fault *f = user;
    gt_place place = {0};
    if (f->place != NULL) {
        place = *f->place;
    }
    if (place.line > 0 && strchr(f->text, '\n') == NULL) {
        for (size_t i = 0; i < offset; i++) {
            place.column += ((unsigned char)f->text[i] & 0xC0U) != 0x80U ? 1 : 0;
        }
    }
    if (!gt_failed(f->ctx)) {
        (void)gt_fail(f->ctx, GT_E_INPUT, message, &place, args);
    }
}

gt_status gt_expr_compile(gt_ctx *ctx, gt_sql *sql, const char *text, const char *const *names,
                          size_t n_names, const gt_place *place, gt_expr **out)
{
    first_fault f = {ctx, place, text};
    return gt_expr_check(ctx, sql, text, names, n_names, record_fault, &f, out);
}

/* ---- evaluating ----------------------------------------------------------------------------- */

const size_t *gt_expr_used(const gt_expr *expr, size_t *n)
{
    *n = expr->n_used;
    return expr->used;
}

static int bind(sqlite3_stmt *statement, int k, const gt_value *value)
{
    switch (value->kind) {
    case GT_NULL:
        break;
    case GT_VAL_TEXT:
        return sqlite3_bind_text64(statement, k, value->text, value->len, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case GT_VAL_INT:
        return sqlite3_bind_int64(statement, k, value->integer);
    case GT_VAL_REAL:
        return sqlite3_bind_double(statement, k, value->real);
    }
    return sqlite3_bind_null(statement, k);
}

static void result(sqlite3_stmt *statement, gt_value *out)
{
    *out = (gt_value){.kind = GT_NULL};
    switch (sqlite3_column_type(statement, 0)) {
    case SQLITE_INTEGER:
        out->kind = GT_VAL_INT;
        out->integer = sqlite3_column_int64(statement, 0);
        out->real = (double)out->integer;
        break;
    case SQLITE_FLOAT:
        out->kind = GT_VAL_REAL;
        out->real = sqlite3_column_double(statement, 0);
        break;
    case SQLITE_TEXT:
        out->kind = GT_VAL_TEXT;
        out->text = (const char *)sqlite3_column_text(statement, 0);
        out->len = (size_t)sqlite3_column_bytes(statement, 0);
        break;
    default: /* NULL; blobs cannot arise: no function that is allowed makes one */
        break;
    }
}

gt_status gt_expr_eval(gt_ctx *ctx, gt_expr *expr, const gt_value *values, gt_value *out)
{
    sqlite3_stmt *statement = expr->statement;
    (void)sqlite3_reset(statement);
    int rc = SQLITE_OK;
    for (size_t k = 0; k < expr->n_variables && rc == SQLITE_OK; k++) {
        if (expr->variables[k] < SIZE_MAX / 2) {
            rc = bind(statement, (int)k + 1, &values[expr->variables[k]]);
        }
    }
    expr->sql->steps = 0;
    if (rc == SQLITE_OK) {
        rc = sqlite3_step(statement);
    }
    if (rc == SQLITE_ROW) {
        result(statement, out);
        return GT_OK;
    }
    if (rc == SQLITE_TOOBIG || rc == SQLITE_INTERRUPT) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_SQL_LIMIT, GT_NOWHERE, GT_NO_ARGS);
    }
    if (rc == SQLITE_ERROR || rc == SQLITE_MISMATCH) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SQL_RUN, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("reason", sqlite3_errmsg(expr->sql->db))));
    }
    return engine_failed(ctx, expr->sql->db);
}

gt_status gt_expr_test(gt_ctx *ctx, gt_expr *expr, const gt_value *values, gt_truth *out)
{
    gt_value value = {.kind = GT_NULL};
    gt_status st = gt_expr_eval(ctx, expr, values, &value);
    if (st != GT_OK) {
        return st;
    }
    double number = value.real;
    if (value.kind == GT_VAL_TEXT) {
        number = sqlite3_column_double(expr->statement, 0);
    }
    *out = value.kind == GT_NULL ? GT_UNKNOWN : number != 0 ? GT_TRUE : GT_FALSE;
    return GT_OK;
}
