#include "synth/terrain.h"

#include <math.h>
#include <string.h>

#include "synth/messages.h"
#include "synth/noise.h"

/* ---- source grid
 * --------------------------------------------------------------------------------- */

typedef struct source {
    const sy_relief *r;
    const sy_fields *f;
    uint32_t *cell_of; /* source cell that holds each field cell; UINT32_MAX outside */
    float *gx, *gy;    /* place of each field cell in source columns and rows */
} source;

static void source_place(const source *s, size_t k, double *gx, double *gy)
{
    sy_pt p = sy_cell_centre(s->f, k);
    double x = sy_metres(s->f->world->ox, p.x), y = sy_metres(s->f->world->oy, p.y);
    if (s->r->degrees) {
        double lon, lat;
        gt_plane_inverse(s->r->plane, x, y, &lon, &lat);
        x = lon * (180.0 / 3.14159265358979323846);
        y = lat * (180.0 / 3.14159265358979323846);
    }
    *gx = (x - s->r->x0) / s->r->dx;
    *gy = (y - s->r->y0) / s->r->dy;
}

static double source_at(const sy_relief *r, int col, int row)
{
    col = col < 0 ? 0 : col >= r->n_cols ? r->n_cols - 1 : col;
    row = row < 0 ? 0 : row >= r->n_rows ? r->n_rows - 1 : row;
    return (double)r->z[(size_t)row * (size_t)r->n_cols + (size_t)col];
}

/* Catmull-Rom through four values. */
static double cubic(const double v[4], double t)
{
    return v[1] + 0.5 * t *
                      (v[2] - v[0] +
                       t * (2 * v[0] - 5 * v[1] + 4 * v[2] - v[3] +
                            t * (3 * (v[1] - v[2]) + v[3] - v[0])));
}

static double bicubic(const sy_relief *r, double gx, double gy)
{
    int i = (int)floor(gx), j = (int)floor(gy);
    double col[4];
    for (int b = 0; b < 4; b++) {
        double row[4];
        for (int a = 0; a < 4; a++) {
            row[a] = source_at(r, i - 1 + a, j - 1 + b);
        }
        col[b] = cubic(row, gx - i);
    }
    return cubic(col, gy - j);
}

/* Per source cell: largest difference among the 3 x 3 cells around. */
static void spreads(const sy_relief *r, float *out)
{
    for (int row = 0; row < r->n_rows; row++) {
        for (int col = 0; col < r->n_cols; col++) {
            double lo = INFINITY, hi = -INFINITY;
            for (int d = 0; d < 9; d++) {
                double v = source_at(r, col + d % 3 - 1, row + d / 3 - 1);
                lo = fmin(lo, v), hi = fmax(hi, v);
            }
            out[(size_t)row * (size_t)r->n_cols + (size_t)col] = (float)(hi - lo);
        }
    }
}

static gt_status check_relief(gt_ctx *ctx, const sy_relief *r)
{
    if (r->z == NULL || r->n_cols < 2 || r->n_rows < 2 || !(fabs(r->dx) > 0) ||
        !(fabs(r->dy) > 0)) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SYNTH_NO_RELIEF, GT_PLACE(.layer = "terrain"),
                       GT_ARGS(GT_INT("cols", r->n_cols), GT_INT("rows", r->n_rows)));
    }
    for (size_t i = 0, n = (size_t)r->n_cols * (size_t)r->n_rows; i < n; i++) {
        if (!isfinite(r->z[i])) {
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SYNTH_RELIEF_NAN,
                           GT_PLACE(.layer = "terrain", .row = (long long)i / r->n_cols + 1),
                           GT_ARGS(GT_INT("col", (long long)i % r->n_cols + 1)));
        }
    }
    return GT_OK;
}

