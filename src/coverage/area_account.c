/* File of a kept account, little endian, a cache:
 *
 *   head     magic, order, version, number of columns, gt_area_account_state, bytes that follow,
 *            BLAKE2b-256 of all the head before it and of all that follows
 *   texts    per column { u64 n; n times { u64 bytes, the bytes, zeros up to a multiple of 8 } }
 *   rows     u64 n; n times { i128 area, i128 plane, i64 n, u32 text[columns] }
 */
#include "coverage/area_account.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guotu/text.h"

enum { ORDER = 0x01020304, VERSION = 1 };

typedef struct head {
    char magic[8];
    uint32_t order, version, kernel, n_columns;
    gt_area_account_state state;
    uint64_t bytes;
    unsigned char hash[GT_HASH_BYTES];
} head;

static const char MAGIC[8] = {'G', 'T', 'A', 'C', 'C', 'N', 'T', '\n'};

gt_status gt_area_account_init(gt_ctx *ctx, size_t n_columns, gt_area_account *a)
{
    memset(a, 0, sizeof *a);
    a->ctx = ctx;
    gt_status st = gt_sums_init(ctx, &a->sums);
    for (size_t c = 0; st == GT_OK && c < n_columns; c++) {
        st = gt_words_new(ctx, &a->texts[c]);
        a->n_columns += st == GT_OK;
    }
    return st;
}

void gt_area_account_free(gt_area_account *a)
{
    for (size_t c = 0; c < a->n_columns; c++) {
        gt_words_free(a->texts[c]);
    }
    gt_sums_free(&a->sums);
    memset(a, 0, sizeof *a);
}

gt_status gt_area_account_add(gt_area_account *a, const char *const *texts, const size_t *lengths,
                              const gt_sum *add)
{
    uint64_t keys[GT_AREA_COLUMNS];
    gt_status st = GT_OK;
    for (size_t c = 0; st == GT_OK && c < a->n_columns; c++) {
        uint32_t code = 0;
        st = gt_words_add(a->texts[c], texts[c], lengths[c], &code);
        keys[c] = gt_sum_key((uint32_t)c, code);
    }
    return st == GT_OK ? gt_sums_add(&a->sums, keys, a->n_columns, add) : st;
}

/* ---- tables -------------------------------------------------------------------------------------
 */

/* Text and code of a column's code in the table: numbered as they come. */
typedef struct column_map {
    uint32_t *code; /* 1 + code in the table; 0: none yet */
    const char **text;
} column_map;

static gt_status place_text(gt_area_table *t, const gt_area_account *a, column_map *map, size_t c,
                            uint32_t from, size_t cell)
{
    if (map->code[from] == 0) {
        size_t len = 0;
        const char *text = gt_words_text(a->texts[c], from, &len);
        map->text[from] = gt_arena_strndup(t->arena, text, len);
        map->code[from] = ++t->n_codes[c];
    }
    t->texts[cell] = map->text[from];
    t->codes[cell] = map->code[from] - 1;
    return map->text[from] == NULL ? GT_E_MEMORY : GT_OK;
}

static gt_status fill_rows(const gt_area_account *a, gt_area_table *t, column_map *maps)
{
    gt_wide total = 0;
    gt_status st = GT_OK;
    size_t r = 0;
    for (size_t i = 0; st == GT_OK && i < gt_sums_count(&a->sums); i++) {
        const gt_sum *s = &a->sums.sums[i];
        size_t n = 0;
        const char *keys = gt_sums_keys(&a->sums, i, &n);
        for (size_t c = 0; st == GT_OK && s->n != 0 && c < n && c < a->n_columns; c++) {
            st = place_text(t, a, &maps[c], c, (uint32_t)gt_sum_key_at(keys, c),
                            r * t->n_columns + c);
        }
        if (s->n != 0) {
            t->m2[r++] = (double)s->area * GT_WEAVE_UNIT;
            total += s->area;
        }
    }
    t->total = (double)total * GT_WEAVE_UNIT;
    return st;
}

gt_status gt_area_account_fill(gt_ctx *ctx, const gt_area_account *a, gt_area_table *t)
{
    column_map maps[GT_AREA_COLUMNS] = {0};
    t->n_rows = 0;
    for (size_t i = 0; i < gt_sums_count(&a->sums); i++) {
        t->n_rows += a->sums.sums[i].n != 0;
    }
    size_t cells = t->n_rows * t->n_columns;
    t->texts = gt_arena_alloc(t->arena, cells + 1, sizeof *t->texts);
    t->codes = gt_arena_alloc(t->arena, cells + 1, sizeof *t->codes);
    t->m2 = gt_arena_alloc(t->arena, t->n_rows + 1, sizeof *t->m2);
    gt_status st = t->texts == NULL || t->codes == NULL || t->m2 == NULL ? GT_E_MEMORY : GT_OK;
    for (size_t c = 0; st == GT_OK && c < a->n_columns; c++) {
        size_t n = gt_words_count(a->texts[c]) + 1;
        maps[c].code = gt_zalloc(ctx, n, sizeof *maps[c].code);
        maps[c].text = gt_zalloc(ctx, n, sizeof *maps[c].text);
        st = maps[c].code == NULL || maps[c].text == NULL ? GT_E_MEMORY : GT_OK;
    }
    st = st == GT_OK ? fill_rows(a, t, maps) : st;
    for (size_t c = 0; c < a->n_columns; c++) {
        gt_free(ctx, maps[c].code);
        gt_free(ctx, maps[c].text);
    }
    return st;
}

