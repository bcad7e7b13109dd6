/* Lattices of class shares.
 *
 * Shares are whole 255ths. Rounding is by largest remainder in each cell, and what a class gains or
 * loses by it is carried to the next cell (as error diffusion does), so that sums over many cells
 * keep to the truth. All sums are of integers: the order of features and edits does not matter.
 *
 * Bytes: varints. Number of classes, each as length and text; then cells: number of shares (0: a
 * run of equal cells of one class follows, its length and class), each class and share. Class 0 is
 * emptiness, which is written as a share of its own; the last share of a cell is what lacks. */
#include "serve/lattice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "serve/messages.h"

enum {
    TEXT_MAX = 1024,
    SHARES_MAX = 4096, /* of a cell */
    FINE = 4096,       /* steps of a share while features are added */
    WHOLE = FINE * GT_LATTICE_FULL
};

void gt_lattice_init(gt_lattice *l)
{
    memset(l, 0, sizeof *l);
}

static void reset(gt_ctx *ctx, gt_lattice *l)
{
    for (size_t i = 0; i < l->n_texts; i++) {
        gt_free(ctx, l->texts[i]);
    }
    l->n_texts = l->n_list = 0;
    memset(l->end, 0, sizeof l->end);
}

void gt_lattice_free(gt_ctx *ctx, gt_lattice *l)
{
    reset(ctx, l);
    gt_free(ctx, l->texts);
    gt_free(ctx, l->list);
    gt_lattice_init(l);
}

/* ---- classes ----------------------------------------------------------------------------------
 */

