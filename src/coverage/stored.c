/* The stored weave: built strip by strip, brought up to date by the cells that changes meet.
 *
 * The sums are kept by difference: what a cell gave before is taken away, what it gives now is
 * added. They are integers, so the way they came about leaves no trace. */
#include "coverage/stored_job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "coverage/messages.h"

enum {
    MOST_BOXES = 4096, /* beyond: everything is woven */
    MOST_RECTS = 256,  /* beyond: one rectangle around all */
    LOCK_WAIT_MS = 50,
    CATCH_UP = 4 /* how often to look whether the map moved on meanwhile */
};

void gt_stored_options_init(gt_stored_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

/* ---- which layers -------------------------------------------------------------------------------
 */

gt_status gt_stored_layer(gt_ctx *ctx, gt_store *store, const char *id, gt_layer_info *info)
{
    gt_status st = gt_store_find_layer(ctx, store, id, info);
    if (st != GT_OK) {
        return st;
    }
    if (info->n_features == 0) {
        return gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_AREA_EMPTY, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("layer", id)));
    }
    gt_geom_type type = info->standard->geom_type;
    if (type != GT_POLYGON && type != GT_MULTIPOLYGON) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_AREA_NOT_POLYGON, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("layer", id), GT_TEXT("type", gt_geom_type_name(type))));
    }
    return GT_OK;
}

static bool has_polygons(gt_store *store, gt_ctx *ctx, const char *id)
{
    for (size_t i = 0; i < gt_store_n_layers(store); i++) {
        gt_layer_info info;
        if (gt_store_layer(ctx, store, i, &info) == GT_OK && strcmp(info.standard->id, id) == 0) {
            gt_geom_type t = info.standard->geom_type;
            return info.n_features > 0 && (t == GT_POLYGON || t == GT_MULTIPOLYGON);
        }
    }
    return false;
}

static gt_status choose_layers(gt_ctx *ctx, gt_stored_job *j)
{
    size_t most = j->o.layers != NULL ? j->o.n_layers : gt_package_n_layers(j->package);
    j->ids = gt_zalloc(ctx, most + 1, sizeof *j->ids);
    j->classes = gt_zalloc(ctx, most + 1, sizeof *j->classes);
    j->layers = gt_zalloc(ctx, most + 1, sizeof *j->layers);
    j->also = gt_zalloc(ctx, most + 1, sizeof *j->also);
    if (j->also == NULL || j->ids == NULL || j->classes == NULL || j->layers == NULL) {
        return GT_E_MEMORY;
    }
    for (size_t i = 0; i < most; i++) {
        const char *id = j->o.layers != NULL ? j->o.layers[i] : gt_package_layer(j->package, i)->id;
        if (j->o.layers != NULL || has_polygons(j->store, ctx, id)) {
            j->ids[j->n++] = id;
        }
    }
    if (j->n == 0 || j->n > GT_WEAVE_LAYERS_MAX) {
        return gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_COVERAGE_NO_LAYERS, GT_NOWHERE, GT_NO_ARGS);
    }
    return GT_OK;
}

/* Everything the file's meaning depends on, but for the side and the revision. */
static gt_status describe_layers(gt_ctx *ctx, gt_stored_job *j)
{
    gt_hash h, name;
    gt_hash_init(&h);
    gt_hash_init(&name);
    gt_hash_add_u64(&h, GT_WEAVE_FORMAT);
    gt_hash_add_u64(&h, (uint64_t)gt_store_srs_id(j->store));
    if (j->o.coverage) {
        gt_hash_add_text(&h, "coverage");
        gt_hash_add(&h, &GT_STORED_SLIVER, sizeof GT_STORED_SLIVER);
    }
    for (uint32_t k = 0; k < j->n; k++) {
        gt_layer_info info;
        gt_status st = gt_stored_layer(ctx, j->store, j->ids[k], &info);
        for (uint32_t i = 0; st == GT_OK && i < k; i++) {
            if (strcmp(j->ids[i], j->ids[k]) == 0) {
                st = gt_fail(ctx, GT_E_USAGE, &GT_MSG_COVERAGE_TWICE, GT_NOWHERE,
                             GT_ARGS(GT_TEXT("layer", j->ids[k])));
            }
        }
        if (st != GT_OK) {
            return st;
        }
        j->classes[k] =
            j->o.coverage ? (gt_class){GT_CLASS_NONE, -1} : gt_class_of(j->package, &info);
        j->also[k] = gt_class_also(j->package, &info, &j->classes[k]);
        j->layers[k] = (gt_woven_layer){.id = j->ids[k], .as_of = GT_DATE_NONE};
        int field = j->classes[k].field, also = j->also[k];
        gt_hash_add_text(&name, j->ids[k]);
        gt_hash_add_text(&h, j->ids[k]);
        gt_hash_add_u64(&h, (uint64_t)j->classes[k].kind);
        gt_hash_add_text(&h, field < 0 ? NULL : info.standard->fields[field].name);
        gt_hash_add_text(&h, also < 0 ? NULL : info.standard->fields[also].name);
    }
    unsigned char short_name[GT_HASH_BYTES];
    char hex[GT_HASH_HEX];
    gt_hash_final(&h, j->key);
    gt_hash_final(&name, short_name);
    gt_hash_hex(short_name, hex);
    int n = snprintf(j->path, sizeof j->path, "%s/cache/weave/%.16s.%s", gt_store_dir(j->store),
                     hex, j->o.coverage ? "qc" : "weave");
    return n > 0 && (size_t)n < sizeof j->path
               ? GT_OK
               : gt_fail_errno(ctx, ENAMETOOLONG, "open", gt_store_dir(j->store));
}

