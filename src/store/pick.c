/* Picking by box: cached statements, one snapshot, and the R-tree of busy layers in memory.
 *
 * The tree in memory is the layer's own: its _node table read as it stands (rtree.h), cells turned
 * to native floats. Nodes are few (one for 51 features) and read in one pass. */
#include "guotu/pick.h"

#include <stdlib.h>
#include <string.h>

#include "store/blob.h"
#include "store/internal.h"
#include "store/messages.h"

enum {
    KEEP_AFTER = 4, /* questions to a layer before its tree is kept, and one more for so many */
    NODES_A_QUESTION = 16, /* nodes: reading them takes as long (10 us each) as a question saves */
    CELL_BYTES = 24,
    MAX_CELLS = 51,
    MAX_DEPTH = 40
};

typedef struct node {
    float box[4][MAX_CELLS]; /* minx, maxx, miny, maxy by cell */
    int64_t id[MAX_CELLS];   /* node number, or fid in a leaf */
    int n;
} node;

typedef struct tree {
    node *nodes;
    int64_t *number; /* by node, ascending */
    size_t n, cap;
    int depth;
    bool dense; /* number[i] == i + 1 */
} tree;

typedef struct layer_pick {
    char *layer;
    size_t n_fields;
    gt_value *values;
    sqlite3_stmt *by_box, *by_fid;
    bool geometry;
    int64_t asked, keep_at; /* keep_at 0: not known yet */
    tree *index;            /* NULL: not kept */
    struct layer_pick *next;
} layer_pick;

struct gt_picker {
    gt_ctx *ctx;
    gt_store *store;
    sqlite3_stmt *version, *begin, *end;
    int64_t seen_version;
    int64_t seen_revision;
    int depth; /* of begin */
    layer_pick *layers;
    int64_t *found;
    size_t n_found, cap_found;
};

/* ---- life ------------------------------------------------------------------------------------ */

static void tree_free(gt_ctx *ctx, tree *t)
{
    if (t != NULL) {
        gt_free(ctx, t->nodes);
        gt_free(ctx, t->number);
        gt_free(ctx, t);
    }
}

static void drop_layers(gt_picker *p)
{
    while (p->layers != NULL) {
        layer_pick *l = p->layers;
        p->layers = l->next;
        (void)sqlite3_finalize(l->by_box);
        (void)sqlite3_finalize(l->by_fid);
        tree_free(p->ctx, l->index);
        gt_free(p->ctx, l->values);
        gt_free(p->ctx, l->layer);
        gt_free(p->ctx, l);
    }
}

gt_status gt_picker_new(gt_ctx *ctx, gt_store *store, gt_picker **out)
{
    gt_picker *p = gt_zalloc(ctx, 1, sizeof *p);
    if (p == NULL) {
        return GT_E_MEMORY;
    }
    p->ctx = ctx;
    p->store = store;
    p->seen_version = -1;
    gt_status st = gt_db_prepare(ctx, store->reader, "PRAGMA data_version", &p->version);
    if (st == GT_OK) {
        st = gt_db_prepare(ctx, store->reader, "BEGIN", &p->begin);
    }
    if (st == GT_OK) {
        st = gt_db_prepare(ctx, store->reader, "COMMIT", &p->end);
    }
    if (st != GT_OK) {
        gt_picker_free(p);
        return st;
    }
    *out = p;
    return GT_OK;
}

void gt_picker_free(gt_picker *p)
{
    if (p != NULL) {
        drop_layers(p);
        (void)sqlite3_finalize(p->version);
        (void)sqlite3_finalize(p->begin);
        (void)sqlite3_finalize(p->end);
        gt_free(p->ctx, p->found);
        gt_free(p->ctx, p);
    }
}

gt_status gt_picker_begin(gt_ctx *ctx, gt_picker *p)
{
    bool row = false;
    if (p->depth++ > 0) {
        return GT_OK;
    }
    gt_status st = GT_OK;
    if (sqlite3_get_autocommit(p->store->reader) != 0) {
        st = gt_db_run(ctx, p->begin);
    }
    if (st == GT_OK) {
        st = gt_db_step(ctx, p->version, &row);
    }
    int64_t version = st == GT_OK && row ? sqlite3_column_int64(p->version, 0) : -1;
    (void)sqlite3_reset(p->version);
    if (st == GT_OK &&
        (version != p->seen_version || p->seen_revision != p->store->registry.revision)) {
        drop_layers(p);
        p->seen_version = version;
        p->seen_revision = p->store->registry.revision;
    }
    if (st != GT_OK) {
        gt_picker_end(p);
    }
    return st;
}

