/* Zones: one coverage of cells under all zone layers, labelled layer by layer. Lines of different
 * layers thus run along each other where they mean the same, and cut land use parcels freely. */
#include "synth/zones.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "synth/dissolve.h"
#include "synth/noise.h"

typedef struct ranked {
    double score;
    uint32_t cell;
} ranked;

static int by_score(const void *pa, const void *pb)
{
    const ranked *a = pa, *b = pb;
    if (a->score != b->score) {
        return a->score > b->score ? -1 : 1;
    }
    return (a->cell > b->cell) - (a->cell < b->cell);
}

/* One round of averaging with the neighbours that take part (score not NaN). */
static void average(const sy_scene *s, const double *from, double *to)
{
    for (size_t c = 0; c < s->cells.n_faces; c++) {
        to[c] = from[c];
        double sum = 0;
        int n = 0;
        for (uint32_t i = s->next_start[c]; i < s->next_start[c + 1]; i++) {
            if (!isnan(from[s->next[i]])) {
                sum += from[s->next[i]];
                n++;
            }
        }
        if (n > 0 && !isnan(from[c])) {
            to[c] = 0.5 * from[c] + 0.5 * sum / n;
        }
    }
}

/* Scores of the free cells that satisfy the step (NaN elsewhere), smoothed. */
static void score_cells(const sy_scene *s, const sy_step *step, const int16_t *label, double *score,
                        double *other)
{
    for (size_t c = 0; c < s->cells.n_faces; c++) {
        const sy_face *f = &s->cells.faces[c];
        score[c] = NAN;
        if (label[c] < 0 && sy_where_holds(s, &step->where, f->unit, (uint32_t)c)) {
            score[c] = sy_score(s, &step->score, f->at, (uint32_t)c, sy_key(f->at));
        }
    }
    for (int i = 0; i < step->smooth; i++) {
        average(s, score, other);
        memcpy(score, other, s->cells.n_faces * sizeof *score);
    }
}

gt_status sy_zone_parts(gt_ctx *ctx, sy_scene *s, const sy_zone *z, int16_t *label)
{
    size_t n = s->cells.n_faces;
    double *score = gt_alloc(ctx, n, sizeof *score), *other = gt_alloc(ctx, n, sizeof *other);
    ranked *list = gt_alloc(ctx, n, sizeof *list);
    gt_status st = score == NULL || other == NULL || list == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t k = 0; st == GT_OK && k < z->n_steps; k++) {
        const sy_step *step = &z->steps[k];
        score_cells(s, step, label, score, other);
        size_t m = 0;
        for (size_t c = 0; c < n; c++) {
            if (!isnan(score[c])) {
                list[m++] = (ranked){score[c], (uint32_t)c};
            }
        }
        qsort(list, m, sizeof *list, by_score);
        double area = 0;
        for (size_t i = 0; i < m && area < step->km2; i++) {
            double a = s->cell_km2[list[i].cell];
            if (area + a > step->km2 && area + a - step->km2 > step->km2 - area) {
                break; /* would overshoot by more than is missing */
            }
            area += a;
            label[list[i].cell] = (int16_t)step->label;
        }
        st = gt_check_cancel(ctx);
    }
    gt_free(ctx, score);
    gt_free(ctx, other);
    gt_free(ctx, list);
    return st;
}

/* ---- territories
 * ----------------------------------------------------------------------------------- */

/* Cost in km of giving cell c to step k: distance to its nearest centre, and 60 km for a foreign
 * district, so that a zone leaves its districts only where the areas leave no choice. */
static double cost(const sy_scene *s, const sy_step *step, size_t c)
{
    const sy_face *f = &s->cells.faces[c];
    double best = 1e9;
    for (size_t i = 0; i < step->n_at; i++) {
        double dx = (double)f->at.x - step->at[i].x, dy = (double)f->at.y - step->at[i].y;
        best = fmin(best, sqrt(dx * dx + dy * dy) * 1e-6);
    }
    best -= sy_score(s, &step->score, f->at, (uint32_t)c, 0);
    if (step->where.units != NULL && !step->where.units[f->unit]) {
        best += 60.0;
    }
    return best;
}

typedef struct balance {
    const float *cost; /* cells x steps */
    size_t n_cells, n_steps;
    const double *km2, *target;
    double *price, *area;
    int16_t *label;
} balance;

/* Gives every cell to the cheapest step; returns the largest relative deviation. */
static double assign(balance *b)
{
    memset(b->area, 0, b->n_steps * sizeof *b->area);
    for (size_t c = 0; c < b->n_cells; c++) {
        size_t best = 0;
        double low = INFINITY;
        for (size_t k = 0; k < b->n_steps; k++) {
            double v = (double)b->cost[c * b->n_steps + k] + b->price[k];
            if (v < low) {
                low = v, best = k;
            }
        }
        b->label[c] = (int16_t)best;
        b->area[best] += b->km2[c];
    }
    double worst = 0;
    for (size_t k = 0; k < b->n_steps; k++) {
        worst = fmax(worst, fabs(b->area[k] / b->target[k] - 1));
    }
    return worst;
}

