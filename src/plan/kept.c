#include "plan/kept.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BYTES_MAX = 64 << 20, /* of a kept file */
    DEPTH = 2 * GT_YAML_DEPTH,
    SUM_BYTES = 8,
    NODE_MIN = 4, /* bytes a node takes at least */
    KEYED = 8,
    PLAIN = 4
};

static const char magic[] = "guotu kept tree 1\n";

/* Against accidents of storage, not against malice: eight bytes a step. */
static uint64_t sum_of(const unsigned char *data, size_t len)
{
    uint64_t h = 0x9E3779B97F4A7C15U ^ len;
    for (; len >= 8; data += 8, len -= 8) {
        uint64_t word = 0;
        memcpy(&word, data, 8);
        h = (h ^ word) * 0xFF51AFD7ED558CCDU;
        h ^= h >> 32;
    }
    for (; len > 0; data++, len--) {
        h = (h ^ *data) * 0xFF51AFD7ED558CCDU;
        h ^= h >> 32;
    }
    return h;
}

/* ---- reading -------------------------------------------------------------------------------- */

static uint64_t take_long(gt_kept *k)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 42; shift += 7) {
        if (k->at >= k->end) {
            break;
        }
        unsigned char b = *k->at++;
        v |= (uint64_t)(b & 0x7FU) << shift;
        if (b < 0x80) {
            return v;
        }
    }
    k->bad = true;
    return 0;
}

/* Most numbers are one byte. */
static inline uint64_t take_number(gt_kept *k)
{
    return k->at < k->end && *k->at < 0x80 ? *k->at++ : take_long(k);
}

static int64_t take_signed(gt_kept *k)
{
    uint64_t v = take_number(k);
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

/* Text of len bytes that ends in NUL. */
static const char *take_text(gt_kept *k, size_t len)
{
    if (k->bad || (size_t)(k->end - k->at) <= len || k->at[len] != '\0') {
        k->bad = true;
        return "";
    }
    const char *text = (const char *)k->at;
    k->at += len + 1;
    return text;
}

static gt_status slurp(gt_arena *arena, const char *path, unsigned char **data, size_t *len)
{
    struct stat info;
    gt_status st = GT_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    *data = NULL;
    *len = 0;
    if (fd < 0) {
        return GT_OK;
    }
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0 &&
        info.st_size <= BYTES_MAX) {
        *len = (size_t)info.st_size;
        *data = gt_arena_alloc(arena, *len, 1);
        st = *data == NULL ? GT_E_MEMORY : GT_OK;
        if (st == GT_OK && read(fd, *data, *len) != (ssize_t)*len) {
            *data = NULL;
        }
    }
    (void)close(fd);
    return st;
}

gt_status gt_kept_open(gt_arena *arena, const char *path, const char *engine, gt_kept *out,
                       bool *found)
{
    unsigned char *data = NULL;
    size_t len = 0, name = strlen(engine) + 1, head = sizeof magic - 1;
    *found = false;
    gt_status st = slurp(arena, path, &data, &len);
    if (st != GT_OK || data == NULL || len < head + name + GT_HASH_BYTES + SUM_BYTES ||
        memcmp(data, magic, head) != 0 || memcmp(data + head, engine, name) != 0) {
        return st;
    }
    uint64_t sum = 0;
    const unsigned char *hash = data + head + name;
    memcpy(&sum, hash + GT_HASH_BYTES, SUM_BYTES);
    const unsigned char *body = hash + GT_HASH_BYTES + SUM_BYTES;
    *out = (gt_kept){.at = body, .end = data + len, .hash = hash};
    if (sum_of(body, (size_t)(out->end - body)) != sum) {
        return GT_OK;
    }
    out->n_files = take_number(out);
    *found = !out->bad;
    return GT_OK;
}

const char *gt_kept_name(gt_kept *k)
{
    const unsigned char *nul = k->bad ? NULL : memchr(k->at, '\0', (size_t)(k->end - k->at));
    if (nul == NULL) {
        k->bad = true;
        return NULL;
    }
    return take_text(k, (size_t)(nul - k->at));
}