gt_status gt_stored_job_open(gt_ctx *ctx, gt_stored_job *j, gt_store *store,
                             const gt_package *package, const gt_stored_options *options)
{
    memset(j, 0, sizeof *j);
    j->store = store;
    j->package = package;
    j->lock = -1;
    j->why = "";
    gt_stored_options_init(&j->o);
    if (options != NULL) {
        memcpy(&j->o, options, options->size < sizeof j->o ? options->size : sizeof j->o);
    }
    gt_text_init(&j->text, ctx, 0);
    gt_text_init(&j->bytes, ctx, 0);
    gt_status st = choose_layers(ctx, j);
    return st == GT_OK ? describe_layers(ctx, j) : st;
}

void gt_stored_job_close(gt_ctx *ctx, gt_stored_job *j)
{
    gt_vault_close(j->vault);
    if (j->lock >= 0) {
        (void)close(j->lock); /* lets the lock go */
    }
    gt_tally_free(ctx, &j->tally);
    gt_text_free(&j->text);
    gt_text_free(&j->bytes);
    gt_free(ctx, j->ids);
    gt_free(ctx, j->classes);
    gt_free(ctx, j->also);
    gt_free(ctx, j->layers);
}

/* ---- folder and lock ----------------------------------------------------------------------------
 */

static gt_status make_folder(gt_ctx *ctx, gt_store *store)
{
    static const char *const parts[] = {"cache", "cache/weave"};
    char path[PATH_MAX];
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", gt_store_dir(store), parts[i]);
        if (mkdir(path, 0777) != 0 && errno != EEXIST) {
            return gt_fail_errno(ctx, errno, "mkdir", path);
        }
    }
    return GT_OK;
}

/* One writer at a time, over processes. */
static gt_status take_lock(gt_ctx *ctx, gt_stored_job *j)
{
    char path[PATH_MAX + 8];
    (void)snprintf(path, sizeof path, "%s.lock", j->path);
    j->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (j->lock < 0) {
        return gt_fail_errno(ctx, errno, "open", path);
    }
    while (flock(j->lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return gt_fail_errno(ctx, errno, "lock", path);
        }
        gt_status st = gt_check_cancel(ctx);
        if (st != GT_OK) {
            return st;
        }
        const struct timespec wait = {.tv_nsec = LOCK_WAIT_MS * 1000000L};
        (void)nanosleep(&wait, NULL);
    }
    return GT_OK;
}

/* ---- weaving ------------------------------------------------------------------------------------
 */

static gt_status code_of(gt_ctx *ctx, void *user, uint32_t layer, const gt_feature *f,
                         uint32_t *code)
{
    gt_stored_job *j = user;
    (void)ctx;
    gt_text_clear(&j->text);
    gt_class_put(&j->classes[layer], f, &j->text);
    if (j->also[layer] >= 0) {
        gt_text_putc(&j->text, GT_CLASS_JOINT);
        gt_class_put_value(&f->values[j->also[layer]], &j->text);
    }
    gt_status st = gt_text_status(&j->text);
    return st == GT_OK
               ? gt_words_add(j->vault->words[layer], gt_text_cstr(&j->text), j->text.len, code)
               : st;
}

static void put_u64(gt_text *t, uint64_t v)
{
    gt_text_add(t, (const char *)&v, sizeof v);
}

