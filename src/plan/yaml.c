#include "plan/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan/messages.h"

/* ---- loading -------------------------------------------------------------------------------- */

static void file_problem(gt_problems *problems, gt_yfile *file, const gt_message *message, int line,
                         int column, const gt_arg *args)
{
    file->broken = true;
    gt_problem_add(problems, file->order, message,
                   GT_PLACE(.file = file->path, .line = line, .column = column), args);
}

/* Line and column of a byte offset, counted from the start of the file. */
static void place_of(const char *data, size_t len, size_t at, int *line, int *column)
{
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < at && i < len; i++) {
        if (data[i] == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)data[i] & 0xC0U) != 0x80U) {
            ++*column;
        }
    }
}

/* Refuses text that no YAML reader should see: not UTF-8, or control characters. */
static void check_text(gt_problems *problems, gt_yfile *file)
{
    size_t bad = 0;
    int line = 0, column = 0;
    if (!gt_utf8_valid(file->data, file->len, &bad)) {
        place_of(file->data, file->len, bad, &line, &column);
        file_problem(problems, file, &GT_MSG_YAML_UTF8, line, column, GT_NO_ARGS);
        return;
    }
    for (size_t i = 0; i < file->len; i++) {
        unsigned char c = (unsigned char)file->data[i];
        if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7F) {
            place_of(file->data, file->len, i, &line, &column);
            file_problem(problems, file, &GT_MSG_YAML_CONTROL, line, column,
                         GT_ARGS(GT_INT("code", c)));
            return;
        }
    }
}

static gt_status new_file(gt_arena *arena, const char *path, const char *rel, int order,
                          gt_yfile **out)
{
    gt_yfile *file = gt_arena_zalloc(arena, 1, sizeof *file);
    if (file == NULL) {
        return GT_E_MEMORY;
    }
    file->path = path;
    file->rel = rel;
    file->order = order;
    file->data = "";
    *out = file;
    return GT_OK;
}

gt_status gt_yfile_of(gt_ctx *ctx, gt_arena *arena, gt_problems *problems, const char *name,
                      const char *data, size_t len, int order, gt_yfile **out)
{
    (void)ctx;
    gt_status st = new_file(arena, name, name, order, out);
    if (st == GT_OK) {
        (*out)->data = data;
        (*out)->len = len;
        check_text(problems, *out);
    }
    return st;
}

static void unreadable(gt_problems *problems, gt_yfile *file, const gt_ynode *mention,
                       const char *reason)
{
    const gt_arg *args = GT_ARGS(GT_TEXT("file", file->rel), GT_TEXT("reason", reason));
    file->broken = true;
    if (mention != NULL) {
        gt_y_problem(problems, mention, &GT_MSG_PACKAGE_UNREADABLE, args);
    } else {
        file_problem(problems, file, &GT_MSG_PACKAGE_UNREADABLE, 0, 0, args);
    }
}

/* Reads all of fd; the size is known and within the limit. */
static gt_status slurp(gt_arena *arena, int fd, size_t size, gt_yfile *file, int *error)
{
    *error = 0;
    char *data = gt_arena_alloc(arena, size + 1, 1);
    if (data == NULL) {
        return GT_E_MEMORY;
    }
    size_t got = 0;
    while (got < size) {
        ssize_t n = read(fd, data + got, size - got);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            *error = errno;
            return GT_OK;
        }
        if (n == 0) {
            break;
        }
        got += (size_t)n;
    }
    data[got] = '\0';
    file->data = data;
    file->len = got;
    return GT_OK;
}

