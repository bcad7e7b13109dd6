/* Accounts in SQLite. Times are Unix seconds. */
#include "serve/account.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "serve/messages.h"
#include "store/db.h"

enum { TRIES = 5, LOCK_S = 600, SECRET = 32, USE_NOTED_S = 60 };

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS account(id TEXT PRIMARY KEY, hash TEXT NOT NULL,"
    " one_time INTEGER NOT NULL, failed INTEGER NOT NULL DEFAULT 0,"
    " locked_until INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS session(hash BLOB PRIMARY KEY, account TEXT NOT NULL,"
    " must_change INTEGER NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;"
    /* beside `session`, for files of before */
    "CREATE TABLE IF NOT EXISTS session_use(hash BLOB PRIMARY KEY, used INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS token(number INTEGER PRIMARY KEY AUTOINCREMENT,"
    " hash BLOB NOT NULL UNIQUE, account TEXT NOT NULL, title TEXT NOT NULL,"
    " made INTEGER NOT NULL, expires INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0);";

struct gt_accounts {
    gt_ctx *ctx;
    sqlite3 *db;
    char *nobody; /* hash of no password: checked when there is no such account */
};

/* ---- statements -------------------------------------------------------------------------------
 */

typedef struct ask {
    gt_ctx *ctx;
    sqlite3_stmt *stmt;
    gt_status st;
} ask;

static ask prepare(gt_ctx *ctx, gt_accounts *a, const char *sql)
{
    ask q = {ctx, NULL, GT_OK};
    q.st = gt_db_prepare(ctx, a->db, sql, &q.stmt);
    return q;
}

static void with_text(ask *q, int at, const char *text)
{
    if (q->st == GT_OK) {
        (void)sqlite3_bind_text(q->stmt, at, text, -1, SQLITE_TRANSIENT);
    }
}

static void with_int(ask *q, int at, int64_t value)
{
    if (q->st == GT_OK) {
        (void)sqlite3_bind_int64(q->stmt, at, value);
    }
}

/* The hash under which a secret is kept. */
static void with_hash(ask *q, int at, const char *secret)
{
    unsigned char hash[SECRET];
    (void)crypto_generichash(hash, sizeof hash, (const unsigned char *)secret, strlen(secret), NULL,
                             0);
    if (q->st == GT_OK) {
        (void)sqlite3_bind_blob(q->stmt, at, hash, sizeof hash, SQLITE_TRANSIENT);
    }
}

static bool row(ask *q)
{
    bool there = false;
    q->st = q->st == GT_OK ? gt_db_step(q->ctx, q->stmt, &there) : q->st;
    return q->st == GT_OK && there;
}

static gt_status end(ask *q)
{
    (void)sqlite3_finalize(q->stmt);
    return q->st;
}

/* One statement about one account. */
static gt_status run_for(gt_ctx *ctx, gt_accounts *a, const char *sql, const char *id)
{
    ask q = prepare(ctx, a, sql);
    with_text(&q, 1, id);
    (void)row(&q);
    return end(&q);
}

static int64_t now_s(void)
{
    return (int64_t)time(NULL);
}

static void random_secret(char out[GT_SECRET_HEX])
{
    unsigned char bytes[SECRET];
    randombytes_buf(bytes, sizeof bytes);
    (void)sodium_bin2hex(out, GT_SECRET_HEX, bytes, sizeof bytes);
    sodium_memzero(bytes, sizeof bytes);
}

static gt_status argon2id(gt_ctx *ctx, const char *password, char out[crypto_pwhash_STRBYTES])
{
    if (crypto_pwhash_str(out, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
        return gt_fail(ctx, GT_E_MEMORY, &GT_MSG_SERVE_BUSY, GT_NOWHERE, GT_NO_ARGS);
    }
    return GT_OK;
}

/* ---- the file ---------------------------------------------------------------------------------
 */

gt_status gt_accounts_open(gt_ctx *ctx, const char *workspace, gt_accounts **out)
{
    char path[4096];
    *out = NULL;
    if (sodium_init() < 0) {
        return gt_fail(ctx, GT_E_ENV, &GT_MSG_SERVE_BUSY, GT_NOWHERE, GT_NO_ARGS);
    }
    gt_accounts *a = gt_zalloc(ctx, 1, sizeof *a);
    if (a == NULL) {
        return GT_E_MEMORY;
    }
    a->ctx = ctx;
    (void)snprintf(path, sizeof path, "%.4000s/accounts.db", workspace);
    gt_status st = gt_db_open(ctx, path, GT_DB_CREATE, &a->db);
    (void)chmod(path, S_IRUSR | S_IWUSR);
    st = st == GT_OK ? gt_db_exec(ctx, a->db, schema) : st;
    if (st != GT_OK) {
        gt_accounts_close(a);
        return st;
    }
    *out = a;
    return GT_OK;
}

void gt_accounts_close(gt_accounts *a)
{
    if (a != NULL) {
        gt_db_close(a->db);
        gt_free(a->ctx, a->nobody);
        gt_free(a->ctx, a);
    }
}

gt_status gt_accounts_count(gt_ctx *ctx, gt_accounts *a, int64_t *n)
{
    return gt_db_int(ctx, a->db, "SELECT count(*) FROM account", 0, n);
}

/* ---- accounts ---------------------------------------------------------------------------------
 */

static gt_status begin(gt_ctx *ctx, gt_accounts *a)
{
    return gt_db_exec(ctx, a->db, "BEGIN IMMEDIATE");
}

static gt_status finish(gt_ctx *ctx, gt_accounts *a, gt_status st)
{
    st = st == GT_OK ? gt_db_exec(ctx, a->db, "COMMIT") : st;
    if (st != GT_OK) {
        (void)sqlite3_exec(a->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return st;
}

static gt_status set_password(gt_ctx *ctx, gt_accounts *a, const char *id, const char *password,
                              bool one_time)
{
    char hash[crypto_pwhash_STRBYTES];
    gt_status st = argon2id(ctx, password, hash);
    ask q =
        prepare(ctx, a, "INSERT OR REPLACE INTO account(id, hash, one_time) VALUES(?1, ?2, ?3)");
    with_text(&q, 1, id);
    with_text(&q, 2, hash);
    with_int(&q, 3, one_time ? 1 : 0);
    q.st = q.st == GT_OK ? st : q.st;
    (void)row(&q);
    return end(&q);
}

gt_status gt_account_issue(gt_ctx *ctx, gt_accounts *a, const char *id, char password[GT_ONE_TIME])
{
    /* letters that are not mistaken for each other; 20 of 31 are 99 bits */
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
    for (int i = 0; i < GT_ONE_TIME - 1; i++) {
        password[i] = letters[randombytes_uniform(sizeof letters - 1)];
    }
    password[GT_ONE_TIME - 1] = '\0';
    gt_status st = begin(ctx, a);
    if (st != GT_OK) {
        return st;
    }
    st = set_password(ctx, a, id, password, true);
    st = st == GT_OK ? run_for(ctx, a, "DELETE FROM session WHERE account = ?1", id) : st;
    st = st == GT_OK ? run_for(ctx, a, "UPDATE token SET revoked = 1 WHERE account = ?1", id) : st;
    return finish(ctx, a, st);
}

gt_status gt_account_end(gt_ctx *ctx, gt_accounts *a, const char *id)
{
    gt_status st = begin(ctx, a);
    if (st != GT_OK) {
        return st;
    }
    st = run_for(ctx, a, "DELETE FROM account WHERE id = ?1", id);
    bool there = st == GT_OK && sqlite3_changes(a->db) > 0;
    st = st == GT_OK ? run_for(ctx, a, "DELETE FROM session WHERE account = ?1", id) : st;
    st = st == GT_OK ? run_for(ctx, a, "UPDATE token SET revoked = 1 WHERE account = ?1", id) : st;
    st = finish(ctx, a, st);
    return st != GT_OK || there ? st
                                : gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_NO_ACCOUNT, GT_NOWHERE,
                                          GT_ARGS(GT_TEXT("account", id)));
}

gt_status gt_account_password(gt_ctx *ctx, gt_accounts *a, const char *id, const char *password,
                              const char *keep)
{
    size_t len = password == NULL ? 0 : strlen(password), letters = 0;
    for (size_t i = 0; i < len; i++) {
        letters += ((unsigned char)password[i] & 0xc0) != 0x80 ? 1 : 0;
    }
    if (letters < GT_PASSWORD_MIN || len > GT_PASSWORD_MAX || strcmp(password, id) == 0) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SERVE_PASSWORD, GT_NOWHERE,
                       GT_ARGS(GT_INT("least", GT_PASSWORD_MIN), GT_INT("most", GT_PASSWORD_MAX)));
    }
    gt_status st = begin(ctx, a);
    if (st != GT_OK) {
        return st;
    }
    st = set_password(ctx, a, id, password, false);
    ask q = prepare(ctx, a, "DELETE FROM session WHERE account = ?1 AND hash <> ?2");
    with_text(&q, 1, id);
    with_hash(&q, 2, keep);
    q.st = q.st == GT_OK ? st : q.st;
    (void)row(&q);
    st = end(&q);
    st = st == GT_OK ? run_for(ctx, a, "UPDATE session SET must_change = 0 WHERE account = ?1", id)
                     : st;
    return finish(ctx, a, st);
}

/* ---- sessions ---------------------------------------------------------------------------------
 */

/* Counts a failure; the fifth in a row closes the account for a while. */
static gt_status note_failure(gt_ctx *ctx, gt_accounts *a, const char *id)
{
    ask q = prepare(ctx, a,
                    "UPDATE account SET failed = (failed + 1) % ?2, locked_until = CASE WHEN "
                    "failed + 1 >= ?2 THEN ?3 ELSE locked_until END WHERE id = ?1");
    with_text(&q, 1, id);
    with_int(&q, 2, TRIES);
    with_int(&q, 3, now_s() + LOCK_S);
    (void)row(&q);
    return end(&q);
}

static gt_status open_session(gt_ctx *ctx, gt_accounts *a, const char *id, bool one_time,
                              char secret[GT_SECRET_HEX], bool *good)
{
    gt_status st = begin(ctx, a);
    if (st != GT_OK) {
        return st;
    }
    random_secret(secret);
    /* a one-time password is used up: two who bring it at once do not both come in */
    st = run_for(ctx, a,
                 one_time
                     ? "UPDATE account SET failed = 0, one_time = 2 WHERE id = ?1 AND one_time = 1"
                     : "UPDATE account SET failed = 0 WHERE id = ?1 AND one_time = 0",
                 id);
    *good = st == GT_OK && sqlite3_changes(a->db) == 1;
    if (st == GT_OK && *good) {
        ask q = prepare(ctx, a, "INSERT INTO session VALUES(?1, ?2, ?3, ?4)");
        with_hash(&q, 1, secret);
        with_text(&q, 2, id);
        with_int(&q, 3, one_time ? 1 : 0);
        with_int(&q, 4, now_s() + GT_SESSION_S);
        (void)row(&q);
        st = end(&q);
    }
    if (st == GT_OK) {
        ask q = prepare(ctx, a,
                        "DELETE FROM session WHERE expires < ?1 OR hash IN"
                        " (SELECT hash FROM session_use WHERE used < ?1 - ?2)");
        with_int(&q, 1, now_s());
        with_int(&q, 2, GT_SESSION_IDLE_S);
        (void)row(&q);
        st = end(&q);
    }
    if (st == GT_OK) {
        ask q = prepare(ctx, a,
                        "DELETE FROM session_use WHERE hash NOT IN (SELECT hash FROM"
                        " session)");
        (void)row(&q);
        st = end(&q);
    }
    return finish(ctx, a, st);
}

static gt_status know_nobody(gt_ctx *ctx, gt_accounts *a)
{
    char hash[crypto_pwhash_STRBYTES], secret[GT_SECRET_HEX];
    if (a->nobody != NULL) {
        return GT_OK;
    }
    random_secret(secret);
    gt_status st = argon2id(ctx, secret, hash);
    a->nobody = st == GT_OK ? gt_strdup(a->ctx, hash) : NULL;
    return a->nobody != NULL ? GT_OK : GT_E_MEMORY;
}

gt_status gt_session_begin(gt_ctx *ctx, gt_accounts *a, const char *id, const char *password,
                           char secret[GT_SECRET_HEX], bool *good)
{
    char hash[crypto_pwhash_STRBYTES] = "";
    bool there = false, locked = false;
    int64_t one_time = 0;
    *good = false;
    gt_status st = know_nobody(ctx, a);
    if (st != GT_OK) {
        return st;
    }
    ask q = prepare(ctx, a, "SELECT hash, one_time, locked_until > ?2 FROM account WHERE id = ?1");
    with_text(&q, 1, id);
    with_int(&q, 2, now_s());
    if (row(&q)) {
        there = true;
        (void)snprintf(hash, sizeof hash, "%s", (const char *)sqlite3_column_text(q.stmt, 0));
        one_time = sqlite3_column_int64(q.stmt, 1);
        locked = sqlite3_column_int64(q.stmt, 2) != 0;
    }
    st = end(&q);
    if (st != GT_OK) {
        return st;
    }
    bool same = crypto_pwhash_str_verify(there ? hash : a->nobody, password, strlen(password)) == 0;
    if (there && !locked && same && one_time != 2) {
        st = open_session(ctx, a, id, one_time == 1, secret, good);
    } else if (there && !locked) {
        st = note_failure(ctx, a, id);
    }
    sodium_memzero(hash, sizeof hash);
    return st;
}

/* Once a minute is enough: a page asks many times. */
static gt_status note_use(gt_ctx *ctx, gt_accounts *a, const char *secret)
{
    ask q = prepare(ctx, a, "INSERT OR REPLACE INTO session_use VALUES(?1, ?2)");
    with_hash(&q, 1, secret);
    with_int(&q, 2, now_s());
    (void)row(&q);
    return end(&q);
}

gt_status gt_session_of(gt_ctx *ctx, gt_accounts *a, const char *secret, gt_who *out)
{
    *out = (gt_who){0};
    if (strlen(secret) != GT_SECRET_HEX - 1) {
        return GT_OK;
    }
    ask q = prepare(ctx, a,
                    "SELECT account, must_change, coalesce(used, 0) FROM session LEFT JOIN"
                    " session_use USING(hash) WHERE hash = ?1 AND expires > ?2"
                    " AND coalesce(used, ?2) > ?2 - ?3");
    with_hash(&q, 1, secret);
    with_int(&q, 2, now_s());
    with_int(&q, 3, GT_SESSION_IDLE_S);
    int64_t used = 0;
    if (row(&q)) {
        used = sqlite3_column_int64(q.stmt, 2);
        (void)snprintf(out->id, sizeof out->id, "%s", (const char *)sqlite3_column_text(q.stmt, 0));
        (void)snprintf(out->secret, sizeof out->secret, "%s", secret);
        out->must_change = sqlite3_column_int(q.stmt, 1) != 0;
    }
    gt_status st = end(&q);
    return st == GT_OK && out->id[0] != '\0' && now_s() - used >= USE_NOTED_S
               ? note_use(ctx, a, secret)
               : st;
}

gt_status gt_session_end(gt_ctx *ctx, gt_accounts *a, const char *secret)
{
    ask q = prepare(ctx, a, "DELETE FROM session WHERE hash = ?1");
    with_hash(&q, 1, secret);
    (void)row(&q);
    return end(&q);
}

void gt_session_csrf(const char *secret, char out[GT_SECRET_HEX])
{
    static const unsigned char purpose[] = "guotu csrf";
    unsigned char hash[SECRET];
    (void)crypto_generichash(hash, sizeof hash, purpose, sizeof purpose - 1,
                             (const unsigned char *)secret, strnlen(secret, GT_SECRET_HEX - 1));
    (void)sodium_bin2hex(out, GT_SECRET_HEX, hash, sizeof hash);
}

bool gt_secret_equal(const char *a, const char *b)
{
    return a != NULL && b != NULL && strlen(a) == strlen(b) && sodium_memcmp(a, b, strlen(a)) == 0;
}

/* ---- tokens -----------------------------------------------------------------------------------
 */

gt_status gt_token_issue(gt_ctx *ctx, gt_accounts *a, const char *id, const char *title, int days,
                         char token[GT_SECRET_HEX + 3], int64_t *number)
{
    char secret[GT_SECRET_HEX];
    random_secret(secret);
    (void)snprintf(token, GT_SECRET_HEX + 3, "gt_%s", secret);
    ask q = prepare(
        ctx, a,
        "INSERT INTO token(hash, account, title, made, expires) VALUES(?1, ?2, ?3, ?4, ?5)");
    with_hash(&q, 1, token);
    with_text(&q, 2, id);
    with_text(&q, 3, title);
    with_int(&q, 4, now_s());
    with_int(&q, 5, now_s() + (int64_t)days * 86400);
    (void)row(&q);
    gt_status st = end(&q);
    *number = sqlite3_last_insert_rowid(a->db);
    return st;
}

gt_status gt_token_of(gt_ctx *ctx, gt_accounts *a, const char *token, gt_who *out)
{
    *out = (gt_who){0};
    ask q = prepare(ctx, a,
                    "SELECT account FROM token WHERE hash = ?1 AND expires > ?2 AND revoked = 0");
    with_hash(&q, 1, token);
    with_int(&q, 2, now_s());
    if (row(&q)) {
        (void)snprintf(out->id, sizeof out->id, "%s", (const char *)sqlite3_column_text(q.stmt, 0));
    }
    return end(&q);
}

gt_status gt_token_revoke(gt_ctx *ctx, gt_accounts *a, const char *id, int64_t number)
{
    ask q = prepare(
        ctx, a, "UPDATE token SET revoked = 1 WHERE number = ?1 AND account = ?2 AND revoked = 0");
    with_int(&q, 1, number);
    with_text(&q, 2, id);
    (void)row(&q);
    gt_status st = end(&q);
    return st != GT_OK || sqlite3_changes(a->db) > 0
               ? st
               : gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_NO_TOKEN, GT_NOWHERE,
                         GT_ARGS(GT_INT("number", number)));
}

gt_status gt_token_each(gt_ctx *ctx, gt_accounts *a, const char *id, gt_token_fn fn, void *user)
{
    ask q = prepare(ctx, a,
                    "SELECT number, title, made, expires, revoked FROM token WHERE account = ?1 "
                    "ORDER BY number");
    with_text(&q, 1, id);
    while (row(&q)) {
        const gt_token_info info = {
            sqlite3_column_int64(q.stmt, 0), (const char *)sqlite3_column_text(q.stmt, 1),
            sqlite3_column_int64(q.stmt, 2), sqlite3_column_int64(q.stmt, 3),
            sqlite3_column_int(q.stmt, 4) != 0};
        fn(user, &info);
    }
    return end(&q);
}