static gt_status keep_cell(gt_ctx *ctx, void *user, const gt_weave_cell *cell,
                           const gt_strip *strip)
{
    gt_stored_job *j = user;
    gt_status st = gt_tally_cell(ctx, &j->tally, cell, strip);
    gt_text_clear(&j->bytes);
    put_u64(&j->bytes, j->tally.n_rows);
    for (size_t i = 0; st == GT_OK && i < j->tally.n_rows; i++) {
        const gt_tally_row *r = &j->tally.rows[i];
        const uint64_t *keys = j->tally.keys + r->first;
        put_u64(&j->bytes, (uint64_t)r->area);
        put_u64(&j->bytes, (uint64_t)r->plane);
        put_u64(&j->bytes, r->n);
        gt_text_add(&j->bytes, (const char *)keys, r->n * sizeof *keys);
        st = gt_sums_add(&j->vault->change, keys, r->n, &(gt_sum){r->area, r->plane, 1});
    }
    st = st == GT_OK ? gt_text_status(&j->bytes) : st;
    j->woven++;
    return st == GT_OK ? gt_vault_put(ctx, j->vault, cell, gt_text_cstr(&j->bytes), j->bytes.len)
                       : st;
}

static gt_status weave_rect(gt_ctx *ctx, gt_stored_job *j, const gt_rect *rect)
{
    bool covers[GT_WEAVE_LAYERS_MAX];
    memset(covers, 1, sizeof covers);
    const gt_region region = {.store = j->store,
                              .layers = j->layers,
                              .n_layers = j->n,
                              .side = j->side,
                              .code = code_of,
                              .cell = keep_cell,
                              .user = j,
                              .most_points = j->o.points,
                              .coverage = j->o.coverage ? covers : NULL,
                              .sliver_width = j->o.coverage ? GT_STORED_SLIVER : 0};
    return gt_region_weave(ctx, &region, j->extent, rect);
}

static gt_status revision_hash(gt_ctx *ctx, gt_store *store, int64_t revision,
                               char out[GT_HASH_HEX])
{
    gt_revision r;
    out[0] = '\0';
    gt_status st = revision == 0 ? GT_OK : gt_store_revision_info(ctx, store, revision, &r);
    if (st == GT_OK && revision != 0) {
        memcpy(out, r.hash, GT_HASH_HEX);
    }
    return st;
}

static gt_status save(gt_ctx *ctx, gt_stored_job *j, int64_t revision, bool *good)
{
    j->vault->revision = revision;
    gt_status st = revision_hash(ctx, j->store, revision, j->vault->revision_hash);
    return st == GT_OK ? gt_vault_save(ctx, j->vault, good) : st;
}

static gt_status weave_all(gt_ctx *ctx, gt_stored_job *j, const char *why)
{
    int64_t revision = gt_store_revision(j->store);
    gt_rect rect = gt_region_rect(j->side, j->extent);
    gt_vault_close(j->vault);
    j->vault = NULL;
    j->why = why;
    gt_status st = gt_vault_new(ctx, j->path, j->n, j->ids, j->key, j->side, &j->vault);
    st = st == GT_OK ? weave_rect(ctx, j, &rect) : st;
    bool good = true; /* a new file needs no older sums */
    return st == GT_OK ? save(ctx, j, revision, &good) : st;
}

/* ---- bringing up to date ------------------------------------------------------------------------
 */

static gt_rect join(gt_rect a, gt_rect b)
{
    return (gt_rect){a.c0 < b.c0 ? a.c0 : b.c0, a.r0 < b.r0 ? a.r0 : b.r0,
                     a.c1 > b.c1 ? a.c1 : b.c1, a.r1 > b.r1 ? a.r1 : b.r1};
}

static bool meet(gt_rect a, gt_rect b)
{
    return a.c0 <= b.c1 && b.c0 <= a.c1 && a.r0 <= b.r1 && b.r0 <= a.r1;
}

/* Adds a rectangle to a list whose members do not meet; those it meets are joined with it. */
static size_t add_rect(gt_rect *rects, size_t n, gt_rect fresh)
{
    for (size_t i = 0; i < n;) {
        if (meet(rects[i], fresh)) {
            fresh = join(rects[i], fresh);
            rects[i] = rects[--n];
            i = 0;
        } else {
            i++;
        }
    }
    if (n == MOST_RECTS) {
        for (size_t i = 0; i < n; i++) {
            fresh = join(rects[i], fresh);
        }
        n = 0;
    }
    rects[n++] = fresh;
    return n;
}

