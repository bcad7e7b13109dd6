/* Slope units (Carrara 1988, Alvioli et al. 2016): watersheds of the links of streams cut with
 * those of the links of ridges, small units merged by aspect. The steps are those of the room
 * (flow, downstream, patches, terrain) over scratch grids; what is new here is the numbering of
 * links and the bookkeeping of units. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid/hold.h"
#include "grid/messages.h"
#include "grid/regions.h"
#include "guotu/grid_analysis.h"
#include "guotu/grid_ops.h"
#include "guotu/grid_water.h"

enum { STREAM = 16, OFF = 255 };

#define RADIANS 0.017453292519943295

typedef struct stack {
    uint32_t *list;
    size_t n, cap;
} stack;

/* Directions and streams of the whole grid with a ring off the map, and the number of each target.
 */
typedef struct links {
    int64_t cols, rows;
    size_t width, n;
    grid_hold held;
    int32_t *number;
    uint8_t *dir; /* with STREAM; OFF */
    ptrdiff_t move[9];
    int32_t n_numbers;
} links;

typedef struct making {
    gt_grid *dem, *units; /* units: before merging */
    const gt_slope_unit_options *o;
    int64_t cols, rows;
    double cell_area;
    region *regions;
    size_t n;
    border *borders;
    size_t n_borders, cap_borders;
    uint32_t *root, *number; /* number: of the units that are left, from 1 */
} making;

void gt_slope_unit_options_init(gt_slope_unit_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

static gt_status make_scratch(gt_ctx *ctx, const making *m, gt_cell type, gt_grid **out)
{
    gt_grid_spec spec;
    gt_grid_spec_like(m->dem, type, &spec);
    spec.packing = GT_GRID_PLAIN;
    spec.tile = GT_GRID_TILE;
    spec.overviews = 0;
    spec.items = NULL;
    spec.n_items = 0;
    return gt_grid_create_scratch(ctx, m->o->scratch_dir, &spec, out);
}

static gt_status too_many(gt_ctx *ctx, const making *m, int64_t count)
{
    return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_GRID_TOO_MANY, GT_PLACE(.file = gt_grid_path(m->dem)),
                   GT_ARGS(GT_INT("cells", count), GT_INT("max", INT32_MAX)));
}

/* ---- links --------------------------------------------------------------------------------------
 */

static gt_status read_links(gt_ctx *ctx, const making *m, gt_grid *direction, gt_grid *count,
                            links *l)
{
    static const int dx[9] = {0, 1, 1, 0, -1, -1, -1, 0, 1}, dy[9] = {0, 0, -1, -1, -1, 0, 1, 1, 1};
    l->cols = m->cols;
    l->rows = m->rows;
    l->width = (size_t)l->cols + 2;
    l->n = l->width * ((size_t)l->rows + 2);
    for (int e = 1; e <= 8; e++) {
        l->move[e] = dy[e] * (ptrdiff_t)l->width + dx[e];
    }
    int32_t *row = gt_alloc(ctx, 2 * (size_t)l->cols, sizeof *row);
    gt_status st =
        row == NULL ? GT_E_MEMORY : grid_hold_zeroed(ctx, l->n * 5, m->o->scratch_dir, &l->held);
    if (st == GT_OK) {
        l->number = l->held.at;
        l->dir = (uint8_t *)(l->number + l->n);
        memset(l->dir, OFF, l->n);
    }
    for (int64_t r = 0; st == GT_OK && r < l->rows; r++) {
        const gt_window one = {0, r, l->cols, 1};
        uint8_t *to = l->dir + (size_t)(r + 1) * l->width + 1;
        st = gt_grid_read(ctx, direction, &one, GT_CELL_I32, row, (size_t)l->cols);
        if (st == GT_OK) {
            st = gt_grid_read(ctx, count, &one, GT_CELL_I32, row + l->cols, (size_t)l->cols);
        }
        for (int64_t c = 0; st == GT_OK && c < l->cols; c++) {
            if (row[c] != GT_NODATA_I32) {
                bool stream = (double)row[l->cols + c] * m->cell_area >= m->o->threshold;
                to[c] = (uint8_t)(row[c] | (stream ? STREAM : 0));
            }
        }
    }
    gt_free(ctx, row);
    return st;
}