gt_status gt_yfile_load(gt_ctx *ctx, gt_arena *arena, gt_problems *problems, const char *path,
                        const char *rel, int order, const gt_ynode *mention, gt_yfile **out)
{
    gt_yfile *file = NULL;
    gt_status st = new_file(arena, path, rel, order, &file);
    if (st != GT_OK) {
        return st;
    }
    *out = file;
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        char reason[128];
        const char *text = fd < 0 ? strerror_r(errno, reason, sizeof reason) : "not a plain file";
        unreadable(problems, file, mention, text);
    } else if (info.st_size > GT_YAML_BYTES) {
        file_problem(problems, file, &GT_MSG_FILE_TOO_LARGE, 0, 0,
                     GT_ARGS(GT_INT("bytes", info.st_size), GT_INT("max", GT_YAML_BYTES)));
    } else {
        int error = 0;
        st = slurp(arena, fd, (size_t)info.st_size, file, &error);
        if (st == GT_OK && error != 0) {
            char reason[128];
            unreadable(problems, file, NULL, strerror_r(error, reason, sizeof reason));
        } else if (st == GT_OK) {
            check_text(problems, file);
            st = gt_check_cancel(ctx);
        }
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return st;
}

gt_status gt_yfile_raw(gt_ctx *ctx, gt_arena *arena, const char *path, const char *rel, int order,
                       gt_yfile **out)
{
    gt_yfile *file = NULL;
    struct stat info;
    int error = 0;
    *out = NULL;
    gt_status st = new_file(arena, path, rel, order, &file);
    int fd = st != GT_OK ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return st;
    }
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size <= GT_YAML_BYTES) {
        st = slurp(arena, fd, (size_t)info.st_size, file, &error);
        *out = st == GT_OK && error == 0 ? file : NULL;
    }
    (void)close(fd);
    return st == GT_OK ? gt_check_cancel(ctx) : st;
}

/* ---- building ------------------------------------------------------------------------------- */

typedef struct anchor {
    const char *name;
    size_t len;
    const gt_ynode *node;
    struct anchor *next;
} anchor;

typedef struct level {
    gt_ynode *node;      /* the open list or map */
    gt_ynode *last;      /* its last child */
    const gt_ynode *key; /* map: key read, value still to come */
} level;

typedef struct builder {
    gt_ctx *ctx;
    gt_arena *arena;
    gt_problems *problems;
    gt_yfile *file;
    level stack[GT_YAML_DEPTH + 1];
    size_t depth;
    size_t nodes; /* aliases expanded */
    anchor *anchors;
    int documents;
    gt_status status; /* memory, or GT_E_INPUT: reported, stop */
} builder;

static void stop(builder *b, const gt_message *message, const struct fy_mark *mark,
                 const gt_arg *args)
{
    int line = mark == NULL ? 0 : mark->line + 1, column = mark == NULL ? 0 : mark->column + 1;
    file_problem(b->problems, b->file, message, line, column, args);
    b->status = GT_E_INPUT;
}

static gt_ynode *new_node(builder *b, gt_ynode_kind kind, const struct fy_mark *mark)
{
    if (++b->nodes > GT_YAML_NODES) {
        stop(b, &GT_MSG_YAML_NODES, mark, GT_ARGS(GT_INT("max", GT_YAML_NODES)));
        return NULL;
    }
    gt_ynode *node = gt_arena_zalloc(b->arena, 1, sizeof *node);
    if (node == NULL) {
        b->status = GT_E_MEMORY;
        return NULL;
    }
    node->kind = kind;
    node->file = b->file;
    node->weight = 1;
    node->text = "";
    node->line = mark == NULL ? 1 : mark->line + 1;
    node->column = mark == NULL ? 1 : mark->column + 1;
    return node;
}

/* Hangs a finished node (or one just opened) into the open list or map. */
static void attach(builder *b, gt_ynode *node)
{
    if (b->depth == 0) {
        b->file->root = node;
        return;
    }
    level *top = &b->stack[b->depth - 1];
    if (top->node->kind == GT_Y_MAP && top->key == NULL) {
        if (node->kind != GT_Y_SCALAR) {
            file_problem(b->problems, b->file, &GT_MSG_YAML_KEY, node->line, node->column,
                         GT_NO_ARGS);
            b->status = GT_E_INPUT;
        }
        top->key = node;
        return;
    }
    node->key = top->key;
    top->key = NULL;
    if (top->last == NULL) {
        top->node->first = node;
    } else {
        top->last->next = node;
    }
    top->last = node;
    top->node->n++;
}