/* First guess, and which source cell each field cell lies in. */
static gt_status lay_out(gt_ctx *ctx, source *s, sy_fields *f)
{
    size_t n = (size_t)f->n * (size_t)f->n;
    for (size_t k = 0; k < n; k++) {
        double gx, gy;
        source_place(s, k, &gx, &gy);
        s->gx[k] = (float)gx, s->gy[k] = (float)gy;
        int col = (int)floor(gx + 0.5), row = (int)floor(gy + 0.5);
        bool inside = col >= 0 && row >= 0 && col < s->r->n_cols && row < s->r->n_rows;
        s->cell_of[k] =
            inside ? (uint32_t)row * (uint32_t)s->r->n_cols + (uint32_t)col : UINT32_MAX;
        if (!inside && f->unit[k] >= 0) {
            sy_pt p = sy_cell_centre(f, k);
            return gt_fail(ctx, GT_E_INPUT, &GT_MSG_SYNTH_RELIEF_EXTENT,
                           GT_PLACE(.layer = "terrain", .has_xy = true,
                                    .x = sy_metres(f->world->ox, p.x),
                                    .y = sy_metres(f->world->oy, p.y)),
                           GT_NO_ARGS);
        }
        f->of[SY_F_HEIGHT][k] = (float)bicubic(s->r, gx, gy);
    }
    return GT_OK;
}

/* Detail: ridged in the mountains, gentle on the plain; 7 octaves from 9 km down to the grid. Its
 * strength is the spread of the source, interpolated: no seams where source cells meet. */
static gt_status add_detail(gt_ctx *ctx, const source *s, uint64_t seed, sy_fields *f)
{
    float *spread = gt_alloc(ctx, (size_t)s->r->n_cols * (size_t)s->r->n_rows, sizeof *spread);
    if (spread == NULL) {
        return GT_E_MEMORY;
    }
    spreads(s->r, spread);
    sy_relief r = *s->r;
    r.z = spread;
    for (size_t k = 0, n = (size_t)f->n * (size_t)f->n; k < n; k++) {
        double rough = fmax(bicubic(&r, s->gx[k], s->gy[k]), 0);
        sy_pt p = sy_cell_centre(f, k);
        double x = p.x / 9.0e6, y = p.y / 9.0e6;
        double soft = sy_fbm(seed, x, y, 7, 0.55);
        double ridge = 1.0 - 2.6 * fabs(sy_fbm(seed ^ 0xabcd, x, y, 6, 0.5));
        double m = rough / (rough + 150.0); /* 150 m of spread between neighbours: hilly */
        double h = (1.5 + 0.55 * rough) * ((1 - 0.6 * m) * soft + 0.6 * m * ridge);
        f->of[SY_F_HEIGHT][k] += (float)h;
    }
    gt_free(ctx, spread);
    return GT_OK;
}

/* Adds the interpolated residual of the block means until they agree. */
static gt_status keep_means(gt_ctx *ctx, const source *s, sy_fields *f)
{
    size_t cells = (size_t)s->r->n_cols * (size_t)s->r->n_rows;
    size_t n = (size_t)f->n * (size_t)f->n;
    double *sum = gt_alloc(ctx, cells, sizeof *sum);
    uint32_t *count = gt_alloc(ctx, cells, sizeof *count);
    float *residual = gt_alloc(ctx, cells, sizeof *residual);
    gt_status st = GT_E_MEMORY;
    if (sum == NULL || count == NULL || residual == NULL) {
        goto done;
    }
    sy_relief r = *s->r;
    r.z = residual;
    for (int round = 0; round < 40; round++) {
        memset(sum, 0, cells * sizeof *sum);
        memset(count, 0, cells * sizeof *count);
        for (size_t k = 0; k < n; k++) {
            if (s->cell_of[k] != UINT32_MAX) {
                sum[s->cell_of[k]] += (double)f->of[SY_F_HEIGHT][k];
                count[s->cell_of[k]]++;
            }
        }
        double worst = 0;
        for (size_t c = 0; c < cells; c++) {
            double v = count[c] > 0 ? (double)s->r->z[c] - sum[c] / count[c] : 0;
            residual[c] = (float)v;
            worst = fmax(worst, fabs(v));
        }
        if (worst < 0.1) {
            break;
        }
        for (size_t k = 0; k < n; k++) { /* 1.3: over-relaxed, 12 rounds instead of 30 */
            f->of[SY_F_HEIGHT][k] += (float)(1.3 * bicubic(&r, s->gx[k], s->gy[k]));
        }
        st = gt_check_cancel(ctx);
        if (st != GT_OK) {
            goto done;
        }
    }
    st = GT_OK;
done:
    gt_free(ctx, sum);
    gt_free(ctx, count);
    gt_free(ctx, residual);
    return st;
}

