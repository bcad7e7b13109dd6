#include "store/rtree.h"

#include <math.h>
#include <string.h>

#include "store/db.h"
#include "store/messages.h"

enum {
    CELL_BYTES = 24, /* i64 and 4 float32 */
    MAX_LEVELS = 40, /* RTREE_MAX_DEPTH of the module */
    MAX_CELLS = 51   /* RTREE_MAXCELLS */
};

/* ---- boxes ----------------------------------------------------------------------------------- */

/* 1 -+ 2^-23: the module's own steps, kept so that our boxes have the same bits as its. */
#define ROUND_TOWARDS (1.0 - 1.0 / 8388608.0)
#define ROUND_AWAY    (1.0 + 1.0 / 8388608.0)

static float value_down(double d)
{
    float f = (float)d;
    return (double)f > d ? (float)(d * (d < 0 ? ROUND_AWAY : ROUND_TOWARDS)) : f;
}

static float value_up(double d)
{
    float f = (float)d;
    return (double)f < d ? (float)(d * (d < 0 ? ROUND_TOWARDS : ROUND_AWAY)) : f;
}

void gt_rtree_box(gt_box box, float out[4])
{
    out[0] = value_down(box.xmin);
    out[1] = value_up(box.xmax);
    out[2] = value_down(box.ymin);
    out[3] = value_up(box.ymax);
}

static uint32_t quantize(double v, double half)
{
    double unit = (v + half) / (2 * half) * 4294967296.0;
    return !(unit > 0) ? 0 : unit >= 4294967295.0 ? UINT32_MAX : (uint32_t)unit;
}

uint64_t gt_rtree_key(gt_box box, double half)
{
    uint32_t x = quantize(box.xmin / 2 + box.xmax / 2, half);
    uint32_t y = quantize(box.ymin / 2 + box.ymax / 2, half);
    uint64_t key = 0;
    for (int bit = 31; bit >= 0; bit--) {
        uint32_t rx = x >> bit & 1U, ry = y >> bit & 1U;
        key = key << 2 | ((3U * rx) ^ ry);
        if (ry == 0) { /* turn the quadrant, so that the curve stays in one piece */
            if (rx == 1) {
                x = ~x;
                y = ~y;
            }
            uint32_t swap = x;
            x = y;
            y = swap;
        }
    }
    return key;
}

/* ---- packing --------------------------------------------------------------------------------- */

typedef struct node { /* the open node of one level */
    unsigned n;
    int64_t id[MAX_CELLS];
    float box[MAX_CELLS][4];
} node;

typedef struct packer {
    gt_ctx *ctx;
    sqlite3_stmt *put_node, *put_parent;
    gt_sorter *rows; /* key = fid, id = leaf */
    int64_t next_node;
    size_t node_bytes;
    unsigned cells;
    unsigned n_levels;
    node *levels;
    uint8_t bytes[4 + CELL_BYTES * MAX_CELLS + 64];
} packer;

static void put_big(uint8_t *p, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        p[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    }
}

static gt_status write_node(packer *p, const node *n, int64_t number, unsigned depth)
{
    memset(p->bytes, 0, p->node_bytes);
    put_big(p->bytes, depth, 2);
    put_big(p->bytes + 2, n->n, 2);
    for (unsigned i = 0; i < n->n; i++) {
        uint8_t *cell = p->bytes + 4 + (size_t)CELL_BYTES * i;
        put_big(cell, (uint64_t)n->id[i], 8);
        for (int k = 0; k < 4; k++) {
            uint32_t bits = 0;
            memcpy(&bits, &n->box[i][k], sizeof bits);
            put_big(cell + 8 + 4 * k, bits, 4);
        }
    }
    (void)sqlite3_bind_int64(p->put_node, 1, number);
    (void)sqlite3_bind_blob(p->put_node, 2, p->bytes, (int)p->node_bytes, SQLITE_STATIC);
    return gt_db_run(p->ctx, p->put_node);
}

/* Notes where the cells of a written node lie. */
static gt_status write_links(packer *p, const node *n, int64_t number, unsigned level)
{
    gt_status st = GT_OK;
    for (unsigned i = 0; st == GT_OK && i < n->n; i++) {
        if (level == 0) {
            const gt_sort_item item = {.key = (uint64_t)n->id[i], .id = (uint64_t)number};
            st = gt_sorter_add(p->ctx, p->rows, &item);
        } else {
            (void)sqlite3_bind_int64(p->put_parent, 1, n->id[i]);
            (void)sqlite3_bind_int64(p->put_parent, 2, number);
            st = gt_db_run(p->ctx, p->put_parent);
        }
    }
    return st;
}

