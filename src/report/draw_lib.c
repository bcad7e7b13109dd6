#define GT_DRAW_PLAIN_NAMES
#include "report/draw_lib.h"

#include <pthread.h>

#include "base/late.h"
#include "report/messages.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static gt_draw_lib table;
static bool loaded;
static char trouble[GT_LATE_TROUBLE];

static void load(void)
{
    static const char *const sonames[] = {"libpangocairo-1.0.so.0", "libpango-1.0.so.0",
                                          "libcairo.so.2",          "libgobject-2.0.so.0",
                                          "libglib-2.0.so.0",       NULL};
    static const gt_late_function functions[] = {
#define X(name) GT_LATE(gt_draw_lib, name),
        GT_DRAW_FUNCTIONS(X)
#undef X
    };
    loaded =
        gt_late_load(sonames, functions, sizeof functions / sizeof *functions, &table, trouble);
}

gt_status gt_draw_load(gt_ctx *ctx)
{
    (void)pthread_once(&once, load);
    return loaded ? GT_OK
                  : gt_fail(ctx, GT_E_ENV, &GT_MSG_DRAW_MISSING, GT_NOWHERE,
                            GT_ARGS(GT_TEXT("reason", trouble)));
}

const gt_draw_lib *gt_draw(void)
{
    (void)pthread_once(&once, load);
    return &table;
}
