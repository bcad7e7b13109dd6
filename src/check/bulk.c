/* Bulk check: batches of subjects, put in order of land, cut into blocks.
 *
 * A batch holds as many subjects as the memory allows. They are sorted along a Z-curve; a block is
 * a run that lies in one square of the quadtree, so small that what lies near it is read once and
 * fits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/bulk_projects.h"
#include "check/messages.h"

enum { BLOCK = 4096 };
static const size_t MOST_POINTS = (size_t)16 << 20, FEWEST_POINTS = (size_t)1 << 16;
static const size_t MOST_BYTES = (size_t)512 << 20, FEWEST_BYTES = (size_t)1 << 20;
/* Bytes of a point near a block: 16, and its share of feature, values and index. */
static const size_t BYTES_PER_POINT = 32;
/* A block may be read although so many features a subject are expected near it. */
static const double SPARSE = 64;

typedef struct batch {
    gt_ctx *ctx;
    gt_bulk bulk;
    gt_bulk_options options;
    gt_bulk_calls calls;
    gt_bulk_facts facts;
    gt_arena *arena; /* names and facts */
    gt_bulk_held *list;
    bool together; /* a rule judges the parts of a project together: they wait for the end */
    gt_arena *parts_arena;
    gt_bulk_held *parts;
    size_t n_parts, cap_parts;
    gt_projects projects;
    size_t n, cap, bytes, most_bytes, most_points, n_done;
} batch;

void gt_bulk_options_init(gt_bulk_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    gt_check_options_init(&options->check);
}

/* ---- one subject --------------------------------------------------------------------------------
 */

static gt_status refuse(batch *t, size_t number)
{
    gt_status st = t->calls.found(t->ctx, t->calls.user, number, NULL);
    if (st == GT_OK) {
        gt_error_clear(t->ctx);
        t->facts.n_refused++;
    }
    return st;
}

static bool its_own_fault(gt_status st)
{
    return st == GT_E_INPUT || st == GT_E_USAGE;
}

static gt_status check_one(batch *t, const gt_bulk_held *h)
{
    gt_verdict light;
    const gt_verdict *v = NULL;
    gt_subject subject = h->subject; /* the list moves while it grows: its geometry is named here */
    subject.geom = &h->geom;
    gt_status st = gt_check_cancel(t->ctx);
    if (st == GT_OK && h->project != SIZE_MAX) {
        st = gt_projects_turn(&t->bulk, &t->projects, t->list, (size_t)(h - t->list));
        if (st != GT_OK) {
            return st; /* not the fault of this part */
        }
    }
    st = st == GT_OK ? gt_bulk_subject(&t->bulk, &subject, &light, &v) : st;
    if (t->bulk.overflow) {
        return st;
    }
    if (st == GT_OK) {
        t->facts.by_result[gt_verdict_result(v)]++;
        st = t->calls.found(t->ctx, t->calls.user, h->number, v);
    } else if (its_own_fault(st)) {
        st = refuse(t, h->number);
    }
    gt_verdict_free(t->bulk.verdict);
    t->bulk.verdict = NULL;
    gt_progress_step(t->ctx, ++t->n_done);
    return st;
}

/* ---- blocks -----------------------------------------------------------------------------------
 */

static gt_box box_of(const batch *t, size_t lo, size_t hi)
{
    gt_box b = t->list[lo].box;
    for (size_t i = lo + 1; i < hi; i++) {
        const gt_box *q = &t->list[i].box;
        b.xmin = q->xmin < b.xmin ? q->xmin : b.xmin;
        b.ymin = q->ymin < b.ymin ? q->ymin : b.ymin;
        b.xmax = q->xmax > b.xmax ? q->xmax : b.xmax;
        b.ymax = q->ymax > b.ymax ? q->ymax : b.ymax;
    }
    return b;
}

static double overlap(double a0, double a1, double b0, double b1)
{
    double lo = a0 > b0 ? a0 : b0, hi = a1 < b1 ? a1 : b1;
    return hi <= lo ? 0 : b1 > b0 ? (hi - lo) / (b1 - b0) : 1;
}