/* ---- the file -----------------------------------------------------------------------------------
 */

static void hash_all(const head *h, const void *bytes, size_t n, unsigned char out[GT_HASH_BYTES])
{
    gt_hash hash;
    gt_hash_init(&hash);
    gt_hash_add(&hash, h, offsetof(head, hash));
    gt_hash_add(&hash, bytes, n);
    gt_hash_final(&hash, out);
}

typedef struct cursor {
    const char *at;
    size_t left;
} cursor;

static bool take(cursor *c, void *out, size_t len)
{
    if (len > c->left) {
        return false;
    }
    memcpy(out, c->at, len);
    c->at += len;
    c->left -= len;
    return true;
}

static gt_status take_texts(gt_area_account *a, size_t column, cursor *c, bool *good)
{
    uint64_t n = 0, len = 0;
    gt_status st = GT_OK;
    *good = take(c, &n, sizeof n);
    for (uint64_t i = 0; st == GT_OK && *good && i < n; i++) {
        uint32_t number = 0;
        *good = take(c, &len, sizeof len) && len <= c->left && len + (8 - len % 8) % 8 <= c->left;
        if (*good) {
            st = gt_words_add(a->texts[column], c->at, (size_t)len, &number);
            *good = number == i;
            c->at += len + (8 - len % 8) % 8;
            c->left -= len + (8 - len % 8) % 8;
        }
    }
    return st;
}

static gt_status take_rows(gt_area_account *a, cursor *c, bool *good)
{
    uint64_t keys[GT_AREA_COLUMNS], n = 0;
    gt_status st = GT_OK;
    *good = take(c, &n, sizeof n);
    for (uint64_t i = 0; st == GT_OK && *good && i < n; i++) {
        gt_sum s;
        *good = take(c, &s.area, sizeof s.area) && take(c, &s.plane, sizeof s.plane) &&
                take(c, &s.n, sizeof s.n);
        for (size_t k = 0; *good && k < a->n_columns; k++) {
            uint32_t code = 0;
            *good = take(c, &code, sizeof code) && code < gt_words_count(a->texts[k]);
            keys[k] = gt_sum_key((uint32_t)k, code);
        }
        st = *good ? gt_sums_add(&a->sums, keys, a->n_columns, &s) : GT_OK;
    }
    *good = *good && c->left == 0;
    return st;
}

static bool read_all(int fd, char *to, size_t len)
{
    while (len > 0) {
        ssize_t n = read(fd, to, len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        to += n;
        len -= (size_t)n;
    }
    return true;
}

static gt_status load_from(gt_ctx *ctx, int fd, gt_area_account_state *state, gt_area_account *a,
                           bool *found)
{
    head h;
    struct stat info;
    unsigned char hash[GT_HASH_BYTES];
    if (fstat(fd, &info) != 0 || !read_all(fd, (char *)&h, sizeof h) ||
        memcmp(h.magic, MAGIC, sizeof MAGIC) != 0 || h.order != ORDER || h.version != VERSION ||
        h.kernel != GT_WEAVE_FORMAT || h.n_columns != a->n_columns ||
        h.bytes != (uint64_t)info.st_size - sizeof h) {
        return GT_OK;
    }
    char *bytes = gt_alloc(ctx, (size_t)h.bytes + 1, 1);
    gt_status st = bytes == NULL ? GT_E_MEMORY : GT_OK;
    if (st == GT_OK && read_all(fd, bytes, (size_t)h.bytes)) {
        hash_all(&h, bytes, (size_t)h.bytes, hash);
        *found = memcmp(hash, h.hash, sizeof hash) == 0;
        cursor c = {bytes, (size_t)h.bytes};
        for (size_t k = 0; st == GT_OK && *found && k < a->n_columns; k++) {
            st = take_texts(a, k, &c, found);
        }
        st = st == GT_OK && *found ? take_rows(a, &c, found) : st;
    }
    *state = h.state;
    gt_free(ctx, bytes);
    return st;
}

gt_status gt_area_account_load(gt_ctx *ctx, const char *path, gt_area_account_state *state,
                               gt_area_account *a, bool *found)
{
    *found = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return GT_OK;
    }
    size_t n = a->n_columns;
    gt_status st = load_from(ctx, fd, state, a, found);
    (void)close(fd);
    if (st == GT_OK && !*found) {
        gt_area_account_free(a);
        st = gt_area_account_init(ctx, n, a);
    }
    return st;
}

