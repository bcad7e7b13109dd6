/* Guarded expressions. Three walls, each enough by itself:
 *   1. a gt_cutter that lets through only the words of a value expression and turns every name into
 * a bound variable: the statement reads no table, for there is none it could name;
 *   2. SQLite's authorizer, which allows exactly one SELECT and the listed functions;
 *   3. limits on text, depth, program length and steps.
 * SQLite does all parsing of precedence and all arithmetic; the gt_cutter only cuts words. */
#include "plan/expr.h"

#include <math.h>
#include <sqlite3.h>
#include <string.h>

#include "plan/expr_words.h"
#include "plan/messages.h"

enum {
    SQL_TEXT_MAX = 8192, /* bytes of an expression */
    VALUE_MAX = 65536,   /* bytes of a text value */
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
        return b != NULL && gt_expr_allows(b) ? SQLITE_OK : SQLITE_DENY;
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
                                    {SQLITE_LIMIT_VARIABLE_NUMBER, GT_EXPR_WORDS},
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

/* ---- compiling ------------------------------------------------------------------------------ */

static void syntax(gt_cutter *x, sqlite3 *db)
{
    int offset = sqlite3_error_offset(db);
    size_t at = 0;
    for (size_t i = 0; i + 1 < x->n_places && offset >= 0; i += 2) {
        if (x->places[i] <= (size_t)offset) {
            at = x->places[i + 1];
        }
    }
    gt_cutter_fault(x, &GT_MSG_SQL_SYNTAX, at, GT_ARGS(GT_TEXT("reason", sqlite3_errmsg(db))));
}

static gt_status bind_parameters(gt_cutter *x, sqlite3_stmt *statement)
{
    for (size_t k = 0; k < x->n_used; k++) {
        if (x->used[k] >= SIZE_MAX / 2) {
            const gt_parameter *p = gt_package_parameter(x->package, SIZE_MAX - x->used[k]);
            if (sqlite3_bind_double(statement, (int)k + 1, p->base) != SQLITE_OK) {
                return engine_failed(x->ctx, sqlite3_db_handle(statement));
            }
        }
    }
    return GT_OK;
}

/* Makes the expression object; takes the statement and the list of names used. */
static gt_status keep_expr(gt_cutter *x, gt_sql *sql, sqlite3_stmt *statement, gt_expr **out)
{
    gt_expr *e = gt_zalloc(x->ctx, 1, sizeof *e);
    size_t *used = gt_alloc(x->ctx, x->n_used, sizeof *used);
    if (e == NULL || used == NULL) {
        gt_free(x->ctx, e);
        gt_free(x->ctx, used);
        (void)sqlite3_finalize(statement);
        return GT_E_MEMORY;
    }
    e->sql = sql;
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
    e->next = sql->expressions;
    sql->expressions = e;
    *out = e;
    return GT_OK;
}

gt_status gt_expr_check(gt_ctx *ctx, gt_sql *sql, const char *text, const char *const *names,
                        size_t n_names, gt_expr_sink sink, void *user, gt_expr **out)
{
    gt_cutter x = {.ctx = ctx,
                   .package = sql->package,
                   .text = text,
                   .len = strlen(text),
                   .names = names,
                   .n_names = n_names,
                   .sink = sink,
                   .user = user};
    sqlite3_stmt *statement = NULL;
    gt_text_init(&x.out, ctx, 8 * (size_t)SQL_TEXT_MAX);
    if (x.len > SQL_TEXT_MAX) {
        gt_cutter_fault(&x, &GT_MSG_SQL_TOO_LONG, 0, GT_ARGS(GT_INT("max", SQL_TEXT_MAX)));
        goto done;
    }
    gt_cut(&x);
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
        syntax(&x, sql->db);
    } else {
        x.status = bind_parameters(&x, statement);
    }
    if (x.status == GT_OK && x.faults == 0 && out != NULL) {
        x.status = keep_expr(&x, sql, statement, out);
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