/* Features to be expected near the box, were layers spread evenly. */
static double expected(const batch *t, gt_box b)
{
    double sum = 0;
    for (size_t i = 0; i < t->bulk.n_nears; i++) {
        const gt_land *n = &t->bulk.nears[i].near;
        const gt_box *all = &n->info.box;
        if (n->known) {
            sum += (double)n->info.n_features *
                   overlap(b.xmin - n->reach, b.xmax + n->reach, all->xmin, all->xmax) *
                   overlap(b.ymin - n->reach, b.ymax + n->reach, all->ymin, all->ymax);
        }
    }
    return sum;
}

/* Where a run is cut: at the border of quadtree squares nearest to its middle, else in halves. */
static size_t cut_at(const batch *t, size_t lo, size_t hi)
{
    uint32_t differ = t->list[lo].key ^ t->list[hi - 1].key;
    if (differ == 0) {
        return lo + (hi - lo) / 2;
    }
    uint32_t bit = 1;
    while (differ >>= 1) {
        bit <<= 1;
    }
    size_t a = lo, b = hi - 1; /* the highest differing bit is clear at a, set at b */
    while (b - a > 1) {
        size_t mid = a + (b - a) / 2;
        if (t->list[mid].key & bit) {
            b = mid;
        } else {
            a = mid;
        }
    }
    return b;
}

static gt_status run(batch *t, size_t lo, size_t hi);

static gt_status run_block(batch *t, size_t lo, size_t hi, gt_box box)
{
    gt_status st = GT_OK;
    gt_bulk_block(&t->bulk, box, hi - lo == 1 ? 0 : t->most_points);
    t->facts.n_blocks++;
    for (size_t i = lo; st == GT_OK && i < hi; i++) {
        st = check_one(t, &t->list[i]);
        if (t->bulk.overflow && st == GT_OK) {
            /* smaller blocks, the one of a single subject has no limit */
            size_t middle = hi - i > 1 ? i + (hi - i) / 2 : hi;
            st = run(t, i, middle);
            return st == GT_OK ? run(t, middle, hi) : st;
        }
    }
    return st;
}

static gt_status run(batch *t, size_t lo, size_t hi)
{
    size_t n = hi - lo, most = t->options.block > 0 ? t->options.block : BLOCK;
    if (n == 0) {
        return GT_OK;
    }
    gt_box box = box_of(t, lo, hi);
    if (n > most ||
        (n > 1 && expected(t, box) > SPARSE * (double)(n + 16) * (double)(t->bulk.n_nears + 1))) {
        size_t middle = cut_at(t, lo, hi);
        gt_status st = run(t, lo, middle);
        return st == GT_OK ? run(t, middle, hi) : st;
    }
    return run_block(t, lo, hi, box);
}

/* ---- batches ----------------------------------------------------------------------------------
 */

static uint32_t spread_bits(double v)
{
    uint32_t x = !(v > 0) ? 0 : v >= 1 ? 0xFFFF : (uint32_t)(v * 65536);
    x = (x | x << 8) & 0x00FF00FF;
    x = (x | x << 4) & 0x0F0F0F0F;
    x = (x | x << 2) & 0x33333333;
    return (x | x << 1) & 0x55555555;
}

static int by_land(const void *a, const void *b)
{
    const gt_bulk_held *p = a, *q = b;
    if (p->key != q->key) {
        return p->key < q->key ? -1 : 1;
    }
    if (p->project != q->project) {
        return p->project < q->project ? -1 : 1;
    }
    return (p->number > q->number) - (p->number < q->number);
}

static gt_status run_batch(batch *t)
{
    if (t->n == 0) {
        return GT_OK;
    }
    gt_box all = box_of(t, 0, t->n);
    double side = fmax(all.xmax - all.xmin, all.ymax - all.ymin);
    for (size_t i = 0; i < t->n; i++) {
        gt_bulk_held *h = &t->list[i];
        /* parts of a project go where its middle is, side by side */
        const gt_box *at = h->project == SIZE_MAX ? &h->box : &t->projects.list[h->project].box;
        double x = ((at->xmin + at->xmax) / 2 - all.xmin) / side;
        double y = ((at->ymin + at->ymax) / 2 - all.ymin) / side;
        h->key = spread_bits(x) | spread_bits(y) << 1;
    }
    qsort(t->list, t->n, sizeof *t->list, by_land);
    gt_status st = run(t, 0, t->n);
    for (size_t i = 0; i < t->n; i++) {
        gt_geom_free(t->ctx, &t->list[i].geom);
    }
    t->n = t->bytes = 0;
    gt_arena_reset(t->arena);
    return st;
}