gt_status sy_terrain_fill(gt_ctx *ctx, const sy_relief *relief, uint64_t seed, sy_fields *f)
{
    gt_status st = check_relief(ctx, relief);
    if (st != GT_OK) {
        return st;
    }
    size_t n = (size_t)f->n * (size_t)f->n;
    source s = {.r = relief, .f = f};
    s.cell_of = gt_alloc(ctx, n, sizeof *s.cell_of);
    s.gx = gt_alloc(ctx, n, sizeof *s.gx);
    s.gy = gt_alloc(ctx, n, sizeof *s.gy);
    st = s.cell_of == NULL || s.gx == NULL || s.gy == NULL ? GT_E_MEMORY : GT_OK;
    if (st == GT_OK) {
        st = lay_out(ctx, &s, f);
    }
    double step = relief->degrees ? fabs(relief->dy) * 111000.0 : fabs(relief->dy);
    if (st == GT_OK && step > 3e-3 * f->cell) { /* source coarser than three cells */
        st = add_detail(ctx, &s, seed, f);
        st = st == GT_OK ? keep_means(ctx, &s, f) : st;
    }
    gt_free(ctx, s.cell_of);
    gt_free(ctx, s.gx);
    gt_free(ctx, s.gy);
    return st;
}

/* ---- rivers into the land
 * --------------------------------------------------------------------------- */

/* Along each line the height may only fall; the valley rises 2 % away from it, up to 800 m off. */
gt_status sy_terrain_carve(gt_ctx *ctx, sy_fields *f)
{
    float *h = f->of[SY_F_HEIGHT];
    size_t from = 0;
    int reach = (int)(800000 / f->cell) + 1;
    for (size_t l = 0; l < f->rivers.n_lines; l++) {
        double bed = INFINITY;
        for (size_t i = from; i < f->rivers.line_end[l]; i++) {
            sy_pt p = f->rivers.pts[i];
            double here = (double)h[sy_cell_at(f, p)] - 3.0;
            bed = fmin(bed - 0.02, here);
            for (int dj = -reach; dj <= reach; dj++) {
                for (int di = -reach; di <= reach; di++) {
                    sy_pt q = {p.x + di * f->cell, p.y + dj * f->cell};
                    size_t k = sy_cell_at(f, q);
                    sy_pt c = sy_cell_centre(f, k);
                    double d = sqrt(((double)c.x - p.x) * ((double)c.x - p.x) +
                                    ((double)c.y - p.y) * ((double)c.y - p.y)) /
                               1000.0;
                    double cap = bed + 0.02 * d;
                    if (d <= 800.0 && (double)h[k] > cap) {
                        h[k] = (float)(cap + 0.6 * ((double)h[k] - cap) * (d / 800.0));
                    }
                }
            }
        }
        from = f->rivers.line_end[l];
        gt_status st = gt_check_cancel(ctx);
        if (st != GT_OK) {
            return st;
        }
    }
    return GT_OK;
}

/* ---- a heap of cells by height
 * ------------------------------------------------------------------------ */

typedef struct heap {
    uint32_t *at;
    size_t n, cap;
    const float *key;
} heap;

static bool lower(const heap *q, uint32_t a, uint32_t b)
{
    return q->key[a] < q->key[b] || (q->key[a] == q->key[b] && a < b);
}