static bool is_stream(const links *l, size_t cell)
{
    return l->dir[cell] != OFF && (l->dir[cell] & STREAM) != 0;
}

/* A link begins where a stream does, and where streams meet. */
static bool is_head(const links *l, size_t cell)
{
    int donors = 0;
    for (int e = 1; e <= 8; e++) {
        size_t from = (size_t)((ptrdiff_t)cell + l->move[e]);
        donors += is_stream(l, from) && (l->dir[from] & 15) == (e <= 4 ? e + 4 : e - 4);
    }
    return donors != 1;
}

static void number_link(links *l, size_t cell)
{
    int32_t mine = ++l->n_numbers;
    do {
        l->number[cell] = mine;
        int e = l->dir[cell] & 15;
        if (e == 0) {
            return;
        }
        cell = (size_t)((ptrdiff_t)cell + l->move[e]);
    } while (!is_head(l, cell));
}

/* Outlets without a stream that lie side by side are one target. */
static gt_status number_outlets(gt_ctx *ctx, links *l, stack *s, size_t cell)
{
    int32_t mine = ++l->n_numbers;
    gt_status st = GT_OK;
    l->number[cell] = mine;
    for (s->n = 0;;) {
        for (int e = 1; st == GT_OK && e <= 8; e++) {
            size_t next = (size_t)((ptrdiff_t)cell + l->move[e]);
            if (l->dir[next] != 0 || l->number[next] != 0) {
                continue;
            }
            l->number[next] = mine;
            if (s->n == s->cap) {
                st = gt_grow(ctx, (void **)&s->list, &s->cap, s->n + 1, sizeof *s->list);
            }
            if (st == GT_OK) {
                s->list[s->n++] = (uint32_t)next;
            }
        }
        if (st != GT_OK || s->n == 0) {
            return st;
        }
        cell = s->list[--s->n];
    }
}

static gt_status number_all(gt_ctx *ctx, links *l)
{
    stack s = {0};
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < l->n; i++) {
        if (l->dir[i] == 0 && l->number[i] == 0) {
            st = number_outlets(ctx, l, &s, i);
        } else if (is_stream(l, i) && is_head(l, i)) {
            number_link(l, i);
        }
        st = st == GT_OK && i % 4194304 == 0 ? gt_check_cancel(ctx) : st;
    }
    gt_free(ctx, s.list);
    return st;
}

static gt_status write_targets(gt_ctx *ctx, const links *l, gt_grid *targets)
{
    int32_t *row = gt_alloc(ctx, (size_t)l->cols, sizeof *row);
    gt_status st = row == NULL ? GT_E_MEMORY : GT_OK;
    for (int64_t r = 0; st == GT_OK && r < l->rows; r++) {
        const gt_window one = {0, r, l->cols, 1};
        const int32_t *from = l->number + (size_t)(r + 1) * l->width + 1;
        for (int64_t c = 0; c < l->cols; c++) {
            row[c] = from[c] == 0 ? GT_NODATA_I32 : from[c];
        }
        st = gt_grid_write(ctx, targets, &one, GT_CELL_I32, row, (size_t)l->cols);
    }
    gt_free(ctx, row);
    return st;
}