static gt_status keep_fact(gt_arena *arena, const gt_fact *from, gt_fact *to, size_t *bytes)
{
    *to = *from;
    to->name = gt_arena_strdup(arena, from->name);
    if (from->value.kind == GT_VAL_TEXT) {
        to->value.text = gt_arena_strndup(arena, from->value.text, from->value.len);
        *bytes += from->value.len;
    }
    bool full = to->name == NULL || (from->value.kind == GT_VAL_TEXT && to->value.text == NULL);
    return full ? GT_E_MEMORY : GT_OK;
}

/* Makes *h hold a copy of the subject; its geometry is the holder's to free even on failure. */
static gt_status hold(batch *t, const gt_subject *s, size_t number, gt_arena *arena,
                      gt_bulk_held *h, size_t *bytes)
{
    memset(h, 0, sizeof *h);
    gt_fact *facts = gt_arena_zalloc(arena, s->n_facts + 1, sizeof *facts);
    const char *name = gt_arena_strdup(arena, s->name == NULL ? "" : s->name);
    const char *project = s->project == NULL ? NULL : gt_arena_strdup(arena, s->project);
    bool full = facts == NULL || name == NULL || (s->project != NULL && project == NULL);
    gt_status st = full ? GT_E_MEMORY : gt_geom_copy(t->ctx, s->geom, &h->geom);
    *bytes = 0;
    for (size_t i = 0; st == GT_OK && i < s->n_facts; i++) {
        st = keep_fact(arena, &s->facts[i], &facts[i], bytes);
    }
    h->number = number;
    h->project = SIZE_MAX;
    h->box = gt_geom_box(&h->geom);
    h->subject = (gt_subject){.kind = t->bulk.kind->id,
                              .name = name,
                              .facts = facts,
                              .n_facts = s->n_facts,
                              .project = project};
    *bytes += sizeof *h + 16 * (size_t)h->geom.n_points + 128 + s->n_facts * sizeof *facts;
    return st;
}

static gt_status keep(batch *t, const gt_subject *s, size_t number)
{
    bool part = t->together && s->project != NULL && *s->project != '\0';
    size_t bytes = 0, *n = part ? &t->n_parts : &t->n;
    void *block = part ? t->parts : t->list;
    gt_status st = gt_grow(t->ctx, &block, part ? &t->cap_parts : &t->cap, *n + 1, sizeof *t->list);
    *(part ? &t->parts : &t->list) = block;
    if (st == GT_OK) {
        gt_bulk_held *h = (gt_bulk_held *)block + *n;
        st = hold(t, s, number, part ? t->parts_arena : t->arena, h, &bytes);
        ++*n;
    }
    t->bytes += part ? 0 : bytes;
    return st;
}

static bool can_be_placed(const gt_subject *s)
{
    return s->geom != NULL && s->geom->n_points > 0;
}

static gt_status take_all(batch *t)
{
    gt_status st = GT_OK;
    bool more = true;
    for (size_t number = 0; st == GT_OK; number++) {
        gt_subject s;
        memset(&s, 0, sizeof s);
        more = true;
        st = t->calls.next(t->ctx, t->calls.user, &s, &more);
        if (st == GT_OK && !more) {
            break;
        }
        t->facts.n_subjects++;
        if (st == GT_OK && !can_be_placed(&s)) {
            st = gt_fail(t->ctx, GT_E_INPUT, &GT_MSG_SUBJECT_EMPTY, GT_NOWHERE, GT_NO_ARGS);
        }
        if (st != GT_OK && more && its_own_fault(st)) {
            st = refuse(t, number);
            continue;
        }
        st = st == GT_OK ? keep(t, &s, number) : st;
        if (st == GT_OK && t->bytes >= t->most_bytes) {
            st = run_batch(t);
        }
    }
    return st == GT_OK ? run_batch(t) : st;
}

