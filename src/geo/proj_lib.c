#include "geo/proj_lib.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/late.h"
#include "geo/messages.h"

/* The soname fixes the ABI that proj.h declared; PROJ 7.2 to 9.x share it. */
#define SONAME "libproj.so.25"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static gt_proj_lib table;
static bool loaded;
static char trouble[GT_LATE_TROUBLE];

static void load(void)
{
    static const char *const sonames[] = {SONAME, NULL};
    static const gt_late_function functions[] = {
#define X(name) GT_LATE(gt_proj_lib, name),
        GT_PROJ_FUNCTIONS(X)
#undef X
    };
    loaded =
        gt_late_load(sonames, functions, sizeof functions / sizeof *functions, &table, trouble);
}

gt_status gt_proj_load(gt_ctx *ctx, const gt_proj_lib **out)
{
    (void)pthread_once(&once, load);
    if (!loaded) {
        return gt_fail(ctx, GT_E_ENV, &GT_MSG_PROJ_MISSING, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("reason", trouble)));
    }
    *out = &table;
    return GT_OK;
}

static void keep_message(void *user, int level, const char *message)
{
    gt_proj_session *session = user;
    (void)level;
    (void)snprintf(session->message, sizeof session->message, "%s", message);
}

gt_status gt_proj_open(gt_ctx *ctx, bool needs_db, gt_proj_session *out)
{
    memset(out, 0, sizeof *out);
    gt_status st = gt_proj_load(ctx, &out->lib);
    if (st != GT_OK) {
        return st;
    }
    out->pj = out->lib->proj_context_create();
    if (out->pj == NULL) {
        return gt_fail(ctx, GT_E_ENV, &GT_MSG_PROJ_START, GT_NOWHERE, GT_NO_ARGS);
    }
    out->lib->proj_log_func(out->pj, out, keep_message);
    (void)out->lib->proj_context_set_enable_network(out->pj, 0);
    if (needs_db && out->lib->proj_context_get_database_path(out->pj) == NULL) {
        gt_proj_close(out);
        return gt_fail(ctx, GT_E_ENV, &GT_MSG_PROJ_DB, GT_NOWHERE, GT_NO_ARGS);
    }
    return GT_OK;
}

void gt_proj_close(gt_proj_session *session)
{
    if (session->pj != NULL) {
        (void)session->lib->proj_context_destroy(session->pj);
        session->pj = NULL;
    }
}

const char *gt_proj_reason(gt_proj_session *session)
{
    if (session->message[0] != '\0') {
        return session->message;
    }
    int code = session->lib->proj_context_errno(session->pj);
    const char *text = session->lib->proj_context_errno_string(session->pj, code);
    return text != NULL && code != 0 ? text : "?";
}