static void put_u64(gt_text *t, uint64_t v)
{
    gt_text_add(t, (const char *)&v, sizeof v);
}

/* The texts of column c that a row has, renumbered: map[code] = 1 + number in the file. */
static void put_texts(const gt_area_account *a, size_t c, uint32_t *map, gt_text *t)
{
    static const char zeros[8] = {0};
    uint32_t n = 0;
    for (size_t i = 0; i < gt_sums_count(&a->sums); i++) {
        size_t n_keys = 0;
        const char *keys = gt_sums_keys(&a->sums, i, &n_keys);
        if (a->sums.sums[i].n != 0) {
            map[(uint32_t)gt_sum_key_at(keys, c)] = 1;
        }
    }
    for (size_t i = 0; i < gt_words_count(a->texts[c]); i++) {
        map[i] = map[i] == 0 ? 0 : ++n;
    }
    put_u64(t, n);
    for (size_t i = 0; i < gt_words_count(a->texts[c]); i++) {
        size_t len = 0;
        const char *text = gt_words_text(a->texts[c], (uint32_t)i, &len);
        if (map[i] != 0) {
            put_u64(t, len);
            gt_text_add(t, text, len);
            gt_text_add(t, zeros, (8 - len % 8) % 8);
        }
    }
}

static void put_rows(const gt_area_account *a, uint32_t *const *maps, gt_text *t)
{
    uint64_t n = 0;
    for (size_t i = 0; i < gt_sums_count(&a->sums); i++) {
        n += a->sums.sums[i].n != 0;
    }
    put_u64(t, n);
    for (size_t i = 0; i < gt_sums_count(&a->sums); i++) {
        const gt_sum *s = &a->sums.sums[i];
        size_t n_keys = 0;
        const char *keys = gt_sums_keys(&a->sums, i, &n_keys);
        if (s->n == 0) {
            continue;
        }
        gt_text_add(t, (const char *)&s->area, sizeof s->area);
        gt_text_add(t, (const char *)&s->plane, sizeof s->plane);
        gt_text_add(t, (const char *)&s->n, sizeof s->n);
        for (size_t c = 0; c < a->n_columns; c++) {
            uint32_t code = maps[c][(uint32_t)gt_sum_key_at(keys, c)] - 1;
            gt_text_add(t, (const char *)&code, sizeof code);
        }
    }
}

static gt_status put_all(gt_ctx *ctx, const gt_area_account *a, gt_text *t)
{
    uint32_t *maps[GT_AREA_COLUMNS] = {NULL};
    gt_status st = GT_OK;
    for (size_t c = 0; st == GT_OK && c < a->n_columns; c++) {
        maps[c] = gt_zalloc(ctx, gt_words_count(a->texts[c]) + 1, sizeof *maps[c]);
        st = maps[c] == NULL ? GT_E_MEMORY : GT_OK;
        if (st == GT_OK) {
            put_texts(a, c, maps[c], t);
        }
    }
    if (st == GT_OK) {
        put_rows(a, maps, t);
        st = gt_text_status(t);
    }
    for (size_t c = 0; c < a->n_columns; c++) {
        gt_free(ctx, maps[c]);
    }
    return st;
}

static bool write_all(int fd, const void *bytes, size_t len)
{
    const char *p = bytes;
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n == 0 ? ENOSPC : errno;
            return false;
        }
        p += n;
        len -= (size_t)n;
    }
    return true;
}

gt_status gt_area_account_save(gt_ctx *ctx, const char *path, const gt_area_account_state *state,
                               const gt_area_account *a)
{
    head h;
    char part[PATH_MAX];
    gt_text t;
    gt_text_init(&t, ctx, SIZE_MAX / 2);
    memset(&h, 0, sizeof h); /* the gaps between its members are hashed too */
    memcpy(h.magic, MAGIC, sizeof h.magic);
    h.order = ORDER;
    h.version = VERSION;
    h.kernel = GT_WEAVE_FORMAT;
    h.n_columns = (uint32_t)a->n_columns;
    h.state = *state;
    gt_status st = put_all(ctx, a, &t);
    h.bytes = t.len;
    hash_all(&h, gt_text_cstr(&t), t.len, h.hash);
    int n = snprintf(part, sizeof part, "%s.%ld.%p.part", path, (long)getpid(), (void *)&h);
    if (st == GT_OK && (n < 0 || (size_t)n >= sizeof part)) {
        st = gt_fail_errno(ctx, ENAMETOOLONG, "create", path);
    }
    int fd = st == GT_OK ? open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;
    if (st == GT_OK && fd < 0) {
        st = gt_fail_errno(ctx, errno, "create", part);
    }
    if (st == GT_OK) {
        bool good = write_all(fd, &h, sizeof h) && write_all(fd, gt_text_cstr(&t), t.len) &&
                    rename(part, path) == 0;
        st = good ? GT_OK : gt_fail_errno(ctx, errno, "write", part);
        if (!good) {
            (void)unlink(part);
        }
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    gt_text_free(&t);
    return st;
}
