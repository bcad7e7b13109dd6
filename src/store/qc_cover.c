#include "store/qc_cover.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/messages.h"
#include "store/qc_cover_pair.h"
#include "store/sorter.h"

enum {
    SORT_ITEMS = 256 * 1024,
    WRITE_BYTES = 1024 * 1024,
    BUCKETS = 4096,
    TALL = 16,         /* buckets; a feature over more stands in a list of its own */
    MOST_EXACT = 10000 /* overlaps with a place by GEOS; more are listed by their boxes */
};

/* How a feature stands in the spool; id and blob follow. */
typedef struct head {
    int64_t row;
    uint64_t shape;
    gt_box box;
    uint64_t blob_len;
    uint32_t id_len; /* with the closing 0; 0: no id */
    uint32_t spare;
} head;

typedef struct piece { /* a feature that crosses the sweep line */
    head head;
    char *id;
    size_t cap_id;
    gt_geom geom;
    qc_edges edges;
    uint64_t seen; /* stamp of the last feature that met it */
    int refs;      /* lists it stands in */
    struct piece *next_free;
} piece;

typedef struct bucket {
    piece **list;
    size_t n, cap;
} bucket;

struct qc_cover {
    int fd;
    uint8_t *room; /* not written yet */
    size_t n_room;
    uint64_t size; /* of the spool, with what is in room */
    gt_sorter *sorter;
    gt_box box;
    uint64_t n;

    /* the sweep */
    bucket *bucket; /* BUCKETS, and one for the tall */
    piece *free;
    uint8_t *blob;
    size_t cap_blob;
    gt_geos *geos;
    gt_geom common;
    qc_pair_scratch scratch;
    size_t n_found;
    double metre[2];
    qc_overlap_fn fn;
    void *user;
};

gt_status qc_cover_new(gt_ctx *ctx, const char *dir, qc_cover **out)
{
    qc_cover *c = gt_zalloc(ctx, 1, sizeof *c);
    if (c == NULL) {
        return GT_E_MEMORY;
    }
    gt_geom_init(&c->common);
    c->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    gt_status st = c->fd >= 0 ? GT_OK : gt_fail_errno(ctx, errno, "temporary file", dir);
    if (st == GT_OK) {
        c->room = gt_alloc(ctx, WRITE_BYTES, 1);
        st = c->room == NULL ? GT_E_MEMORY : gt_sorter_new(ctx, dir, SORT_ITEMS, &c->sorter);
    }
    if (st != GT_OK) {
        qc_cover_free(ctx, c);
        return st;
    }
    *out = c;
    return GT_OK;
}

static void free_piece(gt_ctx *ctx, piece *p)
{
    gt_geom_free(ctx, &p->geom);
    qc_edges_free(ctx, &p->edges);
    gt_free(ctx, p->id);
    gt_free(ctx, p);
}

void qc_cover_free(gt_ctx *ctx, qc_cover *c)
{
    if (c == NULL) {
        return;
    }
    for (size_t b = 0; c->bucket != NULL && b <= BUCKETS; b++) {
        for (size_t i = 0; i < c->bucket[b].n; i++) {
            if (--c->bucket[b].list[i]->refs == 0) {
                free_piece(ctx, c->bucket[b].list[i]);
            }
        }
        gt_free(ctx, c->bucket[b].list);
    }
    for (piece *p = c->free; p != NULL;) {
        piece *next = p->next_free;
        free_piece(ctx, p);
        p = next;
    }
    gt_free(ctx, c->bucket);
    gt_free(ctx, c->blob);
    gt_free(ctx, c->room);
    gt_geom_free(ctx, &c->common);
    gt_geos_free(c->geos);
    qc_pair_scratch_free(ctx, &c->scratch);
    gt_sorter_free(ctx, c->sorter);
    if (c->fd >= 0) {
        (void)close(c->fd);
    }
    gt_free(ctx, c);
}

