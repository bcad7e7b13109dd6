#include "geo/geos_lib.h"

#include <pthread.h>

#include "base/late.h"
#include "geo/messages.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static gt_geos_lib table;
static bool loaded;
static char trouble[GT_LATE_TROUBLE];

static void load(void)
{
    static const char *const sonames[] = {"libgeos_c.so.1", NULL};
    static const gt_late_function functions[] = {
#define X(name) GT_LATE(gt_geos_lib, name),
        GT_GEOS_FUNCTIONS(X)
#undef X
    };
    loaded =
        gt_late_load(sonames, functions, sizeof functions / sizeof *functions, &table, trouble);
}

gt_status gt_geos_load(gt_ctx *ctx, const gt_geos_lib **out)
{
    (void)pthread_once(&once, load);
    if (!loaded) {
        return gt_fail(ctx, GT_E_ENV, &GT_MSG_GEOS_MISSING, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("reason", trouble)));
    }
    *out = &table;
    return GT_OK;
}
