/* What is kept between runs, one small file each in WORKSPACE/grids/.build:
 *   NAME.print   content of a grid by blocks, with the stamp of the file it was read from
 *   MODEL.made   what a model was made of when it last ran
 * Numbers are little endian 64-bit; a file ends with the BLAKE2b-256 of what stands before it, so a
 * damaged one counts as none. Losing them costs a run, never a wrong result. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/internal.h"

enum { PATH = 4096, MOST = 1 << 30 };
static const char PRINT_MAGIC[] = "guotu print 1";
static const char MADE_MAGIC[] = "guotu made 1";

typedef struct source { /* bytes being read */
    const unsigned char *at, *end;
    bool bad;
} source;

static void put_number(gt_text *out, uint64_t v)
{
    for (int i = 0; i < 8; i++) {
        gt_text_putc(out, (char)(unsigned char)(v >> (8 * i)));
    }
}

static void put_bytes(gt_text *out, const void *data, size_t n)
{
    if (n > 0) {
        gt_text_add(out, data, n);
    }
}

static const unsigned char *take(source *s, size_t n)
{
    if (s->bad || (size_t)(s->end - s->at) < n) {
        s->bad = true;
        return NULL;
    }
    const unsigned char *at = s->at;
    s->at += n;
    return at;
}

static void take_bytes(source *s, void *to, size_t n)
{
    const unsigned char *at = take(s, n);
    if (at != NULL) {
        memcpy(to, at, n);
    }
}

static uint64_t take_number(source *s)
{
    uint64_t v = 0;
    const unsigned char *at = take(s, 8);
    for (int i = 0; at != NULL && i < 8; i++) {
        v |= (uint64_t)at[i] << (8 * i);
    }
    return v;
}

/* ---- files --------------------------------------------------------------------------------------
 */

static gt_status write_file(gt_ctx *ctx, const char *path, gt_text *body)
{
    char part[PATH + 16];
    unsigned char digest[GT_HASH_BYTES];
    gt_hash h;
    gt_hash_init(&h);
    gt_hash_add(&h, gt_text_cstr(body), body->len);
    gt_hash_final(&h, digest);
    put_bytes(body, digest, sizeof digest);
    gt_status st = gt_text_status(body);
    if (st != GT_OK) {
        return st;
    }
    (void)snprintf(part, sizeof part, "%s.part", path);
    FILE *f = fopen(part, "wb");
    bool good = f != NULL && fwrite(body->data, 1, body->len, f) == body->len;
    good = f != NULL && fclose(f) == 0 && good;
    return good && rename(part, path) == 0 ? GT_OK : gt_fail_errno(ctx, 5, "write", path);
}

/* Whole file without its hash; *data NULL when it is not there or not sound. Owned by the caller.
 */
static gt_status read_file(gt_ctx *ctx, const char *path, unsigned char **data, size_t *len)
{
    struct stat info;
    gt_hash h;
    unsigned char digest[GT_HASH_BYTES];
    *data = NULL;
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return GT_OK;
    }
    bool good = fstat(fileno(f), &info) == 0 && info.st_size > GT_HASH_BYTES && info.st_size < MOST;
    size_t n = good ? (size_t)info.st_size : 0;
    unsigned char *bytes = gt_alloc(ctx, n, 1);
    good = good && bytes != NULL && fread(bytes, 1, n, f) == n;
    (void)fclose(f);
    if (bytes == NULL) {
        return GT_E_MEMORY;
    }
    if (good) {
        gt_hash_init(&h);
        gt_hash_add(&h, bytes, n - GT_HASH_BYTES);
        gt_hash_final(&h, digest);
        good = memcmp(digest, bytes + n - GT_HASH_BYTES, GT_HASH_BYTES) == 0;
    }
    if (!good) {
        gt_free(ctx, bytes);
        return GT_OK;
    }
    *data = bytes;
    *len = n - GT_HASH_BYTES;
    return GT_OK;
}

static bool stamp_of(const char *path, stamp *out)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        return false;
    }
    *out = (stamp){info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec, (int64_t)info.st_ino};
    return true;
}

/* ---- prints -------------------------------------------------------------------------------------
 */

static void put_print(gt_text *out, const gt_grid_print *p)
{
    put_number(out, p == NULL ? 0 : p->across);
    put_number(out, p == NULL ? 0 : p->down);
    if (p != NULL) {
        put_bytes(out, p->digest, GT_HASH_BYTES);
        put_bytes(out, p->place, GT_PRINT_BYTES);
        put_bytes(out, p->blocks, p->across * p->down * GT_PRINT_BYTES);
    }
}

/* *out NULL for none. */
static gt_status take_print(gt_ctx *ctx, source *s, gt_grid_print **out)
{
    size_t across = take_number(s), down = take_number(s);
    *out = NULL;
    if (s->bad || across == 0 || across > MOST || down > MOST) {
        s->bad = s->bad || across > MOST || down > MOST;
        return GT_OK;
    }
    size_t left = (size_t)(s->end - s->at);
    if (across * down > left / GT_PRINT_BYTES) {
        s->bad = true;
        return GT_OK;
    }
    gt_grid_print *p = gt_zalloc(ctx, 1, sizeof *p);
    if (p == NULL) {
        return GT_E_MEMORY;
    }
    *out = p;
    p->across = across;
    p->down = down;
    p->blocks = gt_alloc(ctx, across * down, sizeof *p->blocks);
    if (p->blocks == NULL) {
        return GT_E_MEMORY;
    }
    take_bytes(s, p->digest, GT_HASH_BYTES);
    take_bytes(s, p->place, GT_PRINT_BYTES);
    take_bytes(s, p->blocks, across * down * GT_PRINT_BYTES);
    return GT_OK;
}

