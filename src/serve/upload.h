/* Files that somebody brings along to be checked. Internal to serve. */
#ifndef GT_SERVE_UPLOAD_H
#define GT_SERVE_UPLOAD_H

#include "serve/desk.h"

enum {
    GT_UPLOAD_MAX = 16 << 20, /* bytes of the file */
    GT_UPLOADS_AT_ONCE = 4,   /* bodies beyond the usual size, held at the same time */
    GT_UPLOADS_MIN = 20       /* of one address in a minute */
};

/* POST /outlines?name=FILE.EXT: what the file holds as polygons in CRS84. The file is read by
 * guotu-io (source.h), which has no network and limits of memory and time; nothing is kept. */
gt_status gt_post_outlines(gt_desk *desk, const gt_request *request, gt_reply *reply);

/* Is it a request of that kind? Looked at before the body is read. */
bool gt_is_upload(const char *method, const char *target);

#endif