static gt_status class_of(gt_ctx *ctx, gt_lattice *l, const char *text, uint32_t *out)
{
    for (size_t i = l->n_texts; i-- > 0;) {
        if (strcmp(l->texts[i], text) == 0) {
            *out = (uint32_t)i;
            return GT_OK;
        }
    }
    *out = GT_LATTICE_CLASSES - 1;
    if (l->n_texts == GT_LATTICE_CLASSES) {
        return GT_OK;
    }
    gt_status st =
        gt_grow(ctx, (void **)&l->texts, &l->cap_texts, l->n_texts + 1, sizeof *l->texts);
    if (st == GT_OK) {
        l->texts[l->n_texts] = gt_strdup(ctx, text);
        st = l->texts[l->n_texts] == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st == GT_OK) {
        *out = (uint32_t)l->n_texts++;
    }
    return st;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts the classes; place[i]: where the i-th of before is now. Owned by the caller. */
static gt_status sort_classes(gt_ctx *ctx, gt_lattice *l, uint32_t **place)
{
    char **before = gt_alloc(ctx, l->n_texts + 1, sizeof *before);
    *place = gt_alloc(ctx, l->n_texts + 1, sizeof **place);
    if (before == NULL || *place == NULL) {
        gt_free(ctx, before);
        return GT_E_MEMORY;
    }
    if (l->n_texts > 0) {
        memcpy(before, l->texts, l->n_texts * sizeof *before);
        qsort(l->texts, l->n_texts, sizeof *l->texts, by_text);
    }
    for (size_t i = 0; i < l->n_texts; i++) {
        char **at = bsearch(&before[i], l->texts, l->n_texts, sizeof *l->texts, by_text);
        (*place)[i] = at == NULL ? 0 : (uint32_t)(at - l->texts);
    }
    gt_free(ctx, before);
    return GT_OK;
}

/* ---- rounding ---------------------------------------------------------------------------------
 */

typedef struct portion {
    uint32_t klass; /* n_texts: emptiness */
    int64_t amount; /* in units of which `unit` are a share */
    int64_t want, rest;
    int64_t share;
} portion;

typedef struct rounder {
    portion *list;
    size_t n, cap;
    int64_t *carry; /* by class, emptiness last */
    int64_t unit;
} rounder;

static gt_status rounder_open(gt_ctx *ctx, size_t n_texts, int64_t unit, rounder *out)
{
    *out = (rounder){.unit = unit};
    out->carry = gt_zalloc(ctx, n_texts + 1, sizeof *out->carry);
    return out->carry == NULL ? GT_E_MEMORY : GT_OK;
}

static void rounder_close(gt_ctx *ctx, rounder *r)
{
    gt_free(ctx, r->carry);
    gt_free(ctx, r->list);
}

static gt_status portion_add(gt_ctx *ctx, rounder *r, uint32_t klass, int64_t amount)
{
    for (size_t i = 0; i < r->n; i++) {
        if (r->list[i].klass == klass) {
            r->list[i].amount += amount;
            return GT_OK;
        }
    }
    gt_status st = gt_grow(ctx, (void **)&r->list, &r->cap, r->n + 1, sizeof *r->list);
    if (st == GT_OK) {
        r->list[r->n++] = (portion){.klass = klass, .amount = amount};
    }
    return st;
}

static int by_class(const void *a, const void *b)
{
    const portion *x = a, *y = b;
    return (x->klass > y->klass) - (x->klass < y->klass);
}

/* Shares of 255 by what is wanted, the rest to those with the largest remainders. */
static void divide(rounder *r)
{
    int64_t sum = 0, left = GT_LATTICE_FULL, whole = r->unit * GT_LATTICE_FULL;
    for (size_t i = 0; i < r->n; i++) {
        portion *p = &r->list[i];
        p->want = p->amount + r->carry[p->klass];
        p->want = p->want < 0 ? 0 : p->want;
        sum += p->want;
    }
    for (size_t i = 0; i < r->n; i++) {
        portion *p = &r->list[i];
        int64_t times = sum > 0 ? p->want * GT_LATTICE_FULL : GT_LATTICE_FULL;
        int64_t by = sum > 0 ? sum : (int64_t)r->n;
        p->share = times / by;
        p->rest = times % by;
        left -= p->share;
    }
    for (; left > 0; left--) {
        portion *most = &r->list[0];
        for (size_t i = 1; i < r->n; i++) {
            most = r->list[i].rest > most->rest ? &r->list[i] : most;
        }
        most->share++;
        most->rest = -1;
    }
    for (size_t i = 0; i < r->n; i++) {
        portion *p = &r->list[i];
        int64_t carry = r->carry[p->klass] + p->amount - p->share * r->unit, most = whole / 16;
        r->carry[p->klass] = carry > most ? most : carry < -most ? -most : carry;
    }
}

/* The portions of a cell become its shares; what lacks to the whole is empty. */
static gt_status end_cell(gt_ctx *ctx, rounder *r, size_t cell, gt_lattice *out)
{
    int64_t sum = 0, whole = r->unit * GT_LATTICE_FULL;
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) { /* what was taken away again is not there */
        if (r->list[i].amount > 0) {
            r->list[n] = r->list[i];
            sum += r->list[n++].amount;
        }
    }
    r->n = n;
    gt_status st = GT_OK;
    if (n > 0) {
        qsort(r->list, n, sizeof *r->list, by_class);
        st = whole - sum > whole / 512 ? portion_add(ctx, r, (uint32_t)out->n_texts, whole - sum)
                                       : GT_OK;
    }
    for (size_t i = 0; sum > whole && i < n; i++) { /* they overlap: each its part */
        r->list[i].amount = r->list[i].amount * whole / sum;
    }
    if (st == GT_OK && r->n > 0) {
        divide(r);
        st = gt_grow(ctx, (void **)&out->list, &out->cap_list, out->n_list + n, sizeof *out->list);
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        if (r->list[i].share > 0) {
            out->list[out->n_list++] =
                (gt_share){(uint16_t)r->list[i].klass, (uint16_t)r->list[i].share};
        }
    }
    out->end[cell] = (uint32_t)out->n_list;
    r->n = 0;
    return st;
}

/* ---- one level up -----------------------------------------------------------------------------
 */

static gt_status join_cell(gt_ctx *ctx, const gt_lattice *from, const uint32_t *place, size_t col,
                           size_t row, rounder *r)
{
    gt_status st = GT_OK;
    for (size_t i = 0; i < 4; i++) {
        size_t cell = (2 * row + i / 2) * GT_LATTICE_SIDE + 2 * col + i % 2;
        size_t k = cell == 0 ? 0 : from->end[cell - 1];
        for (; st == GT_OK && k < from->end[cell]; k++) {
            st = portion_add(ctx, r, place[from->list[k].klass], from->list[k].share);
        }
    }
    return st;
}