gt_status gt_state_print_keep(gt_ctx *ctx, const char *kept, const char *name, const char *path,
                              const gt_grid_print *print)
{
    char file[PATH];
    stamp s;
    gt_text text;
    if (!stamp_of(path, &s)) {
        return GT_OK;
    }
    (void)snprintf(file, sizeof file, "%s/%s.print", kept, name);
    gt_text_init(&text, ctx, MOST);
    put_bytes(&text, PRINT_MAGIC, sizeof PRINT_MAGIC);
    put_number(&text, (uint64_t)s.bytes);
    put_number(&text, (uint64_t)s.seconds);
    put_number(&text, (uint64_t)s.nanoseconds);
    put_number(&text, (uint64_t)s.inode);
    put_print(&text, print);
    gt_status st = write_file(ctx, file, &text);
    gt_text_free(&text);
    return st;
}

/* The kept print when it is of the file as it stands; else NULL. */
static gt_status kept_print(gt_ctx *ctx, const char *file, const stamp *now, gt_grid_print **out)
{
    unsigned char *data = NULL;
    size_t len = 0;
    gt_status st = read_file(ctx, file, &data, &len);
    if (st != GT_OK || data == NULL) {
        return st;
    }
    source s = {data, data + len, false};
    const unsigned char *magic = take(&s, sizeof PRINT_MAGIC);
    bool good = magic != NULL && memcmp(magic, PRINT_MAGIC, sizeof PRINT_MAGIC) == 0;
    const stamp then = {(int64_t)take_number(&s), (int64_t)take_number(&s),
                        (int64_t)take_number(&s), (int64_t)take_number(&s)};
    good = good && then.bytes == now->bytes && then.seconds == now->seconds &&
           then.nanoseconds == now->nanoseconds && then.inode == now->inode;
    if (good) {
        st = take_print(ctx, &s, out);
        good = !s.bad;
    }
    if (st != GT_OK || !good) {
        gt_grid_print_free(ctx, *out);
        *out = NULL;
    }
    gt_free(ctx, data);
    return st;
}

gt_status gt_state_print(gt_ctx *ctx, const char *kept, const char *name, const char *path,
                         gt_grid_print **out)
{
    char file[PATH];
    stamp now;
    gt_grid *grid = NULL;
    *out = NULL;
    if (!stamp_of(path, &now)) {
        return GT_OK;
    }
    (void)snprintf(file, sizeof file, "%s/%s.print", kept, name);
    gt_status st = kept_print(ctx, file, &now, out);
    if (st != GT_OK || *out != NULL) {
        return st;
    }
    st = gt_grid_open_any(ctx, path, NULL, &grid);
    if (st == GT_OK) {
        st = gt_grid_print_new(ctx, grid, out);
    }
    gt_grid_close(ctx, grid);
    return st == GT_OK ? gt_state_print_keep(ctx, kept, name, path, *out) : st;
}

/* ---- what a model was made of -------------------------------------------------------------------
 */

gt_status gt_state_made_keep(gt_ctx *ctx, const char *kept, const char *id, const made *m)
{
    char file[PATH];
    gt_text text;
    (void)snprintf(file, sizeof file, "%s/%s.made", kept, id);
    gt_text_init(&text, ctx, MOST);
    put_bytes(&text, MADE_MAGIC, sizeof MADE_MAGIC);
    put_bytes(&text, m->fingerprint, GT_HASH_BYTES);
    put_bytes(&text, m->rest, GT_HASH_BYTES);
    put_bytes(&text, m->layer, sizeof m->layer);
    put_bytes(&text, m->out, sizeof m->out);
    for (size_t i = 0; i < PORTS; i++) {
        put_print(&text, m->in[i]);
    }
    gt_status st = write_file(ctx, file, &text);
    gt_text_free(&text);
    return st;
}

gt_status gt_state_made(gt_ctx *ctx, const char *kept, const char *id, made *out, bool *found)
{
    char file[PATH];
    unsigned char *data = NULL;
    size_t len = 0;
    memset(out, 0, sizeof *out);
    *found = false;
    (void)snprintf(file, sizeof file, "%s/%s.made", kept, id);
    gt_status st = read_file(ctx, file, &data, &len);
    if (st != GT_OK || data == NULL) {
        return st;
    }
    source s = {data, data + len, false};
    const unsigned char *magic = take(&s, sizeof MADE_MAGIC);
    bool good = magic != NULL && memcmp(magic, MADE_MAGIC, sizeof MADE_MAGIC) == 0;
    take_bytes(&s, out->fingerprint, GT_HASH_BYTES);
    take_bytes(&s, out->rest, GT_HASH_BYTES);
    take_bytes(&s, out->layer, sizeof out->layer);
    take_bytes(&s, out->out, sizeof out->out);
    for (size_t i = 0; st == GT_OK && i < PORTS; i++) {
        st = take_print(ctx, &s, &out->in[i]);
    }
    *found = st == GT_OK && good && !s.bad;
    gt_free(ctx, data);
    return st;
}

void gt_state_made_drop(const char *kept, const char *id)
{
    char file[PATH];
    (void)snprintf(file, sizeof file, "%s/%s.made", kept, id);
    (void)unlink(file);
}

void gt_state_made_free(gt_ctx *ctx, made *m)
{
    for (size_t i = 0; i < PORTS; i++) {
        gt_grid_print_free(ctx, m->in[i]);
        m->in[i] = NULL;
    }
}
