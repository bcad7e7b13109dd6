#include "guotu/status.h"

int gt_status_exit_code(gt_status status)
{
    switch (status) {
    case GT_OK:
        return 0;
    case GT_E_USAGE:
        return 2;
    case GT_E_INPUT:
    case GT_E_NOT_FOUND:
    case GT_E_CONFLICT:
    case GT_E_LIMIT:
        return 3;
    case GT_E_ENV:
    case GT_E_MEMORY:
    case GT_E_CANCELLED:
    case GT_E_INTERNAL:
        return 4;
    }
    return 4;
}

const char *gt_status_name(gt_status status)
{
    switch (status) {
    case GT_OK:
        return "ok";
    case GT_E_USAGE:
        return "usage";
    case GT_E_INPUT:
        return "input";
    case GT_E_NOT_FOUND:
        return "not-found";
    case GT_E_CONFLICT:
        return "conflict";
    case GT_E_LIMIT:
        return "limit";
    case GT_E_ENV:
        return "environment";
    case GT_E_MEMORY:
        return "memory";
    case GT_E_CANCELLED:
        return "cancelled";
    case GT_E_INTERNAL:
        return "internal";
    }
    return "unknown";
}