/* Raises the price of what is too large and lowers that of what is too small, by smaller and
 * smaller amounts (the subgradient of the transport problem), and keeps the best assignment seen.
 */
static void bargain(balance *b, int16_t *best_label)
{
    double best = INFINITY;
    for (int round = 0; round < 2000 && best > 0.002; round++) {
        double worst = assign(b);
        if (worst < best) {
            best = worst;
            memcpy(best_label, b->label, b->n_cells * sizeof *best_label);
        }
        /* 1 % too large moves the border by about 0.1 km: a Newton step for zones of this size */
        double rate = round < 800 ? 15.0 : 15.0 / (1.0 + 0.01 * (round - 800));
        for (size_t k = 0; k < b->n_steps; k++) {
            double d = b->area[k] / b->target[k] - 1;
            b->price[k] += rate * (d > 0.5 ? 0.5 : d);
        }
    }
}

gt_status sy_zone_territories(gt_ctx *ctx, const sy_scene *s, const sy_zone *z, int16_t *label)
{
    size_t n = s->cells.n_faces, m = z->n_steps;
    float *costs = gt_alloc(ctx, n * m, sizeof *costs);
    double *numbers = gt_zalloc(ctx, 3 * m, sizeof *numbers);
    int16_t *work = gt_alloc(ctx, n, sizeof *work);
    gt_status st = GT_E_MEMORY;
    if (costs == NULL || numbers == NULL || work == NULL) {
        goto done;
    }
    double *target = numbers + 2 * m, sum = 0, all = 0;
    for (size_t k = 0; k < m; k++) {
        target[k] = z->steps[k].km2;
        sum += target[k];
    }
    for (size_t c = 0; c < n; c++) {
        all += s->cell_km2[c];
        for (size_t k = 0; k < m; k++) {
            costs[c * m + k] = (float)cost(s, &z->steps[k], c);
        }
    }
    for (size_t k = 0; k < m; k++) { /* the stated areas are shares of the real outline */
        target[k] *= all / sum;
    }
    balance b = {costs, n, m, s->cell_km2, target, numbers, numbers + m, work};
    bargain(&b, label);
    for (size_t c = 0; c < n; c++) { /* step number -> label */
        label[c] = (int16_t)z->steps[label[c]].label;
    }
    st = GT_OK;
done:
    gt_free(ctx, costs);
    gt_free(ctx, numbers);
    gt_free(ctx, work);
    return st;
}

/* ---- towns
 * ------------------------------------------------------------------------------------------ */

typedef struct town_seed {
    double x, y;
    uint32_t cell;
} town_seed;

static size_t n_towns(const sy_scene *s, size_t unit)
{
    size_t n = 0;
    while (s->towns != NULL && s->towns[unit] != NULL && s->towns[unit][n] != NULL) {
        n++;
    }
    return n > 0 ? n : 1;
}

/* Weight of a cell in the search for town centres: people live where the pull is. */
static double people(const sy_scene *s, size_t c)
{
    double pull = sy_sample(&s->fields, SY_F_SEAT, s->cells.faces[c].at);
    return s->cell_km2[c] * (0.1 + 4.0 * pull * pull);
}

/* Seeds of one district: drawn by weight, then moved to the mean of what they serve, ten times. */
static void place_seeds(const sy_scene *s, const uint32_t *mine, size_t n, uint64_t salt,
                        town_seed *seed, size_t k)
{
    double all = 0;
    for (size_t i = 0; i < n; i++) {
        all += people(s, mine[i]);
    }
    for (size_t t = 0; t < k;
         t++) { /* one draw in each k-th of the weight: spread from the start */
        double want = all * ((double)t + sy_unit(sy_hash(s->seed, salt, t))) / (double)k;
        size_t i = 0;
        for (double run = 0; i + 1 < n; i++) {
            run += people(s, mine[i]);
            if (run >= want) {
                break;
            }
        }
        seed[t] = (town_seed){s->cells.faces[mine[i]].at.x, s->cells.faces[mine[i]].at.y, mine[i]};
    }
    for (int round = 0; round < 10; round++) {
        for (size_t t = 0; t < k; t++) {
            double sx = 0, sy = 0, sw = 0, near = INFINITY;
            for (size_t i = 0; i < n; i++) {
                sy_pt p = s->cells.faces[mine[i]].at;
                size_t best = 0;
                double low = INFINITY;
                for (size_t q = 0; q < k; q++) {
                    double d = (p.x - seed[q].x) * (p.x - seed[q].x) +
                               (p.y - seed[q].y) * (p.y - seed[q].y);
                    if (d < low) {
                        low = d, best = q;
                    }
                }
                if (best == t) {
                    double w = people(s, mine[i]);
                    sx += w * p.x, sy += w * p.y, sw += w;
                }
            }
            if (sw > 0) {
                seed[t].x = sx / sw, seed[t].y = sy / sw;
            }
            for (size_t i = 0; i < n; i++) {
                sy_pt p = s->cells.faces[mine[i]].at;
                double d =
                    (p.x - seed[t].x) * (p.x - seed[t].x) + (p.y - seed[t].y) * (p.y - seed[t].y);
                if (d < near) {
                    near = d, seed[t].cell = mine[i];
                }
            }
        }
    }
}