/* Watersheds of the links of the heights, or of the heights turned upside down. */
static gt_status basins(gt_ctx *ctx, const making *m, bool down, gt_grid **out)
{
    gt_grid *turned = NULL, *direction = NULL, *count = NULL, *targets = NULL;
    gt_flow_options o;
    gt_flow_facts facts;
    const double minus = -1;
    links l = {0};
    gt_flow_options_init(&o);
    o.scratch_dir = m->o->scratch_dir;
    gt_status st = make_scratch(ctx, m, GT_CELL_U8, &direction);
    st = st == GT_OK ? make_scratch(ctx, m, GT_CELL_I32, &count) : st;
    st = st == GT_OK ? make_scratch(ctx, m, GT_CELL_I32, &targets) : st;
    if (st == GT_OK && down) {
        st = make_scratch(ctx, m, GT_CELL_F32, &turned);
        st = st == GT_OK ? gt_grid_weighted_sum(ctx, &m->dem, &minus, 1, turned) : st;
    }
    if (st == GT_OK) {
        st = gt_grid_flow(ctx, down ? turned : m->dem, &o, NULL, direction, count, &facts);
    }
    st = st == GT_OK ? read_links(ctx, m, direction, count, &l) : st;
    st = st == GT_OK ? number_all(ctx, &l) : st;
    st = st == GT_OK ? write_targets(ctx, &l, targets) : st;
    grid_hold_free(ctx, &l.held);
    st = st == GT_OK ? make_scratch(ctx, m, GT_CELL_I32, out) : st;
    st = st == GT_OK ? gt_grid_downstream(ctx, direction, targets, *out) : st;
    gt_grid_close(ctx, turned);
    gt_grid_close(ctx, direction);
    gt_grid_close(ctx, count);
    gt_grid_close(ctx, targets);
    return st;
}

/* ---- pairs --------------------------------------------------------------------------------------
 */

/* Numbers of pairs: a hash table that grows. */
typedef struct pairs {
    uint64_t *key; /* 0: free; else the pair + 1 */
    int32_t *number;
    size_t slots;
    int32_t n;
} pairs;

static gt_status more_slots(gt_ctx *ctx, pairs *p)
{
    size_t slots = p->slots == 0 ? 4096 : p->slots * 2;
    uint64_t *key = gt_zalloc(ctx, slots, sizeof *key);
    int32_t *number = gt_alloc(ctx, slots, sizeof *number);
    if (key == NULL || number == NULL) {
        gt_free(ctx, key);
        gt_free(ctx, number);
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < p->slots; i++) {
        if (p->key[i] == 0) {
            continue;
        }
        size_t s = (p->key[i] * 0x9E3779B97F4A7C15U >> 20) & (slots - 1);
        while (key[s] != 0) {
            s = (s + 1) & (slots - 1);
        }
        key[s] = p->key[i];
        number[s] = p->number[i];
    }
    gt_free(ctx, p->key);
    gt_free(ctx, p->number);
    p->key = key;
    p->number = number;
    p->slots = slots;
    return GT_OK;
}

static gt_status number_pair(gt_ctx *ctx, pairs *p, int32_t a, int32_t b, int32_t *out)
{
    gt_status st = (size_t)p->n * 2 >= p->slots ? more_slots(ctx, p) : GT_OK;
    if (st != GT_OK) {
        return st;
    }
    uint64_t key = ((uint64_t)(uint32_t)a << 32 | (uint32_t)b) + 1;
    size_t s = (key * 0x9E3779B97F4A7C15U >> 20) & (p->slots - 1);
    while (p->key[s] != 0 && p->key[s] != key) {
        s = (s + 1) & (p->slots - 1);
    }
    if (p->key[s] == 0) {
        p->key[s] = key;
        p->number[s] = ++p->n;
    }
    *out = p->number[s];
    return GT_OK;
}