static void union_of(const node *n, float out[4])
{
    memcpy(out, n->box[0], 4 * sizeof *out);
    for (unsigned i = 1; i < n->n; i++) {
        out[0] = fminf(out[0], n->box[i][0]);
        out[1] = fmaxf(out[1], n->box[i][1]);
        out[2] = fminf(out[2], n->box[i][2]);
        out[3] = fmaxf(out[3], n->box[i][3]);
    }
}

static void add_cell(node *n, int64_t id, const float box[4])
{
    n->id[n->n] = id;
    memcpy(n->box[n->n], box, 4 * sizeof *box);
    n->n++;
}

/* Writes the open node of a level and hands it to the level above, where full nodes are written
 * first. A full node waits until one more cell comes, so that the last of a level may become the
 * root. */
static gt_status close_level(packer *p, unsigned level)
{
    unsigned high = level;
    while (high + 1 < MAX_LEVELS && p->levels[high + 1].n == p->cells) {
        high++;
    }
    if (high + 1 >= MAX_LEVELS) {
        return gt_fail(p->ctx, GT_E_LIMIT, &GT_MSG_STORE_TOO_BIG, GT_NOWHERE, GT_NO_ARGS);
    }
    p->n_levels = high + 2 > p->n_levels ? high + 2 : p->n_levels;
    gt_status st = GT_OK;
    for (unsigned k = high + 1; st == GT_OK && k-- > level;) {
        node *n = &p->levels[k];
        int64_t number = p->next_node++;
        float box[4];
        st = write_node(p, n, number, 0);
        st = st == GT_OK ? write_links(p, n, number, k) : st;
        union_of(n, box);
        n->n = 0;
        add_cell(n + 1, number, box);
    }
    return st;
}

static gt_status add_entry(packer *p, int64_t id, const float box[4])
{
    gt_status st = p->levels[0].n == p->cells ? close_level(p, 0) : GT_OK;
    if (st == GT_OK) {
        add_cell(&p->levels[0], id, box);
    }
    return st;
}

/* Closes what is open from the leaves up; the single node at the top becomes node 1. */
static gt_status finish_tree(packer *p)
{
    gt_status st = GT_OK;
    unsigned top = 0;
    for (; st == GT_OK && top + 1 < p->n_levels; top++) {
        st = close_level(p, top);
    }
    if (st != GT_OK) {
        return st;
    }
    top = p->n_levels - 1;
    st = write_node(p, &p->levels[top], 1, top);
    return st == GT_OK ? write_links(p, &p->levels[top], 1, top) : st;
}

static gt_status write_rowids(packer *p, sqlite3 *db, const char *layer)
{
    gt_text sql;
    sqlite3_stmt *put = NULL;
    gt_sort_item item;
    bool more = true;
    gt_text_init(&sql, p->ctx, 0);
    gt_text_printf(&sql, "INSERT INTO \"rtree_%s_geom_rowid\"(rowid, nodeno) VALUES(?1, ?2)",
                   layer);
    gt_status st = gt_db_prepare_text(p->ctx, db, &sql, &put);
    st = st == GT_OK ? gt_sorter_finish(p->ctx, p->rows) : st;
    while (st == GT_OK) {
        st = gt_sorter_next(p->ctx, p->rows, &item, &more);
        if (st != GT_OK || !more) {
            break;
        }
        (void)sqlite3_bind_int64(put, 1, (int64_t)item.key);
        (void)sqlite3_bind_int64(put, 2, (int64_t)item.id);
        st = gt_db_run(p->ctx, put);
    }
    (void)sqlite3_finalize(put);
    gt_text_free(&sql);
    return st;
}