/* Grows all towns of a district at once over neighbouring cells, nearest first: each is one piece,
 * as long as the district is. A cell costs its distance and its share of relief. */
static void grow_towns(const sy_scene *s, const uint32_t *mine, size_t n, const town_seed *seed,
                       size_t k, int16_t first, double *reach, int16_t *label)
{
    for (size_t i = 0; i < n; i++) {
        reach[mine[i]] = INFINITY;
    }
    for (size_t t = 0; t < k; t++) {
        reach[seed[t].cell] = 0;
        label[seed[t].cell] = (int16_t)(first + (int16_t)t);
    }
    for (bool moved = true; moved;) { /* Bellman-Ford: districts have at most some thousand cells */
        moved = false;
        for (size_t i = 0; i < n; i++) {
            uint32_t c = mine[i];
            if (isinf(reach[c])) {
                continue;
            }
            for (uint32_t e = s->next_start[c]; e < s->next_start[c + 1]; e++) {
                uint32_t d = s->next[e];
                sy_pt p = s->cells.faces[c].at, q = s->cells.faces[d].at;
                if (s->cells.faces[d].unit != s->cells.faces[c].unit) {
                    continue;
                }
                double dx = (double)p.x - q.x, dy = (double)p.y - q.y;
                double climb = fabs(sy_sample(&s->fields, SY_F_HEIGHT, p) -
                                    sy_sample(&s->fields, SY_F_HEIGHT, q));
                double v = reach[c] + sqrt(dx * dx + dy * dy) + 8000.0 * climb;
                if (v < reach[d] - 1e-6) {
                    reach[d] = v;
                    label[d] = label[c];
                    moved = true;
                }
            }
        }
    }
    for (size_t i = 0; i < n; i++) { /* an exclave without a seed goes to the first town */
        label[mine[i]] = isinf(reach[mine[i]]) ? first : label[mine[i]];
    }
}

gt_status sy_zone_towns(gt_ctx *ctx, sy_scene *s, sy_zone *z, int16_t *label)
{
    size_t all = 0, n = s->cells.n_faces;
    for (size_t u = 0; u < s->n_units; u++) {
        all += n_towns(s, u);
    }
    z->labels = gt_arena_zalloc(s->recipe->arena, all, sizeof *z->labels);
    town_seed *seed = gt_alloc(ctx, all, sizeof *seed);
    uint32_t *mine = gt_alloc(ctx, n, sizeof *mine);
    double *reach = gt_alloc(ctx, n, sizeof *reach);
    gt_status st =
        z->labels == NULL || seed == NULL || mine == NULL || reach == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t u = 0; st == GT_OK && u < s->n_units; u++) {
        size_t m = 0, k = n_towns(s, u);
        bool named = s->towns != NULL && s->towns[u] != NULL && s->towns[u][0] != NULL;
        for (size_t t = 0; t < k; t++) {
            sy_label *l = &z->labels[z->n_labels + t];
            l->title = (gt_title){named ? s->towns[u][t] : s->unit_names[u], ""};
            l->code = named && s->town_codes != NULL ? s->town_codes[u][t] : s->unit_codes[u];
        }
        for (size_t c = 0; c < n; c++) {
            if (s->cells.faces[c].unit == (int16_t)u) {
                mine[m++] = (uint32_t)c;
            }
        }
        if (m > 0) {
            size_t seeds = k < m ? k : m;
            place_seeds(s, mine, m, 4000 + u, seed, seeds);
            grow_towns(s, mine, m, seed, seeds, (int16_t)z->n_labels, reach, label);
        }
        z->n_labels += k;
        st = gt_check_cancel(ctx);
    }
    gt_free(ctx, seed);
    gt_free(ctx, mine);
    gt_free(ctx, reach);
    return st;
}

/* ---- cells
 * ------------------------------------------------------------------------------------------ */