/* ---- spool ----------------------------------------------------------------------------------- */

static gt_status flush(gt_ctx *ctx, qc_cover *c)
{
    for (size_t done = 0; done < c->n_room;) {
        ssize_t n = write(c->fd, c->room + done, c->n_room - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return gt_fail_errno(ctx, n < 0 ? errno : ENOSPC, "write", "spool");
        }
        done += (size_t)n;
    }
    c->n_room = 0;
    return GT_OK;
}

static gt_status put(gt_ctx *ctx, qc_cover *c, const void *data, size_t len)
{
    const uint8_t *from = data;
    gt_status st = GT_OK;
    while (st == GT_OK && len > 0) {
        size_t fits = WRITE_BYTES - c->n_room;
        fits = fits < len ? fits : len;
        memcpy(c->room + c->n_room, from, fits);
        c->n_room += fits;
        c->size += fits;
        from += fits;
        len -= fits;
        st = c->n_room == WRITE_BYTES ? flush(ctx, c) : GT_OK;
    }
    return st;
}

/* Order of doubles as order of integers. */
static uint64_t sort_key(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (bits >> 63) != 0 ? ~bits : bits | (uint64_t)1 << 63;
}

gt_status qc_cover_add(gt_ctx *ctx, qc_cover *c, const qc_cover_item *item)
{
    head h = {.row = item->row,
              .shape = item->shape,
              .box = item->box,
              .blob_len = item->blob_len,
              .id_len = item->id == NULL ? 0 : (uint32_t)strlen(item->id) + 1};
    gt_sort_item key = {.key = sort_key(item->box.xmin), .id = c->size};
    c->box.xmin = c->n == 0 ? h.box.xmin : fmin(c->box.xmin, h.box.xmin);
    c->box.ymin = c->n == 0 ? h.box.ymin : fmin(c->box.ymin, h.box.ymin);
    c->box.xmax = c->n == 0 ? h.box.xmax : fmax(c->box.xmax, h.box.xmax);
    c->box.ymax = c->n == 0 ? h.box.ymax : fmax(c->box.ymax, h.box.ymax);
    c->n++;
    gt_status st = gt_sorter_add(ctx, c->sorter, &key);
    st = st == GT_OK ? put(ctx, c, &h, sizeof h) : st;
    st = st == GT_OK && h.id_len > 0 ? put(ctx, c, item->id, h.id_len) : st;
    return st == GT_OK ? put(ctx, c, item->blob, item->blob_len) : st;
}

static gt_status get(gt_ctx *ctx, const qc_cover *c, uint64_t at, void *data, size_t len)
{
    uint8_t *to = data;
    while (len > 0) {
        ssize_t n = pread(c->fd, to, len, (off_t)at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return gt_fail_errno(ctx, n < 0 ? errno : EIO, "read", "spool");
        }
        to += n;
        at += (uint64_t)n;
        len -= (size_t)n;
    }
    return GT_OK;
}

/* ---- the sweep ------------------------------------------------------------------------------- */

static gt_status load(gt_ctx *ctx, qc_cover *c, uint64_t at, piece *p)
{
    void *id = p->id, *blob = c->blob;
    gt_status st = get(ctx, c, at, &p->head, sizeof p->head);
    at += sizeof p->head;
    if (st == GT_OK) {
        st = gt_grow(ctx, &id, &p->cap_id, p->head.id_len + 1, 1);
        p->id = id;
    }
    if (st == GT_OK) {
        p->id[0] = '\0';
        st = get(ctx, c, at, p->id, p->head.id_len);
        at += p->head.id_len;
    }
    if (st == GT_OK) {
        st = gt_grow(ctx, &blob, &c->cap_blob, p->head.blob_len, 1);
        c->blob = blob;
    }
    if (st == GT_OK) {
        st = get(ctx, c, at, c->blob, p->head.blob_len);
    }
    if (st == GT_OK) {
        st = gt_geom_from_gpkg(ctx, c->blob, p->head.blob_len, NULL, &p->geom);
    }
    return st == GT_OK ? qc_edges_make(ctx, &p->geom, &p->edges) : st;
}

