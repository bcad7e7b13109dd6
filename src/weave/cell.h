/* Inside weave: what a cell is given, the scratch of a worker, what a cell yields.
 *
 * Flow of one cell: records (pieces of edges) -> graph (snap-rounded, graph.c) -> faces with
 * labels and areas (face.c) -> wv_cell, one block of memory (face.c). README.md tells why. */
#ifndef GT_WEAVE_CELL_H
#define GT_WEAVE_CELL_H

#include "guotu/context.h"
#include "weave/metric.h"

enum {
    WV_AREA_SHIFT = 10,     /* face areas count 2^-11 mm2: twice the plane area << 10 */
    WV_LENGTH_UNITS = 1024, /* lengths count 2^-10 mm */
    WV_CELL_MAX = 1 << 25   /* mm: keeps doubled cross products and areas in int64 */
};

/* Sides of a cell, in the order of the frame's parameter t: bottom t = x, right S + y, top 3S - x,
 * left 4S - y. */
typedef enum wv_at { WV_INSIDE = 0, WV_BOTTOM, WV_RIGHT, WV_TOP, WV_LEFT } wv_at;

/* A piece of an edge inside one closed cell, mm from the cell's lower left corner. sign +1: the
 * feature lies to the left when going from 0 to 1. A piece may have no length: it then only
 * tells that the edge entered and left the cell at one point of its frame. */
typedef struct wv_rec {
    int32_t x0, y0, x1, y1;
    uint32_t number;
    uint16_t layer;
    int8_t sign;
    uint8_t at; /* wv_at of the start | wv_at of the end << 4 */
} wv_rec;

/* `n` times feature `number` of `layer`; key orders by layer, then number. */
typedef struct wv_cover {
    uint64_t key;
    int64_t n;
} wv_cover;
static inline uint64_t wv_key(uint32_t layer, uint32_t number)
{
    return (uint64_t)layer << 32 | number;
}

/* ---- result of a cell -------------------------------------------------------------------------
 */

/* One distinct label (sorted keys) of the cell. */
typedef struct wv_entry {
    int64_t area, plane;   /* 2^-11 mm2 */
    uint32_t keys, n_keys; /* run in wv_cell.keys; one that stands twice or more crosses itself */
    uint32_t n_faces, n_kept;
} wv_entry;

/* A face worth keeping: it touches the frame, or it is a gap, an overlap or thin. */
typedef struct wv_face {
    int64_t area, plane, length; /* length of its edges that are not frame, 2^-10 mm */
    uint32_t entry;
    int32_t box[4]; /* mm from the corner */
    uint32_t frame; /* 1: touches the frame */
} wv_face;

/* A piece of the frame seen from inside: t0 < t1, counter-clockwise. */
typedef struct wv_border {
    int32_t t0, t1;
    uint32_t face; /* index in wv_cell.faces */
} wv_border;

/* An edge between two labels, kept when geometry will be asked for; not part of the frame. */
typedef struct wv_line {
    int32_t x0, y0, x1, y1;
    uint32_t left, right; /* entries */
} wv_line;

/* One block of memory, its arrays behind it. All arrays are in canonical order. */
typedef struct wv_cell {
    size_t bytes; /* of the block */
    uint32_t n_entries, n_keys, n_faces, n_borders;
    uint32_t n_edges, n_all_faces, n_crossings, n_lines;
} wv_cell;
static inline wv_entry *wv_entries(const wv_cell *c)
{
    return (wv_entry *)(uintptr_t)(c + 1);
}
static inline wv_face *wv_faces(const wv_cell *c)
{
    return (wv_face *)(uintptr_t)(wv_entries(c) + c->n_entries);
}
static inline uint64_t *wv_keys(const wv_cell *c)
{
    return (uint64_t *)(uintptr_t)(wv_faces(c) + c->n_faces);
}
static inline wv_border *wv_borders(const wv_cell *c)
{
    return (wv_border *)(uintptr_t)(wv_keys(c) + c->n_keys);
}

static inline wv_line *wv_lines(const wv_cell *c)
{
    return (wv_line *)(uintptr_t)(wv_borders(c) + c->n_borders);
}

/* ---- scratch ------------------------------------------------------------------------------------
 */

typedef struct wv_point {
    int32_t x, y;
} wv_point;

/* Edge of the graph, from the lexicographically smaller end (x, then y) to the larger. */
typedef struct wv_edge {
    uint32_t a, b; /* vertices */
    int32_t x0, y0, x1, y1;
    uint32_t sides; /* first of its list, or WV_END */
    uint16_t frame; /* 1: part of the cell's frame */
    uint16_t dead;
} wv_edge;

/* left label - right label = sum of n * feature. */
typedef struct wv_side {
    uint64_t key;
    int32_t n;
    uint32_t next;
} wv_side;

typedef struct wv_split {
    uint32_t vertex, next;
} wv_split;

