/* The network of neighbouring sources: who borders on whom, the least-cost way between them, and
 * the fields that are needed for it, made and dropped as they are needed. Internal. */
#ifndef GT_MODEL_CONNECT_NETWORK_H
#define GT_MODEL_CONNECT_NETWORK_H

#include "model/connect/field.h"

typedef struct gt_link {
    size_t a, b;    /* indices of the sources, a < b */
    double bound;   /* the cost is not above it */
    double cost;    /* least cost between them; INFINITY: no way within the options */
    int64_t *cells; /* of the way, from b to a; NULL unless asked for */
    size_t n_cells;
} gt_link;

typedef struct gt_network {
    gt_link *links; /* by a, then b */
    size_t n, cap;
    uint64_t n_reached; /* cells of all fields together: what the work was */
} gt_network;

/* Two sources are neighbours when their zones (ground->zone) touch over a side or a corner.
 * Cost: reads the zones once. */
gt_status gt_network_neighbours(gt_ctx *ctx, const gt_ground *ground,
                                gt_network *network) GT_CHECKED;

/* Drops links that go around a third source: those whose way within both zones costs more than the
 * ways from either end to a common neighbour together. Zones of sources at the rim of the map often
 * touch far out; such links are dear, and what they would join is joined already. Returns how many.
 */
size_t gt_network_drop_detours(const gt_ground *ground, gt_network *network);

/* What is done with a link while the fields of both ends stand; called on several threads. */
typedef gt_status (*gt_link_fn)(gt_ctx *ctx, void *user, const gt_link *link,
                                const gt_cost_field *a, const gt_cost_field *b);
typedef struct gt_network_options {
    double extra;   /* fields reach this far beyond the bound of the dearest link */
    double longest; /* links that cost more are no links; 0: no limit */
    bool tight, through, paths;
    bool halves;   /* fn needs cells of ways within bound + extra alone: fields of half the reach,
                      carried on for each link (gt_field_extend); a quarter of the work */
    gt_link_fn fn; /* NULL: none */
    void *user;
} gt_network_options;
/* Costs (and ways) of all links; fn for each that has one. Fields live from the first of a source's
 * links to its last, in the order of sources: with numbers that run over the map row by row, that
 * is a belt of the map and not all of it. Not seen in the results: threads, batches. */
gt_status gt_network_run(gt_ctx *ctx, const gt_ground *ground, gt_network *network,
                         const gt_network_options *options) GT_CHECKED;
void gt_network_free(gt_ctx *ctx, gt_network *network);

/* Parameters that every model of a network has. */
#define CONNECT_PARAM_FEW                                                                          \
    {                                                                                              \
        .name = "few", .kind = GT_PARAM_CHOICE,                                                    \
        .title = {"源地不足两个时", "with fewer than two sources"}, .preset = "error",             \
        .choices = (const char *const[]){"error", "empty", NULL},                                  \
        .source = "empty: outputs without values, for maps still to be filled"                     \
    }
#define CONNECT_PARAM_THROUGH                                                                      \
    {                                                                                              \
        .name = "through", .kind = GT_PARAM_BOOL,                                                  \
        .title = {"路径可穿过其他源地", "ways may lead through other sources"}, .preset = "no"     \
    }

#endif
