/* Format of WORKSPACE/cache/weave/NAME.weave. Little endian, one machine type; a cache, not a
 * record: whatever does not agree with its digests is made anew.
 *
 *   0      slot A, 4096: slot B. Each tells a whole state; the valid one with the larger sequence
 *          number is in force, so a write that breaks off leaves the other.
 *   8192   appended, never overwritten while in force:
 *          cells    block of the kernel (weave.h), then its sums:
 *                   u64 n; n times { i64 area, i64 plane, u64 n_keys, u64 key[n_keys] }
 *          list     gt_vault_cell[n_cells], by row and column
 *          base     rows of sums: u64 n; n times { i128 area, i128 plane, i64 n, u64 n_keys, u64
 *                   key[] }; changes: the same, what each later state adds to it (negative: takes
 *                   away). The sums of a state are its base and the changes after it; more changes
 *                   are kept, for accounts that stand at an earlier state (area_account.h)
 *          tail     u64 n_layers; per layer { text id; u64 n; n times text class }, text: u64
 *                   bytes, the bytes, zeros up to a multiple of 8; u64 n_changes; gt_vault_part[]
 * Areas count 2^-11 mm2. key = layer << 32 | code, code = place in the layer's list of classes.
 * Digests are BLAKE2b-256: of list, of tail, of the slot itself; the first 16 bytes of those of a
 * cell, the base and a change. Cells, base and changes are checked when they are read, the others
 * when the file is opened.
 */
#include "coverage/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guotu/pool.h"

enum { SLOT_AT = 4096, FIRST = 8192, VERSION = 2, ORDER = 0x01020304 };

typedef struct slot {
    char magic[8];
    uint32_t order, version;
    uint32_t kernel, cell_bytes;
    uint64_t sequence;
    int64_t revision;
    char revision_hash[72];
    unsigned char key[GT_HASH_BYTES];
    uint8_t birth[GT_VAULT_BIRTH];
    double side;
    gt_vault_part base;
    uint64_t list_at, n_cells, tail_at, tail_bytes, end, dead;
    unsigned char list_hash[GT_HASH_BYTES], tail_hash[GT_HASH_BYTES];
    unsigned char hash[GT_HASH_BYTES]; /* of all above */
} slot;

static const char MAGIC[8] = {'G', 'T', 'W', 'E', 'A', 'V', 'E', '\n'};

/* ---- bytes --------------------------------------------------------------------------------------
 */

gt_status gt_vault_write_at(gt_ctx *ctx, const gt_vault *v, const void *data, size_t len,
                            uint64_t at)
{
    const char *p = data;
    while (len > 0) {
        ssize_t n = pwrite(v->fd, p, len, (off_t)at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return gt_fail_errno(ctx, n < 0 ? errno : ENOSPC, "write",
                                 v->part != NULL ? v->part : v->path);
        }
        p += n;
        at += (uint64_t)n;
        len -= (size_t)n;
    }
    return GT_OK;
}