static gt_status make_cells(gt_ctx *ctx, sy_scene *s)
{
    sy_block *blocks = NULL;
    size_t n_blocks = 0;
    sy_cell_work work = {0};
    sy_faces part = {0};
    sy_cell_options o = {.crumb = 0.15};
    gt_status st = sy_mesh_blocks(ctx, &s->zone_mesh, 1e9, &blocks, &n_blocks);
    for (size_t b = 0; st == GT_OK && b < n_blocks; b++) {
        st = sy_cells(ctx, &s->zone_mesh, &blocks[b], &o, &work, &part, NULL);
        for (size_t i = 0; st == GT_OK && i < part.n_faces; i++) {
            st = sy_faces_copy(ctx, &part, i, &s->cells);
        }
    }
    sy_cell_work_free(ctx, &work);
    sy_faces_free(ctx, &part);
    gt_free(ctx, blocks);
    return st;
}

static gt_status burn(gt_ctx *ctx, sy_scene *s)
{
    const sy_fields *f = &s->fields;
    size_t n = (size_t)f->n * (size_t)f->n;
    s->burnt = gt_alloc(ctx, n, sizeof *s->burnt);
    if (s->burnt == NULL) {
        return GT_E_MEMORY;
    }
    memset(s->burnt, 0xff, n * sizeof *s->burnt);
    for (size_t c = 0; c < s->cells.n_faces; c++) {
        const sy_face *face = &s->cells.faces[c];
        size_t from = sy_ring_start(&s->cells, face->first_ring);
        sy_rect r = sy_ring_rect(s->cells.pts + from, s->cells.ring_end[face->first_ring] - from);
        for (int row = r.y0 / f->cell; row <= r.y1 / f->cell; row++) {
            for (int col = r.x0 / f->cell; col <= r.x1 / f->cell; col++) {
                if (row < 0 || col < 0 || row >= f->n || col >= f->n) {
                    continue;
                }
                size_t k = (size_t)row * (size_t)f->n + (size_t)col;
                sy_pt p = sy_cell_centre(f, k);
                bool in = false;
                for (uint32_t g = 0; g < face->n_rings; g++) {
                    size_t a = sy_ring_start(&s->cells, face->first_ring + g);
                    in ^=
                        sy_ring_side(s->cells.pts + a, s->cells.ring_end[face->first_ring + g] - a,
                                     2 * (int64_t)p.x, 2 * (int64_t)p.y) >= 0;
                }
                if (in) {
                    s->burnt[k] = (uint32_t)c;
                }
            }
        }
    }
    return GT_OK;
}

gt_status sy_scene_zones(gt_ctx *ctx, sy_scene *s, double n_cells)
{
    static sy_term even[] = {
        {.source = SY_S_ONE, .weight = 1.0},
        {.source = SY_S_FIELD, .shape = SY_NEAR, .field = SY_F_CENTRE, .a = 9000, .weight = 5.0},
        {.source = SY_S_FIELD, .shape = SY_RAW, .field = SY_F_SEAT, .weight = 1.0}};
    sy_terms terms = {even, 3};
    uint64_t seed = sy_hash(s->seed, 2, 2);
    gt_status st = sy_scene_density(ctx, s, &terms, n_cells, seed, &s->zone_density);
    s->zone_mesh = (sy_mesh){&s->world, &s->border, &s->zone_density, 1.0, seed};
    if (st == GT_OK) {
        st = make_cells(ctx, s);
    }
    size_t n = s->cells.n_faces;
    if (st == GT_OK) {
        st = sy_neighbours(ctx, &s->cells, &s->next_start, &s->next);
    }
    if (st == GT_OK) {
        st = burn(ctx, s);
    }
    if (st == GT_OK) {
        s->cell_km2 = gt_alloc(ctx, n, sizeof *s->cell_km2);
        s->label = gt_zalloc(ctx, s->recipe->n_zones, sizeof *s->label);
        st = s->cell_km2 == NULL || s->label == NULL ? GT_E_MEMORY : GT_OK;
    }
    for (size_t c = 0; st == GT_OK && c < n; c++) {
        s->cell_km2[c] =
            sy_km2(&s->fields, 0.5 * (double)s->cells.faces[c].area2, s->cells.faces[c].at);
    }
    for (size_t i = 0; st == GT_OK && i < s->recipe->n_zones; i++) {
        int16_t *label = gt_alloc(ctx, n, sizeof *label);
        if (label == NULL) {
            return GT_E_MEMORY;
        }
        memset(label, 0xff, n * sizeof *label); /* -1 */
        s->label[i] = label;
        sy_zone *z = &s->recipe->zones[i];
        switch (z->kind) {
        case SY_Z_PARTS:
            st = sy_zone_parts(ctx, s, z, label);
            break;
        case SY_Z_TERRITORIES:
            st = sy_zone_territories(ctx, s, z, label);
            break;
        case SY_Z_TOWNS:
            st = sy_zone_towns(ctx, s, z, label);
            break;
        }
    }
    return st;
}