static void name_anchor(builder *b, struct fy_token *token, const gt_ynode *node)
{
    size_t len = 0;
    const char *text = token == NULL ? NULL : fy_token_get_text(token, &len);
    if (text == NULL) {
        return;
    }
    anchor *a = gt_arena_alloc(b->arena, 1, sizeof *a);
    char *name = gt_arena_strndup(b->arena, text, len);
    if (a == NULL || name == NULL) {
        b->status = GT_E_MEMORY;
        return;
    }
    *a = (anchor){name, len, node, b->anchors};
    b->anchors = a;
}

static void refuse_tag(builder *b, struct fy_token *tag)
{
    if (tag != NULL) {
        size_t len = 0;
        const char *text = fy_token_get_text(tag, &len);
        char shown[64];
        size_t n = text == NULL ? 0 : len < sizeof shown ? len : sizeof shown - 1;
        memcpy(shown, text == NULL ? "" : text, n);
        shown[n] = '\0';
        stop(b, &GT_MSG_YAML_TAG, fy_token_start_mark(tag), GT_ARGS(GT_TEXT("tag", shown)));
    }
}

static void on_scalar(builder *b, struct fy_event *event)
{
    struct fy_token *token = event->scalar.value;
    const struct fy_mark *mark = fy_event_start_mark(event);
    refuse_tag(b, event->scalar.tag);
    size_t len = 0;
    const char *text = token == NULL ? "" : fy_token_get_text(token, &len);
    if (text != NULL && (len > GT_YAML_TEXT || memchr(text, '\0', len) != NULL)) {
        stop(b, &GT_MSG_YAML_LONG, mark, GT_ARGS(GT_INT("max", GT_YAML_TEXT)));
    }
    gt_ynode *node = b->status != GT_OK ? NULL : new_node(b, GT_Y_SCALAR, mark);
    if (node == NULL) {
        return;
    }
    enum fy_scalar_style style = token == NULL ? FYSS_PLAIN : fy_token_scalar_style(token);
    node->plain = style == FYSS_PLAIN;
    if (mark == NULL && b->depth > 0 && b->stack[b->depth - 1].key != NULL) {
        node->line = b->stack[b->depth - 1].key->line; /* "key:" with nothing after it */
        node->column = b->stack[b->depth - 1].key->column;
    }
    node->text = text == NULL ? NULL : gt_arena_strndup(b->arena, text, len);
    node->len = (uint32_t)len; /* at most GT_YAML_TEXT */
    if (node->text == NULL) {
        b->status = GT_E_MEMORY;
        return;
    }
    const struct fy_mark *end = fy_event_end_mark(event);
    node->from = mark == NULL ? 0 : (uint32_t)mark->input_pos; /* within GT_YAML_BYTES */
    node->to = end == NULL ? node->from : (uint32_t)end->input_pos;
    name_anchor(b, event->scalar.anchor, node);
    attach(b, node);
}

static void on_open(builder *b, struct fy_event *event, gt_ynode_kind kind)
{
    const struct fy_mark *mark = fy_event_start_mark(event);
    bool map = kind == GT_Y_MAP;
    refuse_tag(b, map ? event->mapping_start.tag : event->sequence_start.tag);
    if (b->depth >= GT_YAML_DEPTH) {
        stop(b, &GT_MSG_YAML_DEPTH, mark, GT_ARGS(GT_INT("max", GT_YAML_DEPTH)));
    }
    gt_ynode *node = b->status != GT_OK ? NULL : new_node(b, kind, mark);
    if (node == NULL) {
        return;
    }
    attach(b, node);
    if (b->status == GT_OK) {
        name_anchor(b, map ? event->mapping_start.anchor : event->sequence_start.anchor, node);
        b->stack[b->depth++] = (level){.node = node};
    }
}