static gt_status cut(gt_ctx *ctx, const making *m, gt_grid *a, gt_grid *b, gt_grid *out)
{
    size_t n = (size_t)m->cols;
    pairs p = {0};
    int32_t *rows = gt_alloc(ctx, 2 * n, sizeof *rows);
    gt_status st = rows == NULL ? GT_E_MEMORY : GT_OK;
    for (int64_t r = 0; st == GT_OK && r < m->rows; r++) {
        const gt_window one = {0, r, m->cols, 1};
        st = gt_grid_read(ctx, a, &one, GT_CELL_I32, rows, n);
        st = st == GT_OK ? gt_grid_read(ctx, b, &one, GT_CELL_I32, rows + n, n) : st;
        for (size_t c = 0; st == GT_OK && c < n; c++) {
            if (rows[c] != GT_NODATA_I32) { /* both or none: every way ends in a target */
                st = number_pair(ctx, &p, rows[c], rows[n + c], &rows[c]);
            }
        }
        st = st == GT_OK ? gt_grid_write(ctx, out, &one, GT_CELL_I32, rows, n) : st;
    }
    gt_free(ctx, p.key);
    gt_free(ctx, p.number);
    gt_free(ctx, rows);
    return st;
}

/* Units before merging: joined cells of one pair. */
static gt_status first_units(gt_ctx *ctx, making *m)
{
    gt_grid *up = NULL, *down = NULL, *both = NULL;
    gt_status st = basins(ctx, m, false, &up);
    st = st == GT_OK ? basins(ctx, m, true, &down) : st;
    st = st == GT_OK ? make_scratch(ctx, m, GT_CELL_I32, &both) : st;
    st = st == GT_OK ? cut(ctx, m, up, down, both) : st;
    gt_grid_close(ctx, up);
    gt_grid_close(ctx, down);
    st = st == GT_OK ? make_scratch(ctx, m, GT_CELL_I32, &m->units) : st;
    st = st == GT_OK ? gt_grid_patches(ctx, both, false, m->units, NULL, &m->n) : st;
    gt_grid_close(ctx, both);
    return st == GT_OK && m->n > INT32_MAX - 1 ? too_many(ctx, m, (int64_t)m->n) : st;
}

/* ---- what units are -----------------------------------------------------------------------------
 */

static gt_status add_border(gt_ctx *ctx, making *m, int32_t x, int32_t y)
{
    if (x == y || x == GT_NODATA_I32 || y == GT_NODATA_I32) {
        return GT_OK;
    }
    uint32_t a = (uint32_t)(x < y ? x : y) - 1, b = (uint32_t)(x < y ? y : x) - 1;
    border *last = m->n_borders > 0 ? &m->borders[m->n_borders - 1] : NULL;
    if (last != NULL && last->a == a && last->b == b) {
        last->length++;
        return GT_OK;
    }
    gt_status st = GT_OK;
    if (m->n_borders == m->cap_borders) {
        st = gt_grow(ctx, (void **)&m->borders, &m->cap_borders, m->n_borders + 1,
                     sizeof *m->borders);
    }
    if (st == GT_OK) {
        m->borders[m->n_borders++] = (border){a, b, 1};
    }
    return st;
}

static int by_pair(const void *a, const void *b)
{
    const border *x = a, *y = b;
    if (x->a != y->a) {
        return x->a < y->a ? -1 : 1;
    }
    return x->b < y->b ? -1 : x->b > y->b;
}

static void sort_borders(making *m)
{
    size_t n = 0;
    if (m->borders == NULL) {
        return;
    }
    qsort(m->borders, m->n_borders, sizeof *m->borders, by_pair);
    for (size_t i = 0; i < m->n_borders; i++) {
        if (n > 0 && by_pair(&m->borders[n - 1], &m->borders[i]) == 0) {
            m->borders[n - 1].length += m->borders[i].length;
        } else {
            m->borders[n++] = m->borders[i];
        }
    }
    m->n_borders = n;
}

static void add_cell(region *r, float z, float slope, float aspect)
{
    r->low = r->cells == 0 ? z : fmin(r->low, z);
    r->high = r->cells == 0 ? z : fmax(r->high, z);
    r->cells++;
    if (!isnan(slope)) {
        r->n_slope++;
        r->slope += slope;
    }
    if (aspect >= 0) {
        r->n_aspect++;
        r->east += sin(aspect * RADIANS);
        r->north += cos(aspect * RADIANS);
    }
}

