/* Accounts, sessions and API tokens: WORKSPACE/accounts.db, readable by its owner only. Who
 * somebody is is kept here; what he may do is in the register of actors (guotu/actor.h), whose ids
 * accounts bear. Passwords are kept as argon2id (RFC 9106) by libsodium; of sessions and tokens
 * only hashes are. One thread; many processes may share the file. Internal to serve. */
#ifndef GT_SERVE_ACCOUNT_H
#define GT_SERVE_ACCOUNT_H

#include "guotu/arena.h"
#include "guotu/text.h"

enum {
    GT_SECRET_HEX = 65,       /* 32 random bytes */
    GT_SESSION_S = 12 * 3600, /* life of a session, s */
    GT_SESSION_IDLE_S = 3600, /* without a request it ends, s */
    GT_TOKEN_DAYS_MAX = 366,
    GT_PASSWORD_MIN = 10, /* characters; at most 256 bytes */
    GT_PASSWORD_MAX = 256,
    GT_ONE_TIME = 21 /* text of a one-time password with its NUL */
};

typedef struct gt_accounts gt_accounts;

/* Opens, or makes, the file. Owned by the caller. GT_E_ENV, GT_E_INPUT as the file is. */
gt_status gt_accounts_open(gt_ctx *ctx, const char *workspace, gt_accounts **out) GT_CHECKED;
void gt_accounts_close(gt_accounts *accounts);
gt_status gt_accounts_count(gt_ctx *ctx, gt_accounts *accounts, int64_t *n) GT_CHECKED;

/* A new account, or a new one-time password for one that is there (its sessions and tokens end).
 * The password holds for one sign-in, in which another has to be chosen. */
gt_status gt_account_issue(gt_ctx *ctx, gt_accounts *accounts, const char *id,
                           char password[GT_ONE_TIME]) GT_CHECKED;
/* Ends an account with its sessions and tokens. GT_E_NOT_FOUND. */
gt_status gt_account_end(gt_ctx *ctx, gt_accounts *accounts, const char *id) GT_CHECKED;
/* Chooses a password. GT_E_INPUT "serve.password": too short, too long, or the name. Its other
 * sessions end; `keep` (a session's secret) stays. */
gt_status gt_account_password(gt_ctx *ctx, gt_accounts *accounts, const char *id,
                              const char *password, const char *keep) GT_CHECKED;

/* Signs in: *good = false for a wrong name or password, and for ten minutes after five failures.
 * Takes the time of one argon2id (0.1 s, 64 MiB) whether there is such an account or not. */
gt_status gt_session_begin(gt_ctx *ctx, gt_accounts *accounts, const char *id, const char *password,
                           char secret[GT_SECRET_HEX], bool *good) GT_CHECKED;

typedef struct gt_who {
    char id[65];                /* "" for nobody */
    char secret[GT_SECRET_HEX]; /* of the session; "" for a token */
    bool must_change;           /* came by a one-time password: may only choose another one */
} gt_who;
/* Whose session or token it is: out->id "" when there is none, or it has ended. */
gt_status gt_session_of(gt_ctx *ctx, gt_accounts *accounts, const char *secret,
                        gt_who *out) GT_CHECKED;
gt_status gt_token_of(gt_ctx *ctx, gt_accounts *accounts, const char *token,
                      gt_who *out) GT_CHECKED;
gt_status gt_session_end(gt_ctx *ctx, gt_accounts *accounts, const char *secret) GT_CHECKED;
/* The token a form of this session must bring along: a keyed hash of its secret. */
void gt_session_csrf(const char *secret, char out[GT_SECRET_HEX]);
/* Equal in constant time? NULL is equal to nothing. */
bool gt_secret_equal(const char *a, const char *b);

/* A new API token of an account, "gt_" and 64 digits, told only here. days: 1 .. 366. */
gt_status gt_token_issue(gt_ctx *ctx, gt_accounts *accounts, const char *id, const char *title,
                         int days, char token[GT_SECRET_HEX + 3], int64_t *number) GT_CHECKED;
/* GT_E_NOT_FOUND when the account has no such token. */
gt_status gt_token_revoke(gt_ctx *ctx, gt_accounts *accounts, const char *id,
                          int64_t number) GT_CHECKED;
typedef struct gt_token_info {
    int64_t number;
    const char *title;
    int64_t made_s, expires_s; /* Unix time */
    bool revoked;
} gt_token_info;
typedef void (*gt_token_fn)(void *user, const gt_token_info *token);
gt_status gt_token_each(gt_ctx *ctx, gt_accounts *accounts, const char *id, gt_token_fn fn,
                        void *user) GT_CHECKED;

#endif