/* Rectangles of cells that changes since the vault's revision meet; *many: too many to tell. */
static gt_status changed_cells(gt_ctx *ctx, gt_stored_job *j, gt_rect *rects, size_t *n, bool *many)
{
    gt_status st = GT_OK;
    *n = 0;
    *many = false;
    for (uint32_t k = 0; st == GT_OK && k < j->n && !*many; k++) {
        gt_box *boxes = NULL;
        size_t n_boxes = 0;
        st = gt_store_changed_boxes(ctx, j->store, j->ids[k], j->vault->revision, MOST_BOXES,
                                    &boxes, &n_boxes);
        *many = n_boxes >= MOST_BOXES;
        for (size_t i = 0; st == GT_OK && i < n_boxes; i++) {
            *n = add_rect(rects, *n, gt_region_rect(j->side, boxes[i]));
        }
        gt_free(ctx, boxes);
    }
    return st;
}

static gt_status take_away(gt_ctx *ctx, void *user, const uint64_t *keys, size_t n, int64_t area,
                           int64_t plane)
{
    (void)ctx;
    return gt_sums_add(user, keys, n, &(gt_sum){-(gt_wide)area, -(gt_wide)plane, -1});
}

gt_status gt_stored_rows(gt_ctx *ctx, const uint8_t *bytes, size_t len, gt_stored_row_fn fn,
                         void *user, bool *good)
{
    uint64_t head[3], n = 0;
    uint64_t *keys = NULL;
    size_t cap = 0, at = sizeof n;
    gt_status st = GT_OK;
    *good = len >= sizeof n;
    if (*good) {
        memcpy(&n, bytes, sizeof n);
    }
    for (uint64_t i = 0; st == GT_OK && *good && i < n; i++) {
        *good = len - at >= sizeof head;
        if (!*good) {
            break;
        }
        memcpy(head, bytes + at, sizeof head);
        at += sizeof head;
        *good = head[2] <= (len - at) / sizeof *keys;
        void *block = keys;
        st = *good ? gt_grow(ctx, &block, &cap, (size_t)head[2] + 1, sizeof *keys) : GT_OK;
        keys = block;
        if (st == GT_OK && *good) {
            memcpy(keys, bytes + at, (size_t)head[2] * sizeof *keys);
            at += (size_t)head[2] * sizeof *keys;
            st = fn(ctx, user, keys, (size_t)head[2], (int64_t)head[0], (int64_t)head[1]);
        }
    }
    gt_free(ctx, keys);
    return st;
}

static bool inside(const gt_vault_cell *c, const gt_rect *rects, size_t n)
{
    const gt_rect at = {c->column, c->row, c->column, c->row};
    for (size_t i = 0; i < n; i++) {
        if (meet(at, rects[i])) {
            return true;
        }
    }
    return false;
}

/* Takes the cells of the rectangles out of the sums and the list. */
static gt_status take_out(gt_ctx *ctx, gt_stored_job *j, const gt_rect *rects, size_t n, bool *good)
{
    gt_vault *v = j->vault;
    gt_status st = GT_OK;
    *good = true;
    for (size_t i = 0; st == GT_OK && *good && i < v->n_cells;) {
        const gt_vault_cell *c = &v->cells[i];
        if (!inside(c, rects, n)) {
            i++;
            continue;
        }
        const uint8_t *block = NULL;
        st = gt_vault_get(ctx, v, c, &block, good);
        if (st == GT_OK && *good) {
            st = gt_stored_rows(ctx, block + c->bytes, c->sums, take_away, &v->change, good);
            gt_vault_drop(v, i);
        }
    }
    return st;
}

gt_status gt_stored_job_why_not(gt_ctx *ctx, gt_stored_job *j, const gt_vault *v, const char **why)
{
    char hash[GT_HASH_HEX];
    gt_status st = GT_OK;
    *why = NULL;
    if (v == NULL) {
        *why = "absent";
    } else if (j->o.full) {
        *why = "asked";
    } else if (memcmp(v->key, j->key, sizeof j->key) != 0 || v->n_layers != j->n) {
        *why = "layers";
    } else if (v->side != j->side) {
        *why = "cells";
    } else if (v->revision > gt_store_revision(j->store)) {
        *why = "history";
    } else {
        st = revision_hash(ctx, j->store, v->revision, hash);
        *why = st == GT_OK && strcmp(hash, v->revision_hash) != 0 ? "history" : NULL;
    }
    return st;
}

