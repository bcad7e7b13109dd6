/* Limits by address: a bucket of requests that fills with time. Thread safe. Internal to serve. */
#ifndef GT_SERVE_RATE_H
#define GT_SERVE_RATE_H

#include "guotu/context.h"

typedef struct gt_rate gt_rate;

/* per_s requests a second, `most` at once. Addresses that fall on one place of the table share it:
 * then a limit may be met too early, never too late. Owned by the caller. */
gt_status gt_rate_new(gt_ctx *ctx, double per_s, double most, gt_rate **out) GT_CHECKED;
void gt_rate_free(gt_rate *rate);
/* Takes one; false when there is none. now: gt_clock(). rate NULL: always true. */
bool gt_rate_take(gt_rate *rate, const char *address, double now);

#endif
