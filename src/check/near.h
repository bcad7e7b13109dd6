/* Features of a layer near a subject, read once however many rules ask for them. */
#ifndef GT_CHECK_NEAR_H
#define GT_CHECK_NEAR_H

#include "guotu/arena.h"
#include "guotu/pick.h"

typedef struct gt_near_feature {
    const char *id;
    gt_box box;
    gt_geom shape;
    const gt_value *values; /* one per field of the layer */
} gt_near_feature;

typedef struct gt_near {
    gt_near_feature *list;
    size_t n;
} gt_near;

/* Features held in memory by somebody else, asked instead of the store. */
typedef struct gt_nearby {
    void *user;
    /* Appends every feature of the layer whose box meets `box`, in row order; those that share no
     * point with the subject may be left out where `box` is the subject's own. The list is grown
     * with gt_grow; shapes and values stay the giver's. */
    gt_status (*find)(gt_ctx *ctx, void *user, const char *layer, gt_box box,
                      gt_near_feature **list, size_t *cap, size_t *n);
} gt_nearby;

typedef struct gt_nears gt_nears; /* of one subject */

/* picker: may be NULL; used where the present map is asked. as_of, as_of_rev as in gt_query.
 * nearby: NULL, or asked instead of the store. */
gt_status gt_nears_new(gt_ctx *ctx, gt_store *store, gt_picker *picker, const gt_nearby *nearby,
                       gt_date as_of, int64_t as_of_rev, gt_nears **out) GT_CHECKED;
void gt_nears_free(gt_nears *nears);
/* Features whose envelope meets the box, in row order; kept until the end. Asked again with the
 * same layer and box, the same answer. Memory: the vertices met. */
gt_status gt_nears_of(gt_ctx *ctx, gt_nears *nears, const char *layer, gt_box box,
                      const gt_near **out) GT_CHECKED;

#endif