gt_status gt_lattice_join(gt_ctx *ctx, const gt_lattice *const quarters[4], gt_lattice *out)
{
    uint32_t *place[4] = {NULL, NULL, NULL, NULL}, *sorted = NULL;
    rounder r = {0};
    const size_t half = GT_LATTICE_SIDE / 2;
    gt_status st = GT_OK;
    reset(ctx, out);
    for (size_t q = 0; st == GT_OK && q < 4; q++) {
        size_t n = quarters[q] == NULL ? 0 : quarters[q]->n_texts;
        place[q] = gt_alloc(ctx, n + 1, sizeof *place[q]);
        st = place[q] == NULL ? GT_E_MEMORY : GT_OK;
        for (size_t i = 0; st == GT_OK && i < n; i++) {
            st = class_of(ctx, out, quarters[q]->texts[i], &place[q][i]);
        }
    }
    st = st == GT_OK ? sort_classes(ctx, out, &sorted) : st;
    for (size_t q = 0; st == GT_OK && q < 4; q++) {
        for (size_t i = 0; quarters[q] != NULL && i < quarters[q]->n_texts; i++) {
            place[q][i] = sorted[place[q][i]];
        }
    }
    st = st == GT_OK ? rounder_open(ctx, out->n_texts, 4, &r) : st;
    for (size_t cell = 0; st == GT_OK && cell < GT_LATTICE_CELLS; cell++) {
        size_t col = cell % GT_LATTICE_SIDE, row = cell / GT_LATTICE_SIDE;
        size_t q = (row >= half ? 2U : 0U) + (col >= half ? 1U : 0U);
        st = quarters[q] == NULL
                 ? GT_OK
                 : join_cell(ctx, quarters[q], place[q], col % half, row % half, &r);
        st = st == GT_OK ? end_cell(ctx, &r, cell, out) : st;
    }
    rounder_close(ctx, &r);
    gt_free(ctx, sorted);
    for (size_t q = 0; q < 4; q++) {
        gt_free(ctx, place[q]);
    }
    return st;
}

/* ---- bytes ------------------------------------------------------------------------------------
 */

static void put(gt_text *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7) {
        gt_text_putc(out, (char)(unsigned char)((value & 0x7f) | 0x80));
    }
    gt_text_putc(out, (char)(unsigned char)value);
}

/* Class plus 1 that covers the cell alone; 0: it is empty; -1: several. */
static int64_t only(const gt_lattice *l, size_t cell)
{
    size_t from = cell == 0 ? 0 : l->end[cell - 1], n = l->end[cell] - from;
    return n == 0                                             ? 0
           : n == 1 && l->list[from].share == GT_LATTICE_FULL ? l->list[from].klass + 1
                                                              : -1;
}

static void put_cell(const gt_lattice *l, size_t cell, gt_text *out)
{
    size_t from = cell == 0 ? 0 : l->end[cell - 1], n = l->end[cell] - from;
    uint32_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += l->list[from + i].share;
    }
    bool gap = sum < GT_LATTICE_FULL;
    put(out, n + (gap ? 1 : 0));
    if (gap) {
        put(out, 0);
        put(out, GT_LATTICE_FULL - sum);
    }
    for (size_t i = 0; i < n; i++) {
        put(out, (uint64_t)l->list[from + i].klass + 1);
        if (i + 1 < n) {
            put(out, l->list[from + i].share);
        }
    }
}

void gt_lattice_pack(const gt_lattice *l, gt_text *out)
{
    put(out, l->n_texts);
    for (size_t i = 0; i < l->n_texts; i++) {
        put(out, strlen(l->texts[i]));
        gt_text_puts(out, l->texts[i]);
    }
    for (size_t cell = 0; cell < GT_LATTICE_CELLS;) {
        int64_t klass = only(l, cell);
        size_t n = 1;
        if (klass < 0) {
            put_cell(l, cell++, out);
            continue;
        }
        for (; cell + n < GT_LATTICE_CELLS && only(l, cell + n) == klass; n++) {
        }
        put(out, 0);
        put(out, n);
        put(out, (uint64_t)klass);
        cell += n;
    }
}

typedef struct reader {
    const unsigned char *at, *end;
    bool bad;
} reader;

static uint64_t take(reader *r, uint64_t most)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 35 && r->at < r->end; shift += 7) {
        unsigned char byte = *r->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            r->bad = r->bad || value > most;
            return r->bad ? 0 : value;
        }
    }
    r->bad = true;
    return 0;
}