void gt_kept_skip(gt_kept *k)
{
    uint64_t len = take_number(k);
    if (k->bad || len > (size_t)(k->end - k->at)) {
        k->bad = true;
        return;
    }
    k->at += len;
}

typedef struct growing { /* a tree being read */
    gt_kept *kept;
    gt_yfile *file;
    gt_ynode *nodes;
    size_t n, room;
    int64_t line, to;
} growing;

static gt_ynode *take_node(growing *g, int depth);

static void take_scalar(growing *g, gt_ynode *node)
{
    int64_t from = g->to + take_signed(g->kept);
    uint64_t span = take_number(g->kept), len = take_number(g->kept);
    if (from < 0 || (uint64_t)from > g->file->len || span > g->file->len - (uint64_t)from) {
        g->kept->bad = true;
        return;
    }
    node->from = (uint32_t)from; /* within a file of 4 MiB */
    node->to = node->from + (uint32_t)span;
    node->text = take_text(g->kept, len);
    node->len = g->kept->bad ? 0 : (uint32_t)len;
    g->to = node->to;
}

static void take_children(growing *g, gt_ynode *node, int depth)
{
    const gt_ynode **link = &node->first;
    uint64_t n = take_number(g->kept);
    for (uint64_t i = 0; i < n && !g->kept->bad; i++) {
        gt_ynode *child = take_node(g, depth + 1);
        if (child == NULL || (child->key != NULL) != (node->kind == GT_Y_MAP)) {
            g->kept->bad = true;
            return;
        }
        *link = child;
        link = &child->next;
        node->weight += child->weight;
    }
    node->n = (uint32_t)n; /* each of them took some bytes */
}

static gt_ynode *take_node(growing *g, int depth)
{
    gt_kept *k = g->kept;
    if (k->bad || depth > DEPTH || g->n >= g->room || k->at >= k->end) {
        k->bad = true;
        return NULL;
    }
    unsigned tag = *k->at++;
    gt_ynode *node = &g->nodes[g->n++];
    if ((tag & KEYED) != 0) {
        const gt_ynode *key = take_node(g, depth + 1);
        if (key == NULL || key->kind != GT_Y_SCALAR || key->key != NULL) {
            k->bad = true;
            return NULL;
        }
        node->key = key;
    }
    g->line += take_signed(k);
    uint64_t column = take_number(k);
    if ((tag & 3U) > GT_Y_MAP || g->line < 0 || g->line > INT_MAX || column > INT_MAX) {
        k->bad = true;
        return NULL;
    }
    node->kind = (gt_ynode_kind)(tag & 3U);
    node->plain = (tag & PLAIN) != 0;
    node->line = (int)g->line;
    node->column = (int)column;
    node->text = "";
    node->weight = 1;
    node->file = g->file;
    if (node->kind == GT_Y_SCALAR) {
        take_scalar(g, node);
    } else {
        take_children(g, node, depth);
    }
    return k->bad ? NULL : node;
}

gt_status gt_kept_tree(gt_arena *arena, gt_kept *k, gt_yfile *file)
{
    uint64_t len = take_number(k);
    const unsigned char *end = k->end;
    if (k->bad || len > (size_t)(k->end - k->at)) {
        k->bad = true;
        return GT_OK;
    }
    k->end = k->at + len;
    growing g = {.kept = k, .file = file, .room = take_number(k)};
    if (g.room > len / NODE_MIN) {
        k->bad = true;
        return GT_OK;
    }
    g.nodes = gt_arena_zalloc(arena, g.room + 1, sizeof *g.nodes);
    if (g.nodes == NULL) {
        return GT_E_MEMORY;
    }
    file->root = take_node(&g, 0);
    k->bad = k->bad || k->at != k->end || file->root->key != NULL;
    k->end = end;
    return GT_OK;
}

/* ---- writing -------------------------------------------------------------------------------- */

typedef struct writer {
    gt_text *out;
    int64_t line, to;
    size_t nodes;
    bool too_deep;
} writer;