static int by_key(const void *a, const void *b)
{
    const gt_ynode *x = *(const gt_ynode *const *)a, *y = *(const gt_ynode *const *)b;
    int c = strcmp(x->key->text, y->key->text);
    return c != 0                         ? c
           : x->key->line != y->key->line ? x->key->line - y->key->line
                                          : x->key->column - y->key->column;
}

/* Reports keys that occur twice in a map. */
static void check_keys(builder *b, const gt_ynode *map)
{
    if (map->n < 2) {
        return;
    }
    const gt_ynode **sorted = gt_alloc(b->ctx, map->n, sizeof(gt_ynode *));
    if (sorted == NULL) {
        b->status = GT_E_MEMORY;
        return;
    }
    size_t n = 0;
    for (const gt_ynode *c = map->first; c != NULL; c = c->next) {
        sorted[n++] = c;
    }
    qsort(sorted, n, sizeof(gt_ynode *), by_key);
    for (size_t i = 1; i < n; i++) {
        if (strcmp(sorted[i]->key->text, sorted[i - 1]->key->text) == 0) {
            gt_y_problem(b->problems, sorted[i]->key, &GT_MSG_YAML_DUPLICATE_KEY,
                         GT_ARGS(GT_TEXT("key", sorted[i]->key->text),
                                 GT_INT("line", sorted[i - 1]->key->line)));
        }
    }
    gt_free(b->ctx, sorted);
}

static void on_close(builder *b)
{
    if (b->depth == 0) {
        return; /* the parser pairs its events; nothing to close means nothing was opened */
    }
    gt_ynode *node = b->stack[--b->depth].node;
    for (const gt_ynode *c = node->first; c != NULL; c = c->next) {
        node->weight += c->weight;
    }
    if (node->kind == GT_Y_MAP) {
        check_keys(b, node);
    }
}

static void on_alias(builder *b, struct fy_event *event)
{
    struct fy_token *token = event->alias.anchor;
    const struct fy_mark *mark = token == NULL ? NULL : fy_token_start_mark(token);
    size_t len = 0;
    const char *text = token == NULL ? NULL : fy_token_get_text(token, &len);
    const anchor *a = b->anchors;
    while (a != NULL && text != NULL && (a->len != len || memcmp(a->name, text, len) != 0)) {
        a = a->next;
    }
    bool open = false;
    for (size_t i = 0; a != NULL && i < b->depth; i++) {
        open = open || b->stack[i].node == a->node;
    }
    if (a == NULL || open) {
        stop(b, &GT_MSG_YAML_ALIAS, mark, GT_NO_ARGS);
        return;
    }
    gt_ynode *copy = new_node(b, a->node->kind, mark);
    if (copy == NULL) {
        return;
    }
    b->nodes += a->node->weight; /* the next node meets the limit: a short file cannot grow huge */
    const gt_ynode here = *copy;
    *copy = *a->node;
    copy->line = here.line;
    copy->column = here.column;
    copy->key = copy->next = NULL;
    attach(b, copy);
}

static void on_event(builder *b, struct fy_event *event)
{
    switch (event->type) {
    case FYET_SCALAR:
        on_scalar(b, event);
        break;
    case FYET_MAPPING_START:
        on_open(b, event, GT_Y_MAP);
        break;
    case FYET_SEQUENCE_START:
        on_open(b, event, GT_Y_LIST);
        break;
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        on_close(b);
        break;
    case FYET_ALIAS:
        on_alias(b, event);
        break;
    case FYET_DOCUMENT_START:
        if (++b->documents > 1) {
            stop(b, &GT_MSG_YAML_DOCUMENTS, fy_event_start_mark(event), GT_NO_ARGS);
        }
        break;
    case FYET_NONE:
    case FYET_STREAM_START:
    case FYET_STREAM_END:
    case FYET_DOCUMENT_END:
        break;
    }
}