/* Sums by unit and sides between units, row by row. */
static gt_status measure(gt_ctx *ctx, making *m, gt_grid *slope, gt_grid *aspect)
{
    size_t n = (size_t)m->cols;
    int32_t *unit = gt_alloc(ctx, 2 * n, sizeof *unit), *above = unit == NULL ? NULL : unit + n;
    float *v = gt_alloc(ctx, 3 * n, sizeof *v);
    m->regions = gt_zalloc(ctx, m->n + 1, sizeof *m->regions);
    bool got = unit != NULL && v != NULL && m->regions != NULL;
    gt_status st = got ? GT_OK : GT_E_MEMORY;
    gt_grid *const grids[3] = {m->dem, slope, aspect};
    for (int64_t r = 0; st == GT_OK && r < m->rows; r++) {
        const gt_window one = {0, r, m->cols, 1};
        int32_t *row = r % 2 == 0 ? unit : above;
        const int32_t *before = r % 2 == 0 ? above : unit;
        st = gt_grid_read(ctx, m->units, &one, GT_CELL_I32, row, n);
        for (int k = 0; st == GT_OK && k < 3; k++) {
            st = gt_grid_read(ctx, grids[k], &one, GT_CELL_F32, v + (size_t)k * n, n);
        }
        for (size_t c = 0; st == GT_OK && c < n; c++) {
            if (row[c] == GT_NODATA_I32) {
                continue;
            }
            add_cell(&m->regions[row[c] - 1], v[c], v[n + c], v[2 * n + c]);
            st = c > 0 ? add_border(ctx, m, row[c - 1], row[c]) : st;
        }
        for (size_t c = 0; st == GT_OK && r > 0 && c < n; c++) {
            st = add_border(ctx, m, before[c], row[c]);
        }
    }
    sort_borders(m);
    gt_free(ctx, unit);
    gt_free(ctx, v);
    return st;
}

static gt_status measure_units(gt_ctx *ctx, making *m)
{
    gt_grid *slope = NULL, *aspect = NULL;
    gt_status st = make_scratch(ctx, m, GT_CELL_F32, &slope);
    st = st == GT_OK ? make_scratch(ctx, m, GT_CELL_F32, &aspect) : st;
    st = st == GT_OK ? gt_grid_terrain(ctx, m->dem, GT_TERRAIN_SLOPE, slope) : st;
    st = st == GT_OK ? gt_grid_terrain(ctx, m->dem, GT_TERRAIN_ASPECT, aspect) : st;
    st = st == GT_OK ? measure(ctx, m, slope, aspect) : st;
    gt_grid_close(ctx, slope);
    gt_grid_close(ctx, aspect);
    return st;
}

/* ---- results ------------------------------------------------------------------------------------
 */

/* Numbers in the order of first cells, written row by row. */
static gt_status write_units(gt_ctx *ctx, making *m, gt_grid *out, uint64_t *n_units)
{
    size_t n = (size_t)m->cols;
    int32_t *row = gt_alloc(ctx, n, sizeof *row);
    gt_status st = row == NULL ? GT_E_MEMORY : GT_OK;
    *n_units = 0;
    for (int64_t r = 0; st == GT_OK && r < m->rows; r++) {
        const gt_window one = {0, r, m->cols, 1};
        st = gt_grid_read(ctx, m->units, &one, GT_CELL_I32, row, n);
        for (size_t c = 0; st == GT_OK && c < n; c++) {
            if (row[c] != GT_NODATA_I32) {
                uint32_t *mine = &m->number[m->root[row[c] - 1]];
                *mine = *mine == 0 ? (uint32_t)++ * n_units : *mine;
                row[c] = (int32_t)*mine;
            }
        }
        st = st == GT_OK ? gt_grid_write(ctx, out, &one, GT_CELL_I32, row, n) : st;
    }
    gt_free(ctx, row);
    return st;
}