static gt_status heap_push(gt_ctx *ctx, heap *q, uint32_t cell)
{
    gt_status st = gt_grow(ctx, (void **)&q->at, &q->cap, q->n + 1, sizeof *q->at);
    if (st != GT_OK) {
        return st;
    }
    size_t i = q->n++;
    while (i > 0 && lower(q, cell, q->at[(i - 1) / 2])) {
        q->at[i] = q->at[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    q->at[i] = cell;
    return GT_OK;
}

static uint32_t heap_pop(heap *q)
{
    uint32_t top = q->at[0], last = q->at[--q->n];
    size_t i = 0;
    for (;;) {
        size_t c = 2 * i + 1;
        if (c >= q->n) {
            break;
        }
        if (c + 1 < q->n && lower(q, q->at[c + 1], q->at[c])) {
            c++;
        }
        if (!lower(q, q->at[c], last)) {
            break;
        }
        q->at[i] = q->at[c];
        i = c;
    }
    if (q->n > 0) {
        q->at[i] = last;
    }
    return top;
}

/* The eight neighbours of cell k that exist; returns how many. */
static int neighbours(const sy_fields *f, uint32_t k, uint32_t out[8])
{
    int n = 0, col = (int)(k % (uint32_t)f->n), row = (int)(k / (uint32_t)f->n);
    for (int b = -1; b <= 1; b++) {
        for (int a = -1; a <= 1; a++) {
            int c = col + a, r = row + b;
            if ((a != 0 || b != 0) && c >= 0 && r >= 0 && c < f->n && r < f->n) {
                out[n++] = (uint32_t)r * (uint32_t)f->n + (uint32_t)c;
            }
        }
    }
    return n;
}

static void slopes(sy_fields *f)
{
    const float *h = f->of[SY_F_HEIGHT];
    double step = 2e-3 * f->cell;
    int reach = (int)(1500000 / f->cell);
    reach = reach < 1 ? 1 : reach;
    for (int j = 0; j < f->n; j++) {
        for (int i = 0; i < f->n; i++) {
            size_t k = (size_t)j * (size_t)f->n + (size_t)i;
            size_t w = i > 0 ? k - 1 : k, e = i + 1 < f->n ? k + 1 : k;
            size_t s = j > 0 ? k - (size_t)f->n : k, n = j + 1 < f->n ? k + (size_t)f->n : k;
            double dx = ((double)h[e] - (double)h[w]) / step;
            double dy = ((double)h[n] - (double)h[s]) / step;
            f->of[SY_F_SLOPE][k] = (float)sqrt(dx * dx + dy * dy);
            double lo = INFINITY, hi = -INFINITY; /* a sparse cross is enough for a range */
            for (int t = -reach; t <= reach; t++) {
                int c = i + t, r = j + t;
                if (c >= 0 && c < f->n) {
                    double v = (double)h[(size_t)j * (size_t)f->n + (size_t)c];
                    lo = fmin(lo, v), hi = fmax(hi, v);
                }
                if (r >= 0 && r < f->n) {
                    double v = (double)h[(size_t)r * (size_t)f->n + (size_t)i];
                    lo = fmin(lo, v), hi = fmax(hi, v);
                }
            }
            f->of[SY_F_RELIEF][k] = (float)(hi - lo);
        }
    }
}

gt_status sy_terrain_drain(gt_ctx *ctx, sy_fields *f)
{
    size_t n = (size_t)f->n * (size_t)f->n;
    gt_status st = GT_E_MEMORY;
    float *filled = gt_alloc(ctx, n, sizeof *filled);
    bool *seen = gt_zalloc(ctx, n, sizeof *seen);
    uint32_t *order = gt_alloc(ctx, n, sizeof *order);
    heap q = {.key = filled};
    if (filled == NULL || seen == NULL || order == NULL) {
        goto done;
    }
    memcpy(filled, f->of[SY_F_HEIGHT], n * sizeof *filled);
    for (uint32_t k = 0; k < n; k++) { /* the rim of the world is the outlet */
        uint32_t col = k % (uint32_t)f->n, row = k / (uint32_t)f->n;
        if (col == 0 || row == 0 || col + 1 == (uint32_t)f->n || row + 1 == (uint32_t)f->n) {
            seen[k] = true;
            st = heap_push(ctx, &q, k);
            if (st != GT_OK) {
                goto done;
            }
        }
    }
    size_t n_order = 0;
    while (q.n > 0) {
        uint32_t k = heap_pop(&q), near[8];
        order[n_order++] = k;
        for (int i = 0, m = neighbours(f, k, near); i < m; i++) {
            if (seen[near[i]]) {
                continue;
            }
            seen[near[i]] = true;
            f->down[near[i]] = k;
            if (filled[near[i]] <= filled[k]) { /* 1 mm a cell keeps water moving over flats */
                filled[near[i]] = filled[k] + 1e-3F;
            }
            st = heap_push(ctx, &q, near[i]);
            if (st != GT_OK) {
                goto done;
            }
        }
    }
    double km2 = 1e-12 * (double)f->cell * f->cell;
    for (size_t k = 0; k < n; k++) {
        f->drains[k] = (float)km2;
    }
    for (size_t i = n_order; i-- > 0;) {
        if (f->down[order[i]] != order[i]) {
            f->drains[f->down[order[i]]] += f->drains[order[i]];
        }
    }
    slopes(f);
    st = GT_OK;
done:
    gt_free(ctx, q.at);
    gt_free(ctx, filled);
    gt_free(ctx, seen);
    gt_free(ctx, order);
    return st;
}

/* ---- lakes
 * -------------------------------------------------------------------------------------------- */

/* The cell with the largest catchment within 3 km that is not under water: where a dam would stand.
 */
static uint32_t dam_cell(const sy_fields *f, sy_pt at)
{
    size_t best = sy_cell_at(f, at);
    int reach = (int)(3000000 / f->cell) + 1;
    for (int b = -reach; b <= reach; b++) {
        for (int a = -reach; a <= reach; a++) {
            sy_pt q = {at.x + a * f->cell, at.y + b * f->cell};
            size_t k = sy_cell_at(f, q);
            if (f->drains[k] > f->drains[best] && f->lake[k] == 0) {
                best = k;
            }
        }
    }
    return (uint32_t)best;
}

static gt_status grow_lake(gt_ctx *ctx, sy_fields *f, const sy_lake *lake, uint8_t number,
                           double *made)
{
    heap q = {.key = f->of[SY_F_HEIGHT]};
    double cell = 1e-12 * (double)f->cell * f->cell, all = 0;
    *made = 0;
    gt_status st = heap_push(ctx, &q, dam_cell(f, lake->at));
    while (st == GT_OK && q.n > 0 && *made < lake->km2 && all < 3.0 * lake->km2) {
        uint32_t k = heap_pop(&q), near[8];
        if (f->lake[k] != 0) {
            continue;
        }
        f->lake[k] = number;
        all += cell; /* a lake on the border may lie outside for the most part, but not for ever */
        *made += f->unit[k] >= 0 ? cell * (double)f->factor[k] : 0;
        for (int i = 0, m = neighbours(f, k, near); st == GT_OK && i < m; i++) {
            if (f->lake[near[i]] == 0 && f->down[near[i]] == k) {
                st = heap_push(ctx, &q, near[i]);
            }
        }
    }
    gt_free(ctx, q.at);
    return st;
}

gt_status sy_terrain_lakes(gt_ctx *ctx, sy_fields *f, const sy_lake *lakes, size_t n, double *made)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        st = grow_lake(ctx, f, &lakes[i], (uint8_t)(i + 1), &made[i]);
    }
    size_t cells = (size_t)f->n * (size_t)f->n;
    bool *mark = st == GT_OK ? gt_alloc(ctx, cells, sizeof *mark) : NULL;
    if (st == GT_OK && mark == NULL) {
        st = GT_E_MEMORY;
    }
    if (st == GT_OK) {
        for (size_t k = 0; k < cells; k++) {
            mark[k] = f->lake[k] != 0;
        }
        st = sy_distance(ctx, f, mark, f->of[SY_F_LAKE]);
    }
    gt_free(ctx, mark);
    return st;
}
