/* The registry: layers with their standards and present figures, kept in memory while a workspace
 * is open and written once per layer and revision. */
#include <math.h>
#include <string.h>

#include "store/internal.h"
#include "store/messages.h"

bool gt_box_is_empty(gt_box box)
{
    return !(box.xmin <= box.xmax);
}

void gt_box_add(gt_box *to, gt_box other)
{
    if (gt_box_is_empty(other)) {
        return;
    }
    if (gt_box_is_empty(*to)) {
        *to = other;
        return;
    }
    to->xmin = fmin(to->xmin, other.xmin);
    to->ymin = fmin(to->ymin, other.ymin);
    to->xmax = fmax(to->xmax, other.xmax);
    to->ymax = fmax(to->ymax, other.ymax);
}

/* Knuth's two-sum: the rounding error of each step is kept, so that the sum after any sequence of
 * additions and removals is the correctly rounded one but for errors of the second order. */
void gt_area_add(gt_layer_rec *rec, double m2)
{
    double sum = rec->area + m2;
    double part = sum - rec->area;
    rec->area_low += (rec->area - (sum - part)) + (m2 - part);
    rec->area = sum;
}

/* ---- loading --------------------------------------------------------------------------------- */

static const char LAYER_SQL[] =
    "SELECT l.number, l.n_features, l.n_history, l.area_m2, l.area_low, l.min_x, l.min_y, l.max_x,"
    " l.max_y, l.valid_from, l.revision, l.next_fid, d.definition FROM gt_layer l JOIN gt_layer_def"
    " d ON d.layer = l.number AND d.rev = (SELECT max(rev) FROM gt_layer_def WHERE layer = "
    "l.number)"
    " ORDER BY l.number";

static gt_status read_layer(gt_ctx *ctx, sqlite3_stmt *stmt, gt_registry *reg, gt_layer_rec *rec)
{
    const char *json = (const char *)sqlite3_column_text(stmt, 12);
    rec->number = sqlite3_column_int64(stmt, 0);
    rec->n_features = sqlite3_column_int64(stmt, 1);
    rec->n_history = sqlite3_column_int64(stmt, 2);
    rec->area = sqlite3_column_double(stmt, 3);
    rec->area_low = sqlite3_column_double(stmt, 4);
    rec->box = gt_db_column_box(stmt, 5);
    rec->valid_from = gt_db_column_date(stmt, 9);
    rec->revision = sqlite3_column_int64(stmt, 10);
    rec->next_fid = sqlite3_column_int64(stmt, 11);
    return gt_standard_from_json(ctx, reg->arena, json == NULL ? "" : json, rec);
}

static gt_status load_layers(gt_ctx *ctx, sqlite3 *db, gt_registry *reg)
{
    int64_t n = 0;
    bool row = false;
    sqlite3_stmt *stmt = NULL;
    gt_status st = gt_db_int(ctx, db, "SELECT count(*) FROM gt_layer", 0, &n);
    if (st != GT_OK) {
        return st;
    }
    reg->layers = gt_arena_zalloc(reg->arena, (size_t)n + 1, sizeof *reg->layers);
    st = reg->layers == NULL ? GT_E_MEMORY : gt_db_prepare(ctx, db, LAYER_SQL, &stmt);
    st = st == GT_OK ? gt_db_step(ctx, stmt, &row) : st;
    while (st == GT_OK && row && reg->n_layers < (size_t)n) {
        st = read_layer(ctx, stmt, reg, &reg->layers[reg->n_layers]);
        if (st == GT_OK) {
            reg->n_layers++;
            st = gt_db_step(ctx, stmt, &row);
        }
    }
    (void)sqlite3_finalize(stmt);
    return st;
}

static gt_status load_head(gt_ctx *ctx, sqlite3 *db, gt_registry *reg)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    gt_status st =
        gt_db_prepare(ctx, db, "SELECT id, hash FROM gt_revision ORDER BY id DESC LIMIT 1", &stmt);
    st = st == GT_OK ? gt_db_step(ctx, stmt, &row) : st;
    if (st == GT_OK && row) {
        const void *hash = sqlite3_column_blob(stmt, 1);
        reg->revision = sqlite3_column_int64(stmt, 0);
        if (hash == NULL || sqlite3_column_bytes(stmt, 1) != GT_HASH_BYTES) {
            st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_STORE_DAMAGED, GT_NOWHERE,
                         GT_ARGS(GT_TEXT("reason", "gt_revision.hash")));
        } else {
            memcpy(reg->head, hash, GT_HASH_BYTES);
        }
    }
    (void)sqlite3_finalize(stmt);
    return st;
}