void gt_picker_end(gt_picker *p)
{
    if (p->depth > 0 && --p->depth == 0 && sqlite3_get_autocommit(p->store->reader) == 0) {
        (void)sqlite3_step(p->end); /* only ends reading: there is nothing to lose */
        (void)sqlite3_reset(p->end);
    }
}

/* ---- statements ------------------------------------------------------------------------------ */

static gt_status prepare(gt_ctx *ctx, gt_picker *p, const gt_layer_rec *rec, bool by_fid,
                         sqlite3_stmt **out)
{
    gt_text sql;
    gt_text_init(&sql, ctx, 0);
    gt_text_puts(&sql, "SELECT t.fid, t.gt_id, t.gt_valid_from, t.gt_rev, t.geom");
    gt_put_fields(&sql, &rec->standard, "t.");
    gt_text_printf(&sql, " FROM \"%s\" t WHERE ", rec->standard.id);
    if (by_fid) {
        gt_text_puts(&sql, "t.fid = ?1");
    } else {
        gt_text_printf(&sql,
                       "t.fid IN (SELECT id FROM \"rtree_%s_geom\" WHERE maxx >= ?1 AND maxy >= ?2"
                       " AND minx <= ?3 AND miny <= ?4) ORDER BY 1",
                       rec->standard.id);
    }
    gt_status st = gt_db_prepare_text(ctx, p->store->reader, &sql, out);
    gt_text_free(&sql);
    return st;
}

static gt_status layer_of(gt_ctx *ctx, gt_picker *p, const char *id, layer_pick **out)
{
    for (layer_pick *l = p->layers; l != NULL; l = l->next) {
        if (strcmp(l->layer, id) == 0) {
            *out = l;
            return GT_OK;
        }
    }
    const gt_layer_rec *rec = gt_registry_find(&p->store->registry, id);
    if (rec == NULL) {
        return gt_registry_missing(ctx, &p->store->registry, id);
    }
    layer_pick *l = gt_zalloc(p->ctx, 1, sizeof *l);
    if (l == NULL) {
        return GT_E_MEMORY;
    }
    l->next = p->layers;
    p->layers = l;
    l->n_fields = rec->standard.n_fields;
    l->geometry = rec->column_type != GT_GEOM_NONE;
    l->layer = gt_strdup(ctx, id);
    l->values = gt_alloc(ctx, l->n_fields + 1, sizeof *l->values);
    gt_status st = l->layer == NULL || l->values == NULL ? GT_E_MEMORY : GT_OK;
    if (st == GT_OK && l->geometry) {
        st = prepare(ctx, p, rec, false, &l->by_box);
    }
    if (st == GT_OK && l->geometry) {
        st = prepare(ctx, p, rec, true, &l->by_fid);
    }
    if (st != GT_OK) {
        l->asked = 0;
        l->keep_at = 0;
        p->layers = l->next;
        l->next = NULL;
        gt_picker one = {.ctx = p->ctx, .layers = l};
        drop_layers(&one);
        return st;
    }
    *out = l;
    return GT_OK;
}

/* ---- the tree in memory ---------------------------------------------------------------------- */

static uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static float get_float(const uint8_t *p)
{
    uint32_t bits = get_u32(p);
    float f = 0;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* false when the blob is not a node. */
static bool decode(const uint8_t *data, size_t len, node *out)
{
    if (len < 4) {
        return false;
    }
    out->n = data[2] << 8 | data[3];
    if (out->n > MAX_CELLS || 4 + (size_t)out->n * CELL_BYTES > len) {
        return false;
    }
    for (int i = 0; i < out->n; i++) {
        const uint8_t *cell = data + 4 + (size_t)i * CELL_BYTES;
        out->id[i] = (int64_t)((uint64_t)get_u32(cell) << 32 | get_u32(cell + 4));
        for (int k = 0; k < 4; k++) {
            out->box[k][i] = get_float(cell + 8 + 4 * k);
        }
    }
    return true;
}

static gt_status add_node(gt_ctx *ctx, tree *t, sqlite3_stmt *s, const char *layer)
{
    const uint8_t *data = sqlite3_column_blob(s, 1);
    size_t len = (size_t)sqlite3_column_bytes(s, 1);
    if (t->n == t->cap) {
        size_t cap = t->cap < 8 ? 16 : 2 * t->cap;
        node *nodes = gt_realloc(ctx, t->nodes, cap, sizeof *nodes);
        t->nodes = nodes == NULL ? t->nodes : nodes;
        int64_t *number = nodes == NULL ? NULL : gt_realloc(ctx, t->number, cap, sizeof *number);
        if (number == NULL) {
            return GT_E_MEMORY;
        }
        t->number = number;
        t->cap = cap;
    }
    t->number[t->n] = sqlite3_column_int64(s, 0);
    t->dense = t->dense && t->number[t->n] == (int64_t)t->n + 1;
    if (data == NULL || !decode(data, len, &t->nodes[t->n])) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_STORE_BLOB, GT_PLACE(.layer = layer),
                       GT_ARGS(GT_TEXT("reason", "a node of the spatial index is damaged")));
    }
    if (t->number[t->n] == 1) {
        t->depth = data[0] << 8 | data[1];
    }
    t->n++;
    return GT_OK;
}

static gt_status load_tree(gt_ctx *ctx, gt_picker *p, layer_pick *l)
{
    gt_text sql;
    sqlite3_stmt *s = NULL;
    bool row = true;
    tree *t = gt_zalloc(ctx, 1, sizeof *t);
    if (t == NULL) {
        return GT_E_MEMORY;
    }
    t->dense = true;
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql, "SELECT nodeno, data FROM \"rtree_%s_geom_node\" ORDER BY nodeno",
                   l->layer);
    gt_status st = gt_db_prepare_text(ctx, p->store->reader, &sql, &s);
    while (st == GT_OK && row) {
        st = gt_check_cancel(ctx);
        st = st == GT_OK ? gt_db_step(ctx, s, &row) : st;
        if (st == GT_OK && row) {
            st = add_node(ctx, t, s, l->layer);
        }
    }
    (void)sqlite3_finalize(s);
    gt_text_free(&sql);
    if (st != GT_OK || t->depth > MAX_DEPTH) {
        tree_free(ctx, t);
        return st;
    }
    l->index = t;
    return GT_OK;
}

static const node *node_of(const tree *t, int64_t number)
{
    if (t->dense) {
        return number >= 1 && (size_t)number <= t->n ? &t->nodes[number - 1] : NULL;
    }
    size_t lo = 0, hi = t->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (t->number[mid] < number) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo < t->n && t->number[lo] == number ? &t->nodes[lo] : NULL;
}

static gt_status keep_found(gt_ctx *ctx, gt_picker *p, int64_t fid)
{
    void *block = p->found;
    gt_status st = gt_grow(ctx, &block, &p->cap_found, p->n_found + 1, sizeof *p->found);
    if (st == GT_OK) {
        p->found = block;
        p->found[p->n_found++] = fid;
    }
    return st;
}

/* Depth-first; a child that is not there (a damaged index) is left out, as SQLite would fail. */
static gt_status search(gt_ctx *ctx, gt_picker *p, const tree *t, const node *at, int level,
                        const gt_box *box)
{
    gt_status st = GT_OK;
    for (int i = 0; st == GT_OK && at != NULL && i < at->n; i++) {
        bool meets = (double)at->box[0][i] <= box->xmax && (double)at->box[1][i] >= box->xmin &&
                     (double)at->box[2][i] <= box->ymax && (double)at->box[3][i] >= box->ymin;
        if (meets && level == 0) {
            st = keep_found(ctx, p, at->id[i]);
        } else if (meets) {
            st = search(ctx, p, t, node_of(t, at->id[i]), level - 1, box);
        }
    }
    return st;
}