static gt_status take_texts(gt_ctx *ctx, reader *r, gt_lattice *out)
{
    gt_status st = GT_OK;
    char text[TEXT_MAX + 1];
    uint64_t n = take(r, GT_LATTICE_CLASSES);
    for (uint64_t i = 0; st == GT_OK && !r->bad && i < n; i++) {
        uint32_t klass = 0;
        uint64_t len = take(r, TEXT_MAX);
        r->bad = r->bad || len > (uint64_t)(r->end - r->at);
        if (!r->bad) {
            memcpy(text, r->at, len);
            text[len] = '\0';
            r->at += len;
            st = class_of(ctx, out, text, &klass);
            r->bad = r->bad || klass != i || strlen(text) != len;
        }
    }
    return st;
}

static gt_status add_share(gt_ctx *ctx, gt_lattice *l, uint64_t klass, uint64_t share)
{
    gt_status st = gt_grow(ctx, (void **)&l->list, &l->cap_list, l->n_list + 1, sizeof *l->list);
    if (st == GT_OK) {
        l->list[l->n_list++] = (gt_share){(uint16_t)(klass - 1), (uint16_t)share};
    }
    return st;
}

static gt_status take_cells(gt_ctx *ctx, reader *r, gt_lattice *out)
{
    gt_status st = GT_OK;
    for (size_t cell = 0; st == GT_OK && !r->bad && cell < GT_LATTICE_CELLS;) {
        uint64_t n = take(r, SHARES_MAX), left = GT_LATTICE_FULL;
        if (n == 0) {
            uint64_t run = take(r, GT_LATTICE_CELLS - cell), klass = take(r, out->n_texts);
            r->bad = r->bad || run == 0;
            for (uint64_t i = 0; st == GT_OK && !r->bad && i < run; i++) {
                st = klass == 0 ? GT_OK : add_share(ctx, out, klass, GT_LATTICE_FULL);
                out->end[cell++] = (uint32_t)out->n_list;
            }
            continue;
        }
        for (uint64_t i = 0; st == GT_OK && !r->bad && i < n; i++) {
            uint64_t klass = take(r, out->n_texts), share = i + 1 < n ? take(r, left) : left;
            r->bad = r->bad || share == 0 || (klass == 0 && i > 0);
            left -= share;
            st = klass == 0 || r->bad ? GT_OK : add_share(ctx, out, klass, share);
        }
        out->end[cell++] = (uint32_t)out->n_list;
    }
    return st;
}

gt_status gt_lattice_unpack(gt_ctx *ctx, const void *data, size_t len, gt_lattice *out)
{
    reader r = {data, (const unsigned char *)data + len, false};
    reset(ctx, out);
    gt_status st = take_texts(ctx, &r, out);
    st = st == GT_OK && !r.bad ? take_cells(ctx, &r, out) : st;
    if (st == GT_OK && (r.bad || r.at != r.end)) {
        reset(ctx, out);
        st = gt_fail(ctx, GT_E_INPUT, &GT_MSG_SERVE_SHAPES, GT_NOWHERE, GT_NO_ARGS);
    }
    return st;
}

/* ---- from polygons ----------------------------------------------------------------------------
 */

enum { WIDE = GT_LATTICE_SIDE + 1 }; /* the last column takes what lies on the eastern border */

typedef struct amount {
    uint32_t next; /* in the cell, plus 1 */
    uint32_t klass;
    int64_t amount;
} amount;

struct gt_lattice_maker {
    gt_lattice classes; /* texts only, in the order they came */
    amount *list;
    size_t n_list, cap_list;
    uint32_t head[GT_LATTICE_CELLS]; /* plus 1 */
    gt_frame_cut cut;
    double *scaled;
    size_t cap_scaled;
    /* of the polygon at hand: height crossed in each cell, and area west of the crossing within the
     * cell; they are zero outside the rows and columns from .. to */
    double cover[GT_LATTICE_SIDE][WIDE], area[GT_LATTICE_SIDE][WIDE];
    int from[2], to[2]; /* column and row */
};

gt_status gt_lattice_maker_new(gt_ctx *ctx, gt_lattice_maker **out)
{
    *out = gt_zalloc(ctx, 1, sizeof **out);
    return *out == NULL ? GT_E_MEMORY : GT_OK;
}

