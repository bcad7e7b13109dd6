#define GT_XLSX_PLAIN_NAMES
#include "report/xlsx_lib.h"

#include <pthread.h>

#include "base/late.h"
#include "report/messages.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static gt_xlsx_lib table;
static bool loaded;
static char trouble[GT_LATE_TROUBLE];

static void load(void)
{
    static const char *const sonames[] = {"libxlsxwriter.so.4", NULL};
    static const gt_late_function functions[] = {
#define X(name) GT_LATE(gt_xlsx_lib, name),
        GT_XLSX_FUNCTIONS(X)
#undef X
    };
    loaded =
        gt_late_load(sonames, functions, sizeof functions / sizeof *functions, &table, trouble);
}

gt_status gt_xlsx_load(gt_ctx *ctx)
{
    (void)pthread_once(&once, load);
    return loaded ? GT_OK
                  : gt_fail(ctx, GT_E_ENV, &GT_MSG_XLSX_MISSING, GT_NOWHERE,
                            GT_ARGS(GT_TEXT("reason", trouble)));
}

const gt_xlsx_lib *gt_xlsx(void)
{
    (void)pthread_once(&once, load);
    return &table;
}