static gt_status make_list(gt_ctx *ctx, const making *m, uint64_t n_units, gt_slope_unit **out)
{
    gt_slope_unit *list = gt_zalloc(ctx, n_units + 1, sizeof *list);
    if (list == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < m->n; i++) {
        const region *r = &m->regions[i];
        if (m->root[i] == i) {
            list[m->number[i] - 1] = (gt_slope_unit){
                .cells = r->cells,
                .slope = r->n_slope == 0 ? (double)NAN : r->slope / (double)r->n_slope,
                .aspect = region_aspect(r),
                .variance = region_variance(r),
                .low = r->low,
                .high = r->high};
        }
    }
    *out = list;
    return GT_OK;
}

static void judge(const making *m, gt_slope_unit_facts *f)
{
    double inside = 0, cells = 0, differ = 0, length = 0;
    for (size_t i = 0; i < m->n; i++) {
        const region *r = &m->regions[i];
        if (m->root[i] == i && r->n_aspect > 0) {
            inside += region_variance(r) * (double)r->cells;
            cells += (double)r->cells;
        }
    }
    for (size_t i = 0; i < m->n_borders; i++) {
        const border *b = &m->borders[i];
        uint32_t x = m->root[b->a], y = m->root[b->b];
        double d = (region_aspect(&m->regions[x]) - region_aspect(&m->regions[y])) * RADIANS;
        if (x != y && !isnan(d)) {
            differ += (1 - cos(d)) / 2 * b->length;
            length += b->length;
        }
    }
    f->within = cells > 0 ? inside / cells : 0;
    f->between = length > 0 ? differ / length : 0;
}

static gt_status merge_units(gt_ctx *ctx, making *m)
{
    double least = ceil(m->o->min_area / m->cell_area - 1e-9);
    m->root = gt_alloc(ctx, m->n + 1, sizeof *m->root);
    m->number = gt_zalloc(ctx, m->n + 1, sizeof *m->number);
    if (m->root == NULL || m->number == NULL) {
        return GT_E_MEMORY;
    }
    return regions_merge(ctx, m->regions, m->n, m->borders, m->n_borders,
                         least < 1e18 ? (uint64_t)least : UINT64_MAX, m->root);
}

gt_status gt_grid_slope_units(gt_ctx *ctx, gt_grid *dem, const gt_slope_unit_options *options,
                              gt_grid *units, gt_slope_unit **list, gt_slope_unit_facts *facts)
{
    gt_slope_unit_options o;
    gt_slope_unit_facts f = {0};
    const gt_grid_spec *s = gt_grid_facts(dem);
    gt_slope_unit_options_init(&o);
    memcpy(&o, options, options->size < sizeof o ? options->size : sizeof o);
    making m = {.dem = dem,
                .o = &o,
                .cols = s->n_cols,
                .rows = s->n_rows,
                .cell_area = s->cell_x * s->cell_y};
    if (!(o.threshold > 0) || !(o.min_area >= 0)) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_WALK, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", "threshold or least area of slope units")));
    }
    gt_status st = gt_grid_check_aligned(ctx, dem, units, true, NULL, NULL);
    if (st == GT_OK && gt_grid_crs(dem) != NULL && gt_crs_is_geographic(gt_grid_crs(dem))) {
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_GRID_NOT_PROJECTED,
                     GT_PLACE(.file = gt_grid_path(dem)), GT_NO_ARGS);
    }
    st = st == GT_OK ? first_units(ctx, &m) : st;
    st = st == GT_OK ? measure_units(ctx, &m) : st;
    st = st == GT_OK ? merge_units(ctx, &m) : st;
    st = st == GT_OK ? write_units(ctx, &m, units, &f.n_units) : st;
    if (st == GT_OK && list != NULL) {
        st = make_list(ctx, &m, f.n_units, list);
    }
    if (st == GT_OK && facts != NULL) {
        f.n_merged = m.n - f.n_units;
        judge(&m, &f);
        *facts = f;
    }
    gt_grid_close(ctx, m.units);
    gt_free(ctx, m.regions);
    gt_free(ctx, m.borders);
    gt_free(ctx, m.root);
    gt_free(ctx, m.number);
    return st;
}