void gt_lattice_maker_free(gt_ctx *ctx, gt_lattice_maker *m)
{
    if (m != NULL) {
        gt_lattice_free(ctx, &m->classes);
        gt_frame_cut_free(ctx, &m->cut);
        gt_free(ctx, m->scaled);
        gt_free(ctx, m->list);
        gt_free(ctx, m);
    }
}

static gt_status add_amount(gt_ctx *ctx, gt_lattice_maker *m, size_t cell, uint32_t klass,
                            int64_t value)
{
    for (uint32_t i = m->head[cell]; i != 0; i = m->list[i - 1].next) {
        if (m->list[i - 1].klass == klass) {
            m->list[i - 1].amount += value;
            return GT_OK;
        }
    }
    gt_status st = gt_grow(ctx, (void **)&m->list, &m->cap_list, m->n_list + 1, sizeof *m->list);
    if (st == GT_OK) {
        m->list[m->n_list++] = (amount){m->head[cell], klass, value};
        m->head[cell] = (uint32_t)m->n_list;
    }
    return st;
}

/* A piece of an edge within one row, from x0 to x1, dy high (signed). */
static void cross_row(gt_lattice_maker *m, int row, double x0, double x1, double dy)
{
    double low = fmin(x0, x1), high = fmax(x0, x1);
    int first = (int)low, last = (int)high;
    last = last > GT_LATTICE_SIDE ? GT_LATTICE_SIDE : last;
    if (first == last || high - low < 1e-12) {
        m->cover[row][first] += dy;
        m->area[row][first] += dy * (first + 1 - (x0 + x1) / 2);
        return;
    }
    for (int col = first; col <= last; col++) {
        double a = fmax(low, col), b = fmin(high, col + 1);
        double part = dy * (b - a) / (high - low);
        m->cover[row][col] += part;
        m->area[row][col] += part * (col + 1 - (a + b) / 2);
    }
}

static void add_edge(gt_lattice_maker *m, const double *p, const double *q, double sign)
{
    bool down = p[1] <= q[1];
    const double *top = down ? p : q, *low = down ? q : p;
    double height = low[1] - top[1];
    if (height <= 0) {
        return;
    }
    double slope = (low[0] - top[0]) / height, west = fmin(p[0], q[0]), east = fmax(p[0], q[0]);
    int row = (int)top[1], last = (int)low[1];
    last = last >= GT_LATTICE_SIDE ? GT_LATTICE_SIDE - 1 : last;
    sign = down ? sign : -sign;
    for (double y = top[1], x = top[0]; row <= last; row++) {
        double to = fmin(low[1], row + 1);
        double x_to = row == last ? low[0] : top[0] + (to - top[1]) * slope;
        x_to = fmin(fmax(x_to, west), east);
        if (to > y) {
            cross_row(m, row, x, x_to, sign * (to - y));
        }
        y = to;
        x = x_to;
    }
}

static double twice_area(const double *xy, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double *p = &xy[2 * i], *q = &xy[2 * ((i + 1) % n)];
        sum += (p[0] - xy[0]) * (q[1] - xy[1]) - (q[0] - xy[0]) * (p[1] - xy[1]);
    }
    return sum;
}

/* A ring counts with the sign given, whichever way it goes round. */
static gt_status add_ring(gt_ctx *ctx, gt_lattice_maker *m, const double *xy, size_t n, double sign)
{
    const double *a = NULL;
    gt_status st = gt_frame_cut_ring(ctx, &m->cut, xy, n, 0, GT_LATTICE_SIDE, &n);
    if (st != GT_OK || n < 3) {
        return st;
    }
    a = m->cut.a;
    sign = twice_area(a, n) > 0 ? -sign : sign; /* y down: west sides of such rings go up */
    for (size_t i = 0; i < n; i++) {
        for (int k = 0; k < 2; k++) {
            int at = (int)a[2 * i + (size_t)k];
            at = at >= GT_LATTICE_SIDE ? GT_LATTICE_SIDE - 1 : at;
            m->from[k] = at < m->from[k] ? at : m->from[k];
            m->to[k] = at > m->to[k] ? at : m->to[k];
        }
        add_edge(m, &a[2 * i], &a[2 * ((i + 1) % n)], sign);
    }
    return st;
}