static gt_status bring_up(gt_ctx *ctx, gt_stored_job *j)
{
    gt_rect *rects = gt_alloc(ctx, MOST_RECTS + 1, sizeof *rects);
    int64_t revision = gt_store_revision(j->store);
    size_t n = 0;
    bool many = false, good = true;
    gt_status st = rects == NULL ? GT_E_MEMORY : changed_cells(ctx, j, rects, &n, &many);
    gt_rect whole = gt_region_rect(j->side, j->extent);
    double all = (double)(whole.c1 - whole.c0 + 1) * (double)(whole.r1 - whole.r0 + 1), some = 0;
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        some += (double)(rects[i].c1 - rects[i].c0 + 1) * (double)(rects[i].r1 - rects[i].r0 + 1);
    }
    if (st == GT_OK && (many || (some > 0.5 * all && all > 4))) {
        st = weave_all(ctx, j, ""); /* an update that meets most cells */
        goto done;
    }
    if (st == GT_OK) {
        st = take_out(ctx, j, rects, n, &good);
    }
    if (st == GT_OK && !good) {
        st = weave_all(ctx, j, "damaged");
        goto done;
    }
    for (size_t i = 0; st == GT_OK && i < n; i++) {
        st = weave_rect(ctx, j, &rects[i]);
    }
    if (st == GT_OK) {
        st = save(ctx, j, revision, &good);
    }
    if (st == GT_OK && !good) {
        st = weave_all(ctx, j, "damaged");
    }
done:
    gt_free(ctx, rects);
    return st;
}

/* One pass: load, judge, weave what must be. */
static gt_status one_pass(gt_ctx *ctx, gt_stored_job *j)
{
    const char *why = NULL;
    gt_status st = gt_region_side(ctx, j->store, j->layers, j->n, &j->side, &j->extent);
    if (j->o.side > 0) {
        j->side = j->o.side;
    }
    if (st == GT_OK && j->vault == NULL) {
        st = gt_vault_load(ctx, j->path, true, &j->vault, &why);
    }
    if (st == GT_OK && why == NULL) {
        st = gt_stored_job_why_not(ctx, j, j->vault, &why);
    }
    if (st == GT_OK && why != NULL) {
        st = weave_all(ctx, j, why);
        j->o.full = false;
    } else if (st == GT_OK && j->vault->revision < gt_store_revision(j->store)) {
        st = bring_up(ctx, j);
    }
    return st;
}

gt_status gt_stored_job_run(gt_ctx *ctx, gt_stored_job *j)
{
    gt_status st = make_folder(ctx, j->store);
    if (st == GT_OK) {
        st = take_lock(ctx, j);
    }
    for (int i = 0; st == GT_OK && i < CATCH_UP; i++) {
        bool changed = false;
        st = one_pass(ctx, j);
        if (st == GT_OK && gt_store_refresh(ctx, j->store, &changed) != GT_OK) {
            gt_error_clear(ctx); /* a commit of this very store is open: nobody else can write */
        }
        if (!changed) {
            break;
        }
    }
    return st;
}

static gt_status tell(gt_ctx *ctx, gt_stored_job *j, gt_stored_facts *facts, bool *good)
{
    gt_sums sums;
    gt_wide total = 0;
    gt_status st = gt_vault_sums(ctx, j->vault, &sums, good);
    *facts = (gt_stored_facts){.revision = j->vault->revision,
                               .why = j->why,
                               .n_layers = j->n,
                               .n_cells = j->vault->n_cells,
                               .n_woven = j->woven,
                               .bytes = j->vault->end,
                               .side = j->side};
    for (size_t i = 0; st == GT_OK && i < gt_sums_count(&sums); i++) {
        total += sums.sums[i].area;
        facts->n_rows += sums.sums[i].n != 0;
    }
    facts->m2 = (double)total * GT_WEAVE_UNIT;
    gt_sums_free(&sums);
    return st;
}

gt_status gt_stored_update(gt_ctx *ctx, gt_store *store, const gt_package *package,
                           const gt_stored_options *options, gt_stored_facts *facts)
{
    gt_stored_job j;
    gt_status st = gt_stored_job_open(ctx, &j, store, package, options);
    if (st == GT_OK) {
        st = gt_stored_job_run(ctx, &j);
    }
    bool good = true;
    st = st == GT_OK && facts != NULL ? tell(ctx, &j, facts, &good) : st;
    if (st == GT_OK && !good) {
        st = weave_all(ctx, &j, "damaged");
        st = st == GT_OK ? tell(ctx, &j, facts, &good) : st;
    }
    gt_stored_job_close(ctx, &j);
    return st;
}
