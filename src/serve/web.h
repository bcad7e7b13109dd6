/* The portal's pages, read into memory once at the start: a request can name nothing else, so no
 * path leads out of the folder. Internal to serve. */
#ifndef GT_SERVE_WEB_H
#define GT_SERVE_WEB_H

#include "guotu/context.h"

typedef struct gt_asset {
    char *name; /* file name, no folders */
    const char *type;
    char *data;
    size_t len;
    char etag[40];
} gt_asset;

typedef struct gt_web { /* immutable once read; shareable */
    gt_asset *list;
    size_t n;
} gt_web;

/* Files of the folder with a known extension, at most 64 and 16 MiB together; dir NULL: none.
 * GT_E_ENV: it cannot be read; GT_E_LIMIT. */
gt_status gt_web_read(gt_ctx *ctx, const char *dir, gt_web *out) GT_CHECKED;
void gt_web_free(gt_ctx *ctx, gt_web *web);
/* NULL when there is none of that name. */
const gt_asset *gt_web_find(const gt_web *web, const char *name);

#endif