/* What the polygon covers of each cell is counted, and the sums are cleared. */
static gt_status count_cells(gt_ctx *ctx, gt_lattice_maker *m, uint32_t klass, int sign)
{
    gt_status st = GT_OK;
    for (int row = m->from[1]; row <= m->to[1]; row++) {
        double sum = 0;
        for (int col = m->from[0]; st == GT_OK && col <= m->to[0]; col++) {
            double part = fmin(fmax(sum + m->area[row][col], 0), 1);
            int64_t value = llround(part * WHOLE);
            sum += m->cover[row][col];
            st = value == 0 ? GT_OK
                            : add_amount(ctx, m, (size_t)row * GT_LATTICE_SIDE + (size_t)col, klass,
                                         sign * value);
        }
        size_t n = (size_t)(WIDE - m->from[0]);
        memset(&m->cover[row][m->from[0]], 0, n * sizeof(double));
        memset(&m->area[row][m->from[0]], 0, n * sizeof(double));
    }
    return st;
}

gt_status gt_lattice_add(gt_ctx *ctx, gt_lattice_maker *m, const gt_geom *g, double x, double y,
                         double unit, int sign, const char *klass)
{
    uint32_t k = 0, ring = 0, from = 0;
    gt_status st =
        gt_grow(ctx, (void **)&m->scaled, &m->cap_scaled, 2 * g->n_points + 2, sizeof *m->scaled);
    for (size_t i = 0; st == GT_OK && i < g->n_points; i++) {
        m->scaled[2 * i] = (g->xy[2 * i] - x) / unit;
        m->scaled[2 * i + 1] = (g->xy[2 * i + 1] - y) / unit;
    }
    m->from[0] = m->from[1] = GT_LATTICE_SIDE;
    m->to[0] = m->to[1] = -1;
    for (uint32_t p = 0; st == GT_OK && p < g->n_parts; p++) {
        for (bool shell = true; st == GT_OK && ring < g->part_end[p]; shell = false) {
            size_t n = g->ring_end[ring] - from;
            st = n < 4 ? GT_OK
                       : add_ring(ctx, m, &m->scaled[2 * (size_t)from], n - 1, shell ? 1 : -1);
            from = g->ring_end[ring++];
        }
    }
    if (st == GT_OK && m->to[0] >= 0) {
        st = class_of(ctx, &m->classes, klass, &k);
    }
    gt_status counted = count_cells(ctx, m, k, sign); /* clears, too */
    return st == GT_OK ? counted : st;
}

gt_status gt_lattice_add_all(gt_ctx *ctx, gt_lattice_maker *m, const gt_lattice *l)
{
    gt_status st = GT_OK;
    uint32_t *place = gt_alloc(ctx, l->n_texts + 1, sizeof *place);
    if (place == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; st == GT_OK && i < l->n_texts; i++) {
        st = class_of(ctx, &m->classes, l->texts[i], &place[i]);
    }
    for (size_t cell = 0, k = 0; st == GT_OK && cell < GT_LATTICE_CELLS; cell++) {
        for (; st == GT_OK && k < l->end[cell]; k++) {
            st =
                add_amount(ctx, m, cell, place[l->list[k].klass], (int64_t)FINE * l->list[k].share);
        }
    }
    gt_free(ctx, place);
    return st;
}

gt_status gt_lattice_made(gt_ctx *ctx, gt_lattice_maker *m, gt_lattice *out)
{
    uint32_t *place = NULL;
    rounder r = {0};
    reset(ctx, out);
    const gt_lattice mine = m->classes;
    m->classes.texts = out->texts; /* the texts change hands */
    m->classes.cap_texts = out->cap_texts;
    m->classes.n_texts = 0;
    out->texts = mine.texts;
    out->n_texts = mine.n_texts;
    out->cap_texts = mine.cap_texts;
    gt_status st = sort_classes(ctx, out, &place);
    st = st == GT_OK ? rounder_open(ctx, out->n_texts, FINE, &r) : st;
    for (size_t cell = 0; st == GT_OK && cell < GT_LATTICE_CELLS; cell++) {
        for (uint32_t i = m->head[cell]; st == GT_OK && i != 0; i = m->list[i - 1].next) {
            st = portion_add(ctx, &r, place[m->list[i - 1].klass], m->list[i - 1].amount);
        }
        st = st == GT_OK ? end_cell(ctx, &r, cell, out) : st;
    }
    memset(m->head, 0, sizeof m->head);
    m->n_list = 0;
    rounder_close(ctx, &r);
    gt_free(ctx, place);
    return st;
}