static gt_status start(packer *p, sqlite3 *db, const char *layer)
{
    gt_text sql;
    int64_t bytes = 0;
    gt_text_init(&sql, p->ctx, 0);
    gt_text_printf(&sql, "SELECT length(data) FROM \"rtree_%s_geom_node\" WHERE nodeno = 1", layer);
    gt_status st = gt_text_status(&sql);
    st = st == GT_OK ? gt_db_int(p->ctx, db, gt_text_cstr(&sql), 0, &bytes) : st;
    if (st == GT_OK && (bytes < 4 + 4 * CELL_BYTES || bytes > (int64_t)sizeof p->bytes)) {
        st = gt_fail(p->ctx, GT_E_INPUT, &GT_MSG_STORE_DAMAGED, GT_PLACE(.layer = layer),
                     GT_ARGS(GT_TEXT("reason", "R-tree node size")));
    }
    if (st == GT_OK) {
        p->node_bytes = (size_t)bytes;
        p->cells = (unsigned)((bytes - 4) / CELL_BYTES);
        p->cells = p->cells > MAX_CELLS ? MAX_CELLS : p->cells;
    }
    gt_text_clear(&sql);
    gt_text_printf(&sql,
                   "DELETE FROM \"rtree_%s_geom_node\"; DELETE FROM \"rtree_%s_geom_rowid\";"
                   "DELETE FROM \"rtree_%s_geom_parent\";",
                   layer, layer, layer);
    st = st == GT_OK ? gt_db_exec_text(p->ctx, db, &sql) : st;
    gt_text_clear(&sql);
    gt_text_printf(&sql, "INSERT INTO \"rtree_%s_geom_node\"(nodeno, data) VALUES(?1, ?2)", layer);
    st = st == GT_OK ? gt_db_prepare_text(p->ctx, db, &sql, &p->put_node) : st;
    gt_text_clear(&sql);
    gt_text_printf(&sql, "INSERT INTO \"rtree_%s_geom_parent\"(nodeno, parentnode) VALUES(?1, ?2)",
                   layer);
    st = st == GT_OK ? gt_db_prepare_text(p->ctx, db, &sql, &p->put_parent) : st;
    gt_text_free(&sql);
    return st;
}

gt_status gt_rtree_pack(gt_ctx *ctx, sqlite3 *db, const char *layer, const char *dir,
                        gt_sorter *items)
{
    enum { ROW_BUFFER = 1 << 19 };
    packer p = {.ctx = ctx, .next_node = 2, .n_levels = 1};
    gt_sort_item item;
    bool more = true;
    gt_status st = GT_OK;
    p.levels = gt_zalloc(ctx, MAX_LEVELS, sizeof *p.levels);
    if (p.levels == NULL) {
        return GT_E_MEMORY;
    }
    st = gt_sorter_new(ctx, dir, ROW_BUFFER, &p.rows);
    st = st == GT_OK ? start(&p, db, layer) : st;
    while (st == GT_OK) {
        st = gt_sorter_next(ctx, items, &item, &more);
        if (st != GT_OK || !more) {
            break;
        }
        st = add_entry(&p, (int64_t)item.id, item.box);
    }
    st = st == GT_OK ? finish_tree(&p) : st;
    st = st == GT_OK ? write_rowids(&p, db, layer) : st;
    (void)sqlite3_finalize(p.put_node);
    (void)sqlite3_finalize(p.put_parent);
    gt_sorter_free(ctx, p.rows);
    gt_free(ctx, p.levels);
    return st;
}

/* ---- reading the root
 * ---------------------------------------------------------------------------- */

static uint32_t big_at(const uint8_t *p, int bytes)
{
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++) {
        value = value << 8 | p[i];
    }
    return value;
}

gt_status gt_rtree_bounds(gt_ctx *ctx, sqlite3 *db, const char *layer, float out[4], bool *some)
{
    gt_text sql;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    node *root = gt_zalloc(ctx, 1, sizeof *root);
    *some = false;
    if (root == NULL) {
        return GT_E_MEMORY;
    }
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql, "SELECT data FROM \"rtree_%s_geom_node\" WHERE nodeno = 1", layer);
    gt_status st = gt_db_prepare_text(ctx, db, &sql, &stmt);
    st = st == GT_OK ? gt_db_step(ctx, stmt, &row) : st;
    const uint8_t *data = st == GT_OK && row ? sqlite3_column_blob(stmt, 0) : NULL;
    size_t len = data == NULL ? 0 : (size_t)sqlite3_column_bytes(stmt, 0);
    size_t n = len < 4 ? 0 : big_at(data + 2, 2);
    if (st == GT_OK && (len < 4 || n > MAX_CELLS || 4 + n * CELL_BYTES > len)) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_STORE_DAMAGED, GT_PLACE(.layer = layer),
                     GT_ARGS(GT_TEXT("reason", "R-tree root")));
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        float box[4];
        for (size_t k = 0; k < 4; k++) {
            uint32_t bits = big_at(data + 4 + i * CELL_BYTES + 8 + 4 * k, 4);
            memcpy(&box[k], &bits, sizeof bits);
        }
        add_cell(root, 0, box);
    }
    if (st == GT_OK && n > 0) {
        union_of(root, out);
        *some = true;
    }
    (void)sqlite3_finalize(stmt);
    gt_text_free(&sql);
    gt_free(ctx, root);
    return st;
}