static gt_status take_piece(gt_ctx *ctx, qc_cover *c, piece **out)
{
    piece *p = c->free;
    if (p != NULL) {
        c->free = p->next_free;
    } else {
        p = gt_zalloc(ctx, 1, sizeof *p);
        if (p == NULL) {
            return GT_E_MEMORY;
        }
        gt_geom_init(&p->geom);
    }
    p->refs = 0;
    p->seen = 0;
    *out = p;
    return GT_OK;
}

static void give_back(qc_cover *c, piece *p)
{
    p->next_free = c->free;
    c->free = p;
}

static gt_status tell(gt_ctx *ctx, qc_cover *c, const piece *a, const piece *b, double m2)
{
    const piece *late = a->head.row > b->head.row ? a : b, *early = late == a ? b : a;
    const gt_box *p = &a->head.box, *q = &b->head.box;
    qc_overlap o = {.row = late->head.row,
                    .other_row = early->head.row,
                    .id = late->head.id_len > 0 ? late->id : NULL,
                    .other = early->head.id_len > 0 ? early->id : NULL,
                    .m2 = m2,
                    .x = 0.5 * (fmax(p->xmin, q->xmin) + fmin(p->xmax, q->xmax)),
                    .y = 0.5 * (fmax(p->ymin, q->ymin) + fmin(p->ymax, q->ymax))};
    gt_status st = GT_OK;
    if (c->n_found < MOST_EXACT || isinf(m2)) {
        if (c->geos == NULL) {
            st = gt_geos_new(ctx, &c->geos);
        }
        if (st == GT_OK) {
            gt_geos_trust(c->geos, true); /* valid by the checks before */
            st = gt_geos_intersection(ctx, c->geos, &a->geom, &b->geom, &c->common);
        }
        if (st != GT_OK || !qc_overlap_counts(&c->common, c->metre, QC_OVERLAP_M2, &o.m2)) {
            return st;
        }
        st = gt_geos_label_point(ctx, c->geos, &c->common, &o.x, &o.y);
    }
    c->n_found++;
    return st == GT_OK ? c->fn(ctx, c->user, &o) : st;
}

static gt_status compare(gt_ctx *ctx, qc_cover *c, const piece *a, const piece *b)
{
    const gt_box *p = &a->head.box, *q = &b->head.box;
    gt_box w = {fmax(p->xmin, q->xmin), fmax(p->ymin, q->ymin), fmin(p->xmax, q->xmax),
                fmin(p->ymax, q->ymax)};
    bool apart = !(w.xmin < w.xmax) || !(w.ymin < w.ymax) ||
                 (a->head.shape == b->head.shape && a->head.shape != 0);
    double m2 = 0;
    if (apart ||
        (w.xmax - w.xmin) * (w.ymax - w.ymin) * c->metre[0] * c->metre[1] <= QC_OVERLAP_M2) {
        return GT_OK; /* the shared box is too small to hold a fault */
    }
    gt_status st = qc_pair_area(ctx, &c->scratch, &a->edges, &b->edges, w, &m2);
    m2 *= c->metre[0] * c->metre[1];
    return st == GT_OK && m2 > QC_OVERLAP_M2 ? tell(ctx, c, a, b, m2) : st;
}

/* Compares with everything of one list, and drops what the sweep line has left behind. */
static gt_status meet(gt_ctx *ctx, qc_cover *c, bucket *list, const piece *p, uint64_t stamp)
{
    gt_status st = GT_OK;
    for (size_t i = 0; st == GT_OK && i < list->n;) {
        piece *other = list->list[i];
        if (other->head.box.xmax <= p->head.box.xmin) {
            list->list[i] = list->list[--list->n];
            if (--other->refs == 0) {
                give_back(c, other);
            }
            continue;
        }
        if (other->seen != stamp) {
            other->seen = stamp;
            st = compare(ctx, c, other, p);
        }
        i++;
    }
    return st;
}

