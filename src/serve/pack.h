/* Bodies as they are sent: gzip or Brotli. Internal to serve. */
#ifndef GT_SERVE_PACK_H
#define GT_SERVE_PACK_H

#include "serve/request.h"

/* Appends `body` to out in that encoding (RFC 1952, RFC 7932). GT_E_MEMORY, GT_E_LIMIT. Cost: 30 to
 * 60 MB/s. */
gt_status gt_pack(gt_ctx *ctx, gt_encoding encoding, const gt_text *body, gt_text *out) GT_CHECKED;

#endif