/* Parts of projects, when all of them are known. */
static gt_status run_parts(batch *t)
{
    gt_status st = gt_projects_open(&t->bulk, t->parts, t->n_parts, &t->projects);
    if (st == GT_OK) {
        gt_free(t->ctx, t->list); /* empty by now */
        t->list = t->parts;
        t->n = t->n_parts;
        t->cap = t->cap_parts;
        t->parts = NULL;
        t->n_parts = t->cap_parts = 0;
        st = run_batch(t);
    }
    t->bulk.together = NULL;
    return st;
}

static bool judges_together(const gt_bulk *b)
{
    for (size_t i = 0; i < b->n_plans; i++) {
        if (b->plans[i].rule->together) {
            return true;
        }
    }
    return false;
}

static void release(batch *t)
{
    for (size_t i = 0; i < t->n; i++) {
        gt_geom_free(t->ctx, &t->list[i].geom);
    }
    for (size_t i = 0; i < t->n_parts; i++) {
        gt_geom_free(t->ctx, &t->parts[i].geom);
    }
    gt_free(t->ctx, t->list);
    gt_free(t->ctx, t->parts);
    gt_projects_free(t->ctx, &t->projects);
    gt_arena_free(t->arena);
    gt_arena_free(t->parts_arena);
    gt_bulk_close(&t->bulk);
    gt_free(t->ctx, t);
}

/* A quarter of what the ceiling leaves for subjects, a third for the layers near a block. */
static void set_limits(batch *t)
{
    size_t ceiling = gt_ctx_memory_ceiling(t->ctx), used = gt_ctx_memory_used(t->ctx);
    t->most_bytes = t->options.most_bytes > 0 ? t->options.most_bytes : MOST_BYTES;
    t->most_points = t->options.most_points > 0 ? t->options.most_points : MOST_POINTS;
    if (ceiling > 0) {
        size_t left = ceiling > used ? ceiling - used : 0;
        size_t bytes = left / 4, points = left / 3 / BYTES_PER_POINT;
        bytes = bytes < FEWEST_BYTES ? FEWEST_BYTES : bytes;
        points = points < FEWEST_POINTS ? FEWEST_POINTS : points;
        t->most_bytes = bytes < t->most_bytes ? bytes : t->most_bytes;
        t->most_points = points < t->most_points ? points : t->most_points;
    }
}

gt_status gt_check_bulk(gt_ctx *ctx, gt_store *store, const gt_package *package, const char *kind,
                        const gt_bulk_options *options, const gt_bulk_calls *calls,
                        gt_bulk_facts *facts)
{
    batch *t = gt_zalloc(ctx, 1, sizeof *t);
    if (t == NULL) {
        return GT_E_MEMORY;
    }
    t->ctx = ctx;
    t->calls = *calls;
    gt_bulk_options_init(&t->options);
    if (options != NULL) {
        memcpy(&t->options, options,
               options->size < sizeof t->options ? options->size : sizeof t->options);
    }
    set_limits(t);
    gt_status st = gt_bulk_open(ctx, store, package, kind, &t->options, &t->bulk);
    st = st == GT_OK ? gt_arena_new(ctx, 0, &t->arena) : st;
    st = st == GT_OK ? gt_arena_new(ctx, 0, &t->parts_arena) : st;
    if (st == GT_OK) {
        t->together = judges_together(&t->bulk);
        gt_picker *picker = gt_checker_picker(t->bulk.checker);
        gt_progress_begin(ctx, &GT_PROGRESS_CHECK, 0);
        st = gt_picker_begin(ctx, picker); /* all blocks of one moment */
        if (st == GT_OK) {
            st = take_all(t);
            st = st == GT_OK && t->n_parts > 0 ? run_parts(t) : st;
            gt_picker_end(picker);
        }
        gt_progress_end(ctx);
    }
    t->facts.n_features = t->bulk.n_features;
    t->facts.n_settled = t->bulk.n_settled;
    t->facts.n_tried = t->bulk.n_tried;
    if (st == GT_OK && facts != NULL) {
        *facts = t->facts;
    }
    release(t);
    return st;
}