gt_status gt_registry_load(gt_ctx *ctx, sqlite3 *db, gt_registry *out)
{
    gt_registry reg = {0};
    /* one read transaction, so that layers and head belong to the same revision */
    bool outer = sqlite3_get_autocommit(db) == 0;
    gt_status st = gt_arena_new(ctx, 0, &reg.arena);
    st = st == GT_OK && !outer ? gt_db_exec(ctx, db, "BEGIN") : st;
    if (st == GT_OK) {
        st = load_layers(ctx, db, &reg);
        st = st == GT_OK ? load_head(ctx, db, &reg) : st;
        if (!outer) {
            (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
        }
    }
    if (st == GT_OK) {
        *out = reg;
    } else {
        gt_registry_free(&reg);
    }
    return st;
}

void gt_registry_free(gt_registry *reg)
{
    gt_arena_free(reg->arena);
    memset(reg, 0, sizeof *reg);
}

gt_layer_rec *gt_registry_find(const gt_registry *reg, const char *id)
{
    for (size_t i = 0; id != NULL && i < reg->n_layers; i++) {
        if (strcmp(reg->layers[i].standard.id, id) == 0) {
            return &reg->layers[i];
        }
    }
    return NULL;
}

/* Levenshtein distance, given up above the longest id. */
static unsigned distance(const char *a, const char *b)
{
    enum { MAX = 64 };
    unsigned row[MAX + 1];
    size_t n = strlen(a), m = strlen(b);
    if (n > MAX || m > MAX) {
        return MAX;
    }
    for (unsigned j = 0; j <= m; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= n; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= m; j++) {
            unsigned swap = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            unsigned shift = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = swap < shift ? swap : shift;
        }
    }
    return row[m];
}

gt_status gt_registry_missing(gt_ctx *ctx, const gt_registry *reg, const char *id)
{
    enum { NEAR = 4 }; /* edits; a third of a short name at most */
    const char *wanted = id == NULL ? "" : id, *near = NULL;
    unsigned best = NEAR;
    for (size_t i = 0; i < reg->n_layers; i++) {
        const char *name = reg->layers[i].standard.id;
        unsigned d = distance(wanted, name);
        if (d < best && 3 * d <= strlen(name) + 1) {
            best = d;
            near = name;
        }
    }
    if (near == NULL) {
        return gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_STORE_NO_LAYER, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("id", wanted)));
    }
    return gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_STORE_NO_LAYER_NEAR, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("id", wanted), GT_TEXT("near", near)));
}

gt_status gt_registry_save(gt_ctx *ctx, sqlite3 *db, const gt_layer_rec *rec)
{
    sqlite3_stmt *stmt = NULL;
    gt_status st = gt_db_prepare(ctx, db,
                                 "INSERT OR REPLACE INTO gt_layer(number, id, n_features, "
                                 "n_history, area_m2, area_low, min_x,"
                                 " min_y, max_x, max_y, valid_from, revision, next_fid)"
                                 " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)",
                                 &stmt);
    if (st != GT_OK) {
        return st;
    }
    (void)sqlite3_bind_int64(stmt, 1, rec->number);
    (void)sqlite3_bind_text(stmt, 2, rec->standard.id, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(stmt, 3, rec->n_features);
    (void)sqlite3_bind_int64(stmt, 4, rec->n_history);
    (void)sqlite3_bind_double(stmt, 5, rec->area);
    (void)sqlite3_bind_double(stmt, 6, rec->area_low);
    gt_db_bind_box(stmt, 7, &rec->box);
    gt_db_bind_date(stmt, 11, rec->valid_from);
    (void)sqlite3_bind_int64(stmt, 12, rec->revision);
    (void)sqlite3_bind_int64(stmt, 13, rec->next_fid);
    st = gt_db_run(ctx, stmt);
    (void)sqlite3_finalize(stmt);
    return st;
}