bool gt_vault_read_at(const gt_vault *v, void *data, size_t len, uint64_t at)
{
    char *p = data;
    while (len > 0) {
        ssize_t n = pread(v->fd, p, len, (off_t)at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        p += n;
        at += (uint64_t)n;
        len -= (size_t)n;
    }
    return true;
}

void gt_vault_digest(const void *data, size_t len, unsigned char out[GT_HASH_BYTES])
{
    gt_hash h;
    gt_hash_init(&h);
    gt_hash_add(&h, data, len);
    gt_hash_final(&h, out);
}

static gt_status buffer_for(gt_ctx *ctx, gt_vault *v, size_t bytes)
{
    void *block = v->buffer;
    gt_status st = gt_grow(ctx, &block, &v->cap_buffer, bytes + 1, 1);
    v->buffer = block;
    return st;
}

/* ---- opening ------------------------------------------------------------------------------------
 */

static bool slot_good(const slot *s)
{
    unsigned char hash[GT_HASH_BYTES];
    gt_vault_digest(s, offsetof(slot, hash), hash);
    return memcmp(s->magic, MAGIC, sizeof MAGIC) == 0 && memcmp(hash, s->hash, sizeof hash) == 0;
}

static bool slot_fits(const slot *s, uint64_t size)
{
    return s->end <= size && s->list_at >= FIRST && s->list_at <= s->end &&
           s->n_cells <= (s->end - s->list_at) / sizeof(gt_vault_cell) && s->tail_at >= FIRST &&
           s->tail_at <= s->end && s->tail_bytes <= s->end - s->tail_at && s->base.at >= FIRST &&
           s->base.at <= s->end && s->base.bytes <= s->end - s->base.at &&
           s->revision_hash[sizeof s->revision_hash - 1] == '\0';
}

/* The newer of the valid slots; NULL text in *why when there is one. */
static slot choose_slot(const gt_vault *v, const char **why)
{
    slot best = {.sequence = 0}, s;
    *why = "damaged";
    for (uint64_t at = 0; at <= SLOT_AT; at += SLOT_AT) {
        if (gt_vault_read_at(v, &s, sizeof s, at) && slot_good(&s) && s.sequence > best.sequence) {
            best = s;
            *why = NULL;
        }
    }
    if (*why == NULL &&
        (best.order != ORDER || best.version != VERSION || best.kernel != GT_WEAVE_FORMAT ||
         best.cell_bytes != sizeof(gt_vault_cell))) {
        *why = "format";
    }
    return best;
}

static gt_status load_list(gt_ctx *ctx, gt_vault *v, const slot *s, bool *good)
{
    unsigned char hash[GT_HASH_BYTES];
    void *block = v->cells;
    gt_status st = gt_grow(ctx, &block, &v->cap_cells, (size_t)s->n_cells + 1, sizeof *v->cells);
    v->cells = block;
    if (st != GT_OK) {
        return st;
    }
    v->n_cells = (size_t)s->n_cells;
    *good = gt_vault_read_at(v, v->cells, v->n_cells * sizeof *v->cells, s->list_at);
    if (*good) {
        gt_vault_digest(v->cells, v->n_cells * sizeof *v->cells, hash);
        *good = memcmp(hash, s->list_hash, sizeof hash) == 0;
    }
    for (size_t i = 0; *good && i < v->n_cells; i++) {
        const gt_vault_cell *c = &v->cells[i];
        *good = c->at >= FIRST && c->at <= s->end && (uint64_t)c->bytes + c->sums <= s->end - c->at;
    }
    return GT_OK;
}

static gt_status load_tail(gt_ctx *ctx, gt_vault *v, const slot *s, bool *good)
{
    unsigned char hash[GT_HASH_BYTES];
    gt_status st = buffer_for(ctx, v, (size_t)s->tail_bytes);
    if (st != GT_OK) {
        return st;
    }
    *good = gt_vault_read_at(v, v->buffer, (size_t)s->tail_bytes, s->tail_at);
    if (*good) {
        gt_vault_digest(v->buffer, (size_t)s->tail_bytes, hash);
        *good = memcmp(hash, s->tail_hash, sizeof hash) == 0;
    }
    return *good ? gt_vault_take_tail(ctx, v, v->buffer, (size_t)s->tail_bytes, good) : GT_OK;
}

static gt_status load_all(gt_ctx *ctx, gt_vault *v, const char **why)
{
    struct stat info;
    slot s = choose_slot(v, why);
    bool good = *why == NULL;
    if (!good) {
        return GT_OK;
    }
    *why = "damaged";
    if (fstat(v->fd, &info) != 0 || !slot_fits(&s, (uint64_t)info.st_size)) {
        return GT_OK;
    }
    v->sequence = s.sequence;
    v->end = s.end;
    v->dead = s.dead;
    v->revision = s.revision;
    v->side = s.side;
    v->base = s.base;
    memcpy(v->key, s.key, sizeof v->key);
    memcpy(v->birth, s.birth, sizeof v->birth);
    memcpy(v->revision_hash, s.revision_hash, sizeof v->revision_hash - 1);
    gt_status st = load_list(ctx, v, &s, &good);
    if (st == GT_OK && good) {
        st = load_tail(ctx, v, &s, &good);
    }
    for (size_t i = 0; good && i < v->n_changes; i++) {
        const gt_vault_part *c = &v->changes[i];
        good = c->at >= FIRST && c->at <= s.end && c->bytes <= s.end - c->at &&
               (i == 0 || c->sequence > c[-1].sequence);
    }
    if (good) {
        *why = NULL;
    }
    return st;
}

static gt_status new_vault(gt_ctx *ctx, const char *path, gt_vault **out)
{
    gt_vault *v = gt_zalloc(ctx, 1, sizeof *v);
    if (v == NULL) {
        return GT_E_MEMORY;
    }
    v->ctx = ctx;
    v->fd = -1;
    v->end = FIRST;
    v->path = gt_strdup(ctx, path);
    gt_status st = v->path == NULL ? GT_E_MEMORY : gt_sums_init(ctx, &v->change);
    if (st != GT_OK) {
        gt_vault_close(v);
        return st;
    }
    *out = v;
    return GT_OK;
}

gt_status gt_vault_load(gt_ctx *ctx, const char *path, bool write, gt_vault **out, const char **why)
{
    gt_vault *v = NULL;
    *out = NULL;
    *why = "absent";
    gt_status st = new_vault(ctx, path, &v);
    if (st != GT_OK) {
        return st;
    }
    v->fd = open(path, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC);
    if (v->fd < 0) {
        *why = errno == ENOENT ? "absent" : "unreadable";
    } else {
        st = load_all(ctx, v, why);
    }
    if (st != GT_OK || *why != NULL) {
        gt_vault_close(v);
        return st;
    }
    *out = v;
    return GT_OK;
}

gt_status gt_vault_new(gt_ctx *ctx, const char *path, uint32_t n_layers, const char *const *ids,
                       const unsigned char key[GT_HASH_BYTES], double side, gt_vault **out)
{
    gt_vault *v = NULL;
    gt_text part;
    gt_text_init(&part, ctx, 0);
    gt_status st = new_vault(ctx, path, &v);
    if (st != GT_OK) {
        return st;
    }
    memcpy(v->key, key, sizeof v->key);
    v->side = side;
    gt_text_printf(&part, "%s.part", path);
    st = gt_text_status(&part);
    st = st == GT_OK ? gt_vault_layers(ctx, v, n_layers) : st;
    if (st == GT_OK && getrandom(v->birth, sizeof v->birth, 0) != (ssize_t)sizeof v->birth) {
        st = gt_fail_errno(ctx, errno, "getrandom", path);
    }
    for (uint32_t k = 0; st == GT_OK && k < n_layers; k++) {
        v->ids[k] = gt_strdup(ctx, ids[k]);
        st = v->ids[k] == NULL ? GT_E_MEMORY : gt_words_new(ctx, &v->words[k]);
    }
    if (st == GT_OK) {
        v->part = gt_strdup(ctx, gt_text_cstr(&part));
        st = v->part == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st == GT_OK) {
        v->fd = open(v->part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        st = v->fd < 0 ? gt_fail_errno(ctx, errno, "create", v->part) : GT_OK;
    }
    gt_text_free(&part);
    if (st != GT_OK) {
        gt_vault_close(v);
        return st;
    }
    *out = v;
    return GT_OK;
}

void gt_vault_close(gt_vault *v)
{
    if (v == NULL) {
        return;
    }
    if (v->fd >= 0) {
        (void)close(v->fd);
    }
    if (v->part != NULL) {
        (void)unlink(v->part);
    }
    for (uint32_t k = 0; k < v->n_layers; k++) {
        if (v->ids != NULL) {
            gt_free(v->ctx, v->ids[k]);
        }
        if (v->words != NULL) {
            gt_words_free(v->words[k]);
        }
    }
    gt_sums_free(&v->change);
    gt_free(v->ctx, v->changes);
    gt_free(v->ctx, v->ids);
    gt_free(v->ctx, v->words);
    gt_free(v->ctx, v->cells);
    gt_free(v->ctx, v->buffer);
    gt_free(v->ctx, v->path);
    gt_free(v->ctx, v->part);
    gt_free(v->ctx, v);
}

/* ---- cells --------------------------------------------------------------------------------------
 */

gt_status gt_vault_put(gt_ctx *ctx, gt_vault *v, const gt_weave_cell *cell, const void *sums,
                       size_t sums_bytes)
{
    unsigned char hash[GT_HASH_BYTES];
    gt_vault_cell c = {.column = (int32_t)cell->column,
                       .row = (int32_t)cell->row,
                       .at = v->end,
                       .bytes = (uint32_t)cell->bytes,
                       .sums = (uint32_t)sums_bytes};
    size_t bytes = cell->bytes + sums_bytes;
    void *block = v->cells;
    gt_status st = gt_grow(ctx, &block, &v->cap_cells, v->n_cells + 1, sizeof *v->cells);
    v->cells = block;
    st = st == GT_OK ? buffer_for(ctx, v, bytes) : st;
    if (st != GT_OK) {
        return st;
    }
    memcpy(v->buffer, cell->block, cell->bytes);
    memcpy(v->buffer + cell->bytes, sums, sums_bytes);
    gt_vault_digest(v->buffer, bytes, hash);
    memcpy(c.digest, hash, sizeof c.digest);
    st = gt_vault_write_at(ctx, v, v->buffer, bytes, v->end);
    if (st == GT_OK) {
        v->end += bytes;
        v->cells[v->n_cells++] = c;
    }
    return st;
}

gt_status gt_vault_get(gt_ctx *ctx, gt_vault *v, const gt_vault_cell *cell, const uint8_t **block,
                       bool *good)
{
    unsigned char hash[GT_HASH_BYTES];
    size_t bytes = (size_t)cell->bytes + cell->sums;
    gt_status st = buffer_for(ctx, v, bytes);
    if (st != GT_OK) {
        return st;
    }
    *good = gt_vault_read_at(v, v->buffer, bytes, cell->at);
    if (*good) {
        gt_vault_digest(v->buffer, bytes, hash);
        *good = memcmp(hash, cell->digest, sizeof cell->digest) == 0;
    }
    *block = v->buffer;
    return GT_OK;
}

typedef struct run_of {
    const gt_vault *v;
    size_t first;
    const uint8_t **blocks; /* where each is to lie; then NULL when it is damaged */
} run_of;

static gt_status read_task(gt_ctx *ctx, void *user, size_t task, int worker)
{
    const run_of *r = user;
    const gt_vault_cell *c = &r->v->cells[r->first + task];
    size_t bytes = (size_t)c->bytes + c->sums;
    uint8_t *to = (uint8_t *)(uintptr_t)r->blocks[task];
    unsigned char hash[GT_HASH_BYTES];
    (void)ctx;
    (void)worker;
    bool good = gt_vault_read_at(r->v, to, bytes, c->at);
    if (good) {
        gt_vault_digest(to, bytes, hash);
        good = memcmp(hash, c->digest, sizeof c->digest) == 0;
    }
    r->blocks[task] = good ? to : NULL;
    return GT_OK;
}

gt_status gt_vault_get_run(gt_ctx *ctx, gt_vault *v, size_t first, size_t n, const uint8_t **blocks)
{
    enum { ALIGN = 16 };
    run_of r = {v, first, blocks};
    size_t bytes = 0;
    for (size_t i = first; i < first + n; i++) {
        bytes += ((size_t)v->cells[i].bytes + v->cells[i].sums + ALIGN - 1) / ALIGN * ALIGN;
    }
    gt_status st = buffer_for(ctx, v, bytes);
    if (st != GT_OK) {
        return st;
    }
    bytes = 0;
    for (size_t i = 0; i < n; i++) {
        const gt_vault_cell *c = &v->cells[first + i];
        blocks[i] = v->buffer + bytes;
        bytes += ((size_t)c->bytes + c->sums + ALIGN - 1) / ALIGN * ALIGN;
    }
    return gt_parallel_for(ctx, n, read_task, &r);
}

void gt_vault_drop(gt_vault *v, size_t i)
{
    v->dead += (uint64_t)v->cells[i].bytes + v->cells[i].sums;
    v->cells[i] = v->cells[--v->n_cells];
}

/* ---- saving -------------------------------------------------------------------------------------
 */

static int cell_order(const void *a, const void *b)
{
    const gt_vault_cell *p = a, *q = b;
    if (p->row != q->row) {
        return p->row < q->row ? -1 : 1;
    }
    return (p->column > q->column) - (p->column < q->column);
}

static gt_status write_state(gt_ctx *ctx, gt_vault *v)
{
    slot s = {.order = ORDER,
              .version = VERSION,
              .kernel = GT_WEAVE_FORMAT,
              .cell_bytes = sizeof(gt_vault_cell),
              .sequence = v->sequence + 1,
              .revision = v->revision,
              .side = v->side,
              .base = v->base,
              .n_cells = v->n_cells};
    gt_text tail;
    gt_text_init(&tail, ctx, SIZE_MAX / 2);
    gt_vault_put_tail(v, &tail);
    gt_status st = gt_text_status(&tail);
    size_t list_bytes = v->n_cells * sizeof *v->cells;
    memcpy(s.magic, MAGIC, sizeof MAGIC);
    memcpy(s.key, v->key, sizeof s.key);
    memcpy(s.birth, v->birth, sizeof s.birth);
    (void)snprintf(s.revision_hash, sizeof s.revision_hash, "%s", v->revision_hash);
    s.list_at = v->end;
    s.tail_at = s.list_at + list_bytes;
    s.tail_bytes = tail.len;
    s.end = s.tail_at + s.tail_bytes;
    s.dead = v->dead + list_bytes + tail.len; /* the next state writes its own */
    gt_vault_digest(v->cells, list_bytes, s.list_hash);
    gt_vault_digest(gt_text_cstr(&tail), tail.len, s.tail_hash);
    st = st == GT_OK ? gt_vault_write_at(ctx, v, v->cells, list_bytes, s.list_at) : st;
    st = st == GT_OK ? gt_vault_write_at(ctx, v, gt_text_cstr(&tail), tail.len, s.tail_at) : st;
    gt_vault_digest(&s, offsetof(slot, hash), s.hash);
    if (st == GT_OK) {
        st = gt_vault_write_at(ctx, v, &s, sizeof s, s.sequence % 2 == 0 ? 0 : SLOT_AT);
    }
    if (st == GT_OK) {
        v->sequence = s.sequence;
        v->end = s.end;
        v->dead = s.dead;
    }
    gt_text_free(&tail);
    return st;
}

static gt_status copy_part(gt_ctx *ctx, gt_vault *v, const gt_vault *to, gt_vault_part *p,
                           uint64_t *end)
{
    gt_status st = buffer_for(ctx, v, (size_t)p->bytes);
    if (st == GT_OK && gt_vault_read_at(v, v->buffer, (size_t)p->bytes, p->at)) {
        st = gt_vault_write_at(ctx, to, v->buffer, (size_t)p->bytes, *end);
    }
    p->at = *end;
    *end += p->bytes;
    return st;
}

/* Live cells into a new file beside; the old one stays until the rename. A damaged cell is carried
 * over with its digest: whoever reads it finds out. */
static gt_status copy_live(gt_ctx *ctx, gt_vault *v)
{
    gt_vault to = *v;
    gt_text part;
    gt_text_init(&part, ctx, 0);
    gt_text_printf(&part, "%s.part", v->path);
    gt_status st = gt_text_status(&part);
    to.fd =
        st == GT_OK ? open(gt_text_cstr(&part), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;
    if (st == GT_OK && to.fd < 0) {
        st = gt_fail_errno(ctx, errno, "create", gt_text_cstr(&part));
    }
    uint64_t end = FIRST;
    for (size_t i = 0; st == GT_OK && i < v->n_cells; i++) {
        gt_vault_cell *c = &v->cells[i];
        size_t bytes = (size_t)c->bytes + c->sums;
        st = buffer_for(ctx, v, bytes);
        if (st == GT_OK && gt_vault_read_at(v, v->buffer, bytes, c->at)) {
            st = gt_vault_write_at(ctx, &to, v->buffer, bytes, end);
        }
        c->at = end;
        end += bytes;
        st = st == GT_OK ? gt_check_cancel(ctx) : st;
    }
    st = st == GT_OK ? copy_part(ctx, v, &to, &v->base, &end) : st;
    for (size_t i = 0; st == GT_OK && i < v->n_changes; i++) {
        st = copy_part(ctx, v, &to, &v->changes[i], &end);
    }
    if (st == GT_OK) {
        v->part = gt_strdup(ctx, gt_text_cstr(&part));
        st = v->part == NULL ? GT_E_MEMORY : GT_OK;
    }
    if (st == GT_OK) {
        (void)close(v->fd);
        v->fd = to.fd;
        v->end = end;
        v->dead = 0;
    } else if (to.fd >= 0) {
        (void)close(to.fd);
        (void)unlink(gt_text_cstr(&part));
    }
    gt_text_free(&part);
    return st;
}

gt_status gt_vault_save(gt_ctx *ctx, gt_vault *v, bool *good)
{
    gt_status st = gt_check_cancel(ctx);
    *good = true;
    if (v->n_cells > 1) {
        qsort(v->cells, v->n_cells, sizeof *v->cells, cell_order);
    }
    st = st == GT_OK ? gt_vault_put_change(ctx, v, good) : st;
    if (st != GT_OK || !*good) {
        return st;
    }
    if (v->part == NULL && v->dead > (v->end - FIRST) / 2) {
        st = copy_live(ctx, v);
    }
    if (st == GT_OK) {
        st = write_state(ctx, v);
    }
    if (st == GT_OK && v->part != NULL) {
        if (rename(v->part, v->path) != 0) {
            return gt_fail_errno(ctx, errno, "rename", v->part);
        }
        gt_free(ctx, v->part);
        v->part = NULL;
    }
    return st;
}