static gt_status enter(gt_ctx *ctx, bucket *list, piece *p)
{
    void *block = list->list;
    gt_status st = gt_grow(ctx, &block, &list->cap, list->n + 1, sizeof(piece *));
    if (st == GT_OK) {
        list->list = block;
        list->list[list->n++] = p;
        p->refs++;
    }
    return st;
}

static size_t bucket_of(const qc_cover *c, double y)
{
    double high = c->box.ymax - c->box.ymin;
    double at = high > 0 ? (y - c->box.ymin) / high * BUCKETS : 0;
    return at <= 0 ? 0 : at >= BUCKETS - 1 ? BUCKETS - 1 : (size_t)at;
}

static gt_status advance(gt_ctx *ctx, qc_cover *c, uint64_t at, uint64_t stamp)
{
    piece *p = NULL;
    gt_status st = take_piece(ctx, c, &p);
    if (st != GT_OK) {
        return st;
    }
    st = load(ctx, c, at, p);
    size_t low = bucket_of(c, p->head.box.ymin), high = bucket_of(c, p->head.box.ymax);
    for (size_t b = low; st == GT_OK && b <= high; b++) {
        st = meet(ctx, c, &c->bucket[b], p, stamp);
    }
    st = st == GT_OK ? meet(ctx, c, &c->bucket[BUCKETS], p, stamp) : st;
    if (st == GT_OK && high - low > TALL) {
        st = enter(ctx, &c->bucket[BUCKETS], p);
    }
    for (size_t b = low; st == GT_OK && high - low <= TALL && b <= high; b++) {
        st = enter(ctx, &c->bucket[b], p);
    }
    if (p->refs == 0) {
        give_back(c, p); /* freed with the rest */
    }
    return st;
}

gt_status qc_cover_sweep(gt_ctx *ctx, qc_cover *c, const double metre[2], qc_overlap_fn fn,
                         void *user)
{
    c->metre[0] = metre[0];
    c->metre[1] = metre[1];
    c->fn = fn;
    c->user = user;
    c->bucket = gt_zalloc(ctx, BUCKETS + 1, sizeof *c->bucket);
    gt_status st = c->bucket == NULL ? GT_E_MEMORY : flush(ctx, c);
    st = st == GT_OK ? gt_sorter_finish(ctx, c->sorter) : st;
    bool more = true;
    for (uint64_t stamp = 1; st == GT_OK; stamp++) {
        gt_sort_item item;
        st = gt_sorter_next(ctx, c->sorter, &item, &more);
        if (st != GT_OK || !more) {
            break;
        }
        st = advance(ctx, c, item.id, stamp);
        if (st == GT_OK && stamp % 64 == 0) {
            gt_progress_step(ctx, stamp);
            st = gt_check_cancel(ctx);
        }
    }
    return st;
}

/* ---- what counts ----------------------------------------------------------------------------- */

bool qc_overlap_counts(const gt_geom *common, const double metre[2], double min_m2, double *m2)
{
    double area = fabs(gt_geom_plane_area(common)) * metre[0] * metre[1], length = 0;
    uint32_t start = 0;
    for (uint32_t r = 0; r < common->n_rings; r++) {
        for (uint32_t i = start; i + 1 < common->ring_end[r]; i++) {
            const double *p = common->xy + 2 * (size_t)i;
            length += hypot((p[2] - p[0]) * metre[0], (p[3] - p[1]) * metre[1]);
        }
        start = common->ring_end[r];
    }
    if (m2 != NULL) {
        *m2 = area;
    }
    return area > min_m2 && (min_m2 <= 0 || 2 * area > QC_OVERLAP_WIDTH * length);
}