/* ---- picking --------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static gt_status give(gt_ctx *ctx, layer_pick *l, sqlite3_stmt *s, const gt_box *box,
                      gt_pick_fn each, void *user)
{
    enum { COL_FID, COL_ID, COL_FROM, COL_REV, COL_GEOM, COL_FIELDS };
    gt_blob_info info;
    gt_feature f = {.blob = sqlite3_column_blob(s, COL_GEOM),
                    .blob_len = (size_t)sqlite3_column_bytes(s, COL_GEOM)};
    if (f.blob == NULL) {
        return GT_OK;
    }
    f.id = (const char *)sqlite3_column_text(s, COL_ID);
    f.id = f.id == NULL ? "" : f.id;
    const char *reason = gt_blob_look(f.blob, f.blob_len, &info);
    if (reason != NULL) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_STORE_BLOB,
                       GT_PLACE(.layer = l->layer, .feature = f.id),
                       GT_ARGS(GT_TEXT("reason", reason)));
    }
    f.box = info.box;
    if (gt_box_is_empty(f.box) || !gt_box_meets(f.box, *box)) {
        return GT_OK;
    }
    f.row = sqlite3_column_int64(s, COL_FID);
    f.valid_from = gt_db_column_date(s, COL_FROM);
    f.valid_to = GT_DATE_NONE;
    f.rev_from = sqlite3_column_int64(s, COL_REV);
    f.values = l->values;
    f.n_values = l->n_fields;
    for (size_t i = 0; i < l->n_fields; i++) {
        gt_column_value(s, COL_FIELDS + (int)i, &l->values[i]);
    }
    return each(ctx, user, &f);
}

static gt_status by_tree(gt_ctx *ctx, gt_picker *p, layer_pick *l, const gt_box *box,
                         gt_pick_fn each, void *user)
{
    bool row = false;
    p->n_found = 0;
    gt_status st = search(ctx, p, l->index, node_of(l->index, 1), l->index->depth, box);
    if (st == GT_OK && p->n_found > 1) {
        qsort(p->found, p->n_found, sizeof *p->found, by_number);
    }
    for (size_t i = 0; st == GT_OK && i < p->n_found; i++) {
        st = gt_check_cancel(ctx);
        (void)sqlite3_bind_int64(l->by_fid, 1, p->found[i]);
        st = st == GT_OK ? gt_db_step(ctx, l->by_fid, &row) : st;
        if (st == GT_OK && row) {
            st = give(ctx, l, l->by_fid, box, each, user);
        }
        (void)sqlite3_reset(l->by_fid);
    }
    return st;
}

static gt_status by_statement(gt_ctx *ctx, layer_pick *l, const gt_box *box, gt_pick_fn each,
                              void *user)
{
    bool row = true;
    gt_status st = GT_OK;
    const double sides[4] = {box->xmin, box->ymin, box->xmax, box->ymax};
    for (int i = 0; i < 4; i++) {
        (void)sqlite3_bind_double(l->by_box, i + 1, sides[i]);
    }
    while (st == GT_OK && row) {
        st = gt_check_cancel(ctx);
        st = st == GT_OK ? gt_db_step(ctx, l->by_box, &row) : st;
        if (st == GT_OK && row) {
            st = give(ctx, l, l->by_box, box, each, user);
        }
    }
    (void)sqlite3_reset(l->by_box);
    return st;
}

/* When the tree pays: a large one stops the check that reads it (1 s for 5 M features), so it is
 * read once as much has been spent without it. */
static gt_status when_to_keep(gt_ctx *ctx, gt_picker *p, layer_pick *l)
{
    gt_text sql;
    sqlite3_stmt *s = NULL;
    bool row = false;
    gt_text_init(&sql, ctx, 0);
    gt_text_printf(&sql, "SELECT max(nodeno) FROM \"rtree_%s_geom_node\"", l->layer);
    gt_status st = gt_db_prepare_text(ctx, p->store->reader, &sql, &s);
    st = st == GT_OK ? gt_db_step(ctx, s, &row) : st;
    l->keep_at = KEEP_AFTER + (row ? sqlite3_column_int64(s, 0) : 0) / NODES_A_QUESTION;
    (void)sqlite3_finalize(s);
    gt_text_free(&sql);
    return st;
}

gt_status gt_picker_find(gt_ctx *ctx, gt_picker *p, const char *layer, gt_box box, gt_pick_fn each,
                         void *user)
{
    layer_pick *l = NULL;
    gt_status st = layer_of(ctx, p, layer, &l);
    if (st != GT_OK || l == NULL || !l->geometry) {
        return st;
    }
    if (l->index == NULL && l->keep_at == 0) {
        st = when_to_keep(ctx, p, l);
    }
    if (st == GT_OK && l->index == NULL && ++l->asked > l->keep_at) {
        st = load_tree(ctx, p, l);
    }
    if (st != GT_OK) {
        return st;
    }
    return l->index != NULL ? by_tree(ctx, p, l, &box, each, user)
                            : by_statement(ctx, l, &box, each, user);
}