/* Part of an edge's box inside a bin. */
typedef struct wv_clip {
    int32_t x0, y0, x1, y1;
    uint32_t edge;
} wv_clip;

typedef struct wv_jump {
    int32_t t, n;
    uint64_t key;
} wv_jump;

typedef struct wv_cycle {
    int64_t area2, curve, length;
    uint32_t first;   /* half-edge */
    uint32_t low;     /* lowest vertex, leftmost of these */
    uint32_t parent;  /* cycle that bounds the face: itself when counter-clockwise */
    uint32_t sibling; /* next hole of the same face */
    uint32_t label;
    uint32_t kept; /* index among kept faces */
    int32_t box[4];
    uint32_t frame;
} wv_cycle;

typedef struct wv_label {
    uint32_t first, n; /* run in covers */
    uint32_t entry, n_faces;
    uint64_t hash;
    int64_t area, plane; /* sums of a fold, 2^-11 mm2 */
} wv_label;

#define WV_END UINT32_MAX
#define WV_LIST(type, name)                                                                        \
    type *name;                                                                                    \
    size_t n_##name, cap_##name

/* Arrays of one worker, reused from cell to cell. */
typedef struct wv_work {
    gt_ctx *ctx; /* of the running task, borrowed */
    int32_t side;
    WV_LIST(wv_point, points);
    WV_LIST(wv_edge, edges);
    WV_LIST(wv_side, sides);
    WV_LIST(wv_split, splits);
    WV_LIST(wv_jump, jumps);
    WV_LIST(wv_cover, covers);
    WV_LIST(wv_cover, running);
    WV_LIST(wv_cycle, cycles);
    WV_LIST(wv_label, labels);
    WV_LIST(uint32_t, point_hash);
    WV_LIST(uint32_t, edge_hash);
    WV_LIST(uint32_t, label_hash);
    WV_LIST(uint32_t, bin_start);
    WV_LIST(uint32_t, bin_edge);
    WV_LIST(uint32_t, edge_split); /* head of each edge's splits */
    WV_LIST(uint32_t, out_start);  /* half-edges leaving a vertex: run in out */
    WV_LIST(uint32_t, out);
    WV_LIST(uint32_t, next);
    WV_LIST(uint32_t, cycle_of);
    WV_LIST(uint32_t, stack);
    WV_LIST(int64_t, curve); /* of each edge */
    WV_LIST(wv_face, faces);
    WV_LIST(wv_border, borders);
    WV_LIST(wv_line, lines);
    WV_LIST(uint32_t, order);
    WV_LIST(uint64_t, keys);
    WV_LIST(wv_clip, clips);
    size_t n_given; /* vertices before crossings */
    int bin_shift;
    uint32_t bins; /* per row */
    uint32_t n_crossings;
    gt_weave_stats stats; /* of the cells folded */
} wv_work;

void gt_wv_work_free(gt_ctx *ctx, wv_work *work);

typedef struct wv_cell_in {
    int32_t side; /* mm */
    const wv_rec *recs;
    size_t n_recs;
    const wv_cover *corner; /* features over the lower left corner, sorted by key */
    size_t n_corner;
    wv_metric metric;
    int64_t sliver;       /* width in 2^-10 mm below which a face is thin */
    const bool *coverage; /* per layer: should it cover everything? NULL: all should */
    uint32_t n_coverage;  /* how many should */
    bool keep_lines;
    bool no_lengths; /* of faces: nobody will ask */
} wv_cell_in;

/* Builds the snap-rounded graph of a cell in work. */
gt_status gt_wv_graph(wv_work *work, const wv_cell_in *in) GT_CHECKED;
/* Faces, labels and areas of the graph in work; *out owned by the caller. */
gt_status gt_wv_faces(wv_work *work, const wv_cell_in *in, wv_cell **out) GT_CHECKED;
/* Result of a cell without edges: one face, or NULL when nothing covers it. */
gt_status gt_wv_plain(gt_ctx *ctx, const wv_cell_in *in, wv_cell **out) GT_CHECKED;

/* Areas of a cell without edges. */
void gt_wv_plain_area(const wv_cell_in *in, int64_t *area, int64_t *plane);

/* The same two, with areas added to rows instead of a result; worker: of the rows. */
struct wv_rows;
gt_status gt_wv_fold(wv_work *work, const wv_cell_in *in, struct wv_rows *rows,
                     int worker) GT_CHECKED;
gt_status gt_wv_fold_plain(wv_work *work, const wv_cell_in *in, struct wv_rows *rows,
                           int worker) GT_CHECKED;

/* Distributes live edges over the bins of the cell (counting sort); used by graph and face. */
gt_status gt_wv_bins(wv_work *work) GT_CHECKED;

#define WV_RESERVE(w, name, need)                                                                  \
    gt_grow((w)->ctx, (void **)&(w)->name, &(w)->cap_##name, (need), sizeof *(w)->name)

#endif