static void put_number(gt_text *out, uint64_t v)
{
    for (; v >= 0x80; v >>= 7) {
        gt_text_putc(out, (char)(unsigned char)(v | 0x80));
    }
    gt_text_putc(out, (char)v);
}

static void put_signed(gt_text *out, int64_t v)
{
    put_number(out, ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0));
}

static void put_node(writer *w, const gt_ynode *node, const gt_ynode *key, int depth)
{
    if (depth > DEPTH) {
        w->too_deep = true;
        return;
    }
    w->nodes++;
    gt_text_putc(w->out, (char)((unsigned)node->kind | (node->plain ? PLAIN : 0U) |
                                (key != NULL ? KEYED : 0U)));
    if (key != NULL) {
        put_node(w, key, NULL, depth + 1);
    }
    put_signed(w->out, node->line - w->line);
    w->line = node->line;
    put_number(w->out, (uint64_t)node->column);
    if (node->kind == GT_Y_SCALAR) {
        put_signed(w->out, (int64_t)node->from - w->to);
        w->to = (int64_t)node->to;
        put_number(w->out, node->to - node->from);
        put_number(w->out, node->len);
        gt_text_add(w->out, node->text, node->len);
        gt_text_putc(w->out, '\0');
        return;
    }
    put_number(w->out, node->n);
    for (const gt_ynode *c = node->first; c != NULL; c = c->next) {
        put_node(w, c, node->kind == GT_Y_MAP ? c->key : NULL, depth + 1);
    }
}

/* Appends one file: its name, the length of what follows, the number of nodes, the tree. */
static bool put_file(gt_ctx *ctx, const gt_yfile *file, gt_text *out)
{
    gt_text tree, count;
    gt_text_init(&tree, ctx, BYTES_MAX);
    gt_text_init(&count, ctx, 0);
    writer w = {.out = &tree};
    if (file->root != NULL) {
        put_node(&w, file->root, NULL, 0);
    }
    put_number(&count, w.nodes);
    gt_text_puts(out, file->rel);
    gt_text_putc(out, '\0');
    put_number(out, file->root == NULL ? 0 : count.len + tree.len);
    if (file->root != NULL) {
        gt_text_add(out, gt_text_cstr(&count), count.len);
        gt_text_add(out, gt_text_cstr(&tree), tree.len);
    }
    bool good = !w.too_deep && !tree.failed && !count.failed && !out->failed;
    gt_text_free(&tree);
    gt_text_free(&count);
    return good;
}

static bool put_bytes(const char *path, const char *data, size_t len)
{
    char part[PATH_MAX];
    int n = snprintf(part, sizeof part, "%s.%ld.part", path, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof part) {
        return false;
    }
    int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) {
        return false;
    }
    bool good = write(fd, data, len) == (ssize_t)len;
    good = close(fd) == 0 && good;
    good = good && rename(part, path) == 0;
    if (!good) {
        (void)unlink(part);
    }
    return good;
}

bool gt_kept_write(gt_ctx *ctx, const char *path, const char *engine,
                   const unsigned char hash[GT_HASH_BYTES], gt_yfile *const *files, size_t n)
{
    gt_text body, all;
    gt_text_init(&body, ctx, BYTES_MAX / 2);
    gt_text_init(&all, ctx, BYTES_MAX);
    put_number(&body, n);
    bool good = true;
    for (size_t i = 0; i < n && good; i++) {
        good = put_file(ctx, files[i], &body);
    }
    if (good) {
        uint64_t sum = sum_of((const unsigned char *)gt_text_cstr(&body), body.len);
        gt_text_add(&all, magic, sizeof magic - 1);
        gt_text_add(&all, engine, strlen(engine) + 1);
        gt_text_add(&all, (const char *)hash, GT_HASH_BYTES);
        gt_text_add(&all, (const char *)&sum, SUM_BYTES);
        gt_text_add(&all, gt_text_cstr(&body), body.len);
        good = !all.failed && put_bytes(path, all.data, all.len);
    }
    gt_text_free(&body);
    gt_text_free(&all);
    if (!good) {
        gt_error_clear(ctx); /* a start that is slower is no error */
    }
    return good;
}