/* Hands the first syntax error of the parser on. */
static void syntax_error(builder *b, struct fy_diag *diag)
{
    void *at = NULL;
    const struct fy_diag_error *e = fy_diag_errors_iterate(diag, &at);
    bool known = e != NULL && e->msg != NULL;
    file_problem(b->problems, b->file, &GT_MSG_YAML_SYNTAX, known && e->line > 0 ? e->line : 1,
                 known && e->column > 0 ? e->column : 1,
                 GT_ARGS(GT_TEXT("reason", known ? e->msg : "unreadable")));
}

gt_status gt_yaml_parse(gt_ctx *ctx, gt_arena *arena, gt_problems *problems, gt_yfile *file)
{
    if (file->broken) {
        return GT_OK;
    }
    builder b = {.ctx = ctx, .arena = arena, .problems = problems, .file = file};
    struct fy_parser *parser = NULL;
    struct fy_diag_cfg quiet;
    fy_diag_cfg_default(&quiet);
    quiet.fp = NULL;
    quiet.colorize = false;
    struct fy_diag *diag = fy_diag_create(&quiet);
    if (diag == NULL) {
        return gt_fail(ctx, GT_E_MEMORY, &GT_MSG_YAML_PARSER, GT_NOWHERE, GT_NO_ARGS);
    }
    fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg config = {.flags = FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE,
                                  .diag = diag};
    parser = fy_parser_create(&config);
    if (parser == NULL || fy_parser_set_string(parser, file->data, file->len) != 0) {
        b.status = gt_fail(ctx, GT_E_MEMORY, &GT_MSG_YAML_PARSER, GT_NOWHERE, GT_NO_ARGS);
        goto done;
    }
    for (size_t n = 0; b.status == GT_OK; n++) {
        struct fy_event *event = fy_parser_parse(parser);
        if (event == NULL) {
            break;
        }
        on_event(&b, event);
        fy_parser_event_free(parser, event);
        if (n % 4096 == 4095 && b.status == GT_OK) {
            b.status = gt_check_cancel(ctx);
        }
    }
    if (b.status == GT_OK && fy_parser_get_stream_error(parser)) {
        syntax_error(&b, diag);
    }
done:
    if (file->broken) {
        file->root = NULL;
    }
    fy_parser_destroy(parser);
    fy_diag_destroy(diag);
    return b.status == GT_E_INPUT ? GT_OK : b.status;
}

/* ---- reading the tree ----------------------------------------------------------------------- */

const gt_ynode *gt_y_get(const gt_ynode *node, const char *key)
{
    if (node == NULL || node->kind != GT_Y_MAP) {
        return NULL;
    }
    for (const gt_ynode *c = node->first; c != NULL; c = c->next) {
        if (strcmp(c->key->text, key) == 0) {
            return c;
        }
    }
    return NULL;
}

bool gt_y_is_null(const gt_ynode *node)
{
    return node->kind == GT_Y_SCALAR && node->plain &&
           (node->len == 0 || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0 ||
            strcmp(node->text, "Null") == 0 || strcmp(node->text, "NULL") == 0);
}

void gt_y_problem(gt_problems *problems, const gt_ynode *node, const gt_message *message,
                  const gt_arg *args)
{
    gt_problem_add(problems, node->file->order, message,
                   GT_PLACE(.file = node->file->path, .line = node->line, .column = node->column),
                   args);
}

static bool white(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

void gt_y_place_in(const gt_ynode *node, size_t offset, int *line, int *column)
{
    const char *data = node->file->data;
    size_t skip = 0; /* characters that are not white before the offset */
    for (size_t i = 0; i < offset && i < node->len; i++) {
        skip += white(node->text[i]) ? 0 : 1;
    }
    size_t at = node->from;
    while (at < node->to && (skip > 0 || white(data[at]))) {
        skip -= white(data[at]) ? 0 : 1;
        at++;
    }
    /* Aliases show where they are used; their text stands elsewhere. */
    place_of(data, node->file->len, at < node->to ? at : node->from, line, column);
}
