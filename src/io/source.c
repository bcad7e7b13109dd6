/* The parent's side of reading: a process, the layer header, and batches decoded one by one. */
#include "guotu/source.h"

#include <errno.h>
#include <strings.h>
#include <sys/stat.h>

#include "io/batch.h"
#include "io/info.h"
#include "io/messages.h"
#include "io/process.h"
#include "io/source.h"

struct gt_source {
    gt_ctx *ctx; /* of the opener */
    gt_process *process;
    gt_arena *arena; /* texts of the info */
    char *path;
    gt_source_info info;
    gt_batch batch;
    bool ended;
};

void gt_source_options_init(gt_source_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

/* ---- before the child is troubled ------------------------------------------------------------ */

static const char *kind_of(mode_t mode, gt_lang lang)
{
    const bool zh = lang == GT_LANG_ZH;
    if (S_ISFIFO(mode)) {
        return zh ? "管道" : "pipe";
    }
    if (S_ISSOCK(mode)) {
        return zh ? "套接字" : "socket";
    }
    return zh ? "设备" : "device";
}

/* DIR/x.zip/inner.shp: the archive is what must exist. Cuts `copy` after ".zip"; false when the
 * path does not run through an archive. */
static bool cut_at_archive(char *copy)
{
    for (char *p = strstr(copy, ".zip/"); p != NULL; p = strstr(p + 1, ".zip/")) {
        struct stat st;
        p[4] = '\0';
        if (stat(copy, &st) == 0 && S_ISREG(st.st_mode)) {
            return true;
        }
        p[4] = '/';
    }
    return false;
}

gt_status gt_io_check_path(gt_ctx *ctx, const char *path)
{
    struct stat info;
    int e = stat(path, &info) == 0 ? 0 : errno;
    if (e == ENOENT || e == ENOTDIR) {
        char *copy = gt_strdup(ctx, path);
        if (copy == NULL) {
            return GT_E_MEMORY;
        }
        const bool inside = cut_at_archive(copy);
        gt_free(ctx, copy);
        return inside ? GT_OK
                      : gt_fail(ctx, GT_E_NOT_FOUND, &GT_MSG_IO_NO_FILE, GT_PLACE(.file = path),
                                GT_NO_ARGS);
    }
    if (e != 0) {
        return gt_fail_errno(ctx, e, "stat", path);
    }
    if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_IO_KIND, GT_PLACE(.file = path),
                       GT_ARGS(GT_TEXT("kind", kind_of(info.st_mode, gt_ctx_lang(ctx)))));
    }
    if (S_ISREG(info.st_mode) && info.st_size == 0) {
        return gt_fail(ctx, GT_E_INPUT, &GT_MSG_IO_EMPTY, GT_PLACE(.file = path), GT_NO_ARGS);
    }
    return GT_OK;
}

int gt_io_time_limit(const char *path, int asked)
{
    enum { BASE_S = 120, PER_MIB_S = 4, ZIP = 10, FOLDER_S = 3600, DAY_S = 86400 };
    struct stat info;
    const bool is_file = stat(path, &info) == 0 && S_ISREG(info.st_mode);
    const size_t n = strlen(path);
    const bool zip = n > 4 && strcasecmp(path + n - 4, ".zip") == 0;
    if (asked > 0 || !is_file) {
        return asked > 0 ? asked : FOLDER_S;
    }
    const int64_t s = BASE_S + (info.st_size >> 20) * PER_MIB_S * (zip ? ZIP : 1);
    return s < DAY_S ? (int)s : DAY_S;
}

/* ---- open ------------------------------------------------------------------------------------ */

static gt_source_options with_defaults(const gt_source_options *given)
{
    gt_source_options o;
    gt_source_options_init(&o);
    if (given != NULL) {
        memcpy(&o, given, given->size < sizeof o ? given->size : sizeof o);
    }
    return o;
}

/* Starts the child, asks, and gives its first frame, which must be of type `want`. */
static gt_status ask(gt_ctx *ctx, const char *path, gt_task task, const gt_source_options *o,
                     gt_frame want, gt_process **process, gt_wire_in *answer)
{
    const gt_process_limits limits = {.memory = o->memory_limit,
                                      .cpu_s = gt_io_time_limit(path, o->time_limit_s)};
    gt_wire wire;
    gt_wire_init(&wire, ctx);
    gt_status st = gt_io_check_path(ctx, path);
    if (st == GT_OK) {
        st = gt_process_start(ctx, path, &limits, process);
    }
    if (st == GT_OK) {
        const gt_read_ask a = {.path = path,
                               .layer = o->layer,
                               .encoding = o->encoding,
                               .crs = o->crs,
                               .target_crs = o->target_crs,
                               .where = o->where,
                               .datum = o->datum,
                               .temp_dir = gt_process_temp_dir(*process),
                               .plain = o->plain};
        gt_read_ask_put(&wire, task, &a);
        st = gt_process_send(ctx, *process, GT_FRAME_ASK, &wire);
    }
    gt_wire_free(&wire);
    gt_frame type = GT_FRAME_ERROR;
    uint8_t *payload = NULL;
    if (st == GT_OK) {
        st = gt_process_receive(ctx, *process, &type, &payload, &answer->len);
    }
    answer->data = payload;
    if (st == GT_OK && type != want) {
        st = gt_io_nonsense(ctx, "first frame");
    }
    return st;
}

gt_status gt_source_open(gt_ctx *ctx, const char *path, const gt_source_options *options,
                         gt_source **out)
{
    const gt_source_options o = with_defaults(options);
    gt_wire_in in = {0};
    gt_source *s = gt_zalloc(ctx, 1, sizeof *s);
    if (s == NULL) {
        return GT_E_MEMORY;
    }
    s->ctx = ctx;
    s->path = gt_strdup(ctx, path);
    gt_status st = s->path == NULL ? GT_E_MEMORY : gt_arena_new(ctx, 4096, &s->arena);
    if (st == GT_OK) {
        st = ask(ctx, path, GT_TASK_READ, &o, GT_FRAME_INFO, &s->process, &in);
    }
    if (st == GT_OK) {
        st = gt_info_get(ctx, s->arena, &in, &s->info);
    }
    if (st == GT_OK) {
        st = gt_batch_init(ctx, s->info.fields, s->info.n_fields, &s->batch);
    }
    if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.file = path, .layer = o.layer));
        gt_source_close(s);
        return st;
    }
    *out = s;
    return GT_OK;
}

const gt_source_info *gt_source_info_of(const gt_source *source)
{
    return &source->info;
}

uint32_t gt_source_guards(const gt_source *source)
{
    return gt_process_guards(source->process);
}

/* ---- features -------------------------------------------------------------------------------- */

static gt_status next_batch(gt_ctx *ctx, gt_source *s)
{
    gt_frame type = GT_FRAME_ERROR;
    uint8_t *payload = NULL;
    size_t len = 0;
    gt_status st = gt_process_receive(ctx, s->process, &type, &payload, &len);
    if (st != GT_OK) {
        return st;
    }
    if (type == GT_FRAME_BATCH) {
        return gt_batch_load(&s->batch, payload, len);
    }
    if (type == GT_FRAME_END && len == 8) {
        s->ended = true;
        return GT_OK;
    }
    return gt_io_nonsense(ctx, "frame");
}

gt_status gt_source_next(gt_ctx *ctx, gt_source *s, gt_source_feature *out, bool *more)
{
    *more = false;
    gt_status st = GT_OK;
    while (st == GT_OK && !*more && !s->ended) {
        st = gt_batch_next(&s->batch, out, more);
        if (st == GT_OK && !*more) {
            st = next_batch(ctx, s);
        }
    }
    if (st == GT_OK && *more) {
        gt_process_rows(s->process, out->row);
    } else if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.file = s->path, .layer = s->info.layer));
    }
    return st;
}

void gt_source_close(gt_source *s)
{
    if (s != NULL) {
        gt_process_stop(s->process);
        gt_batch_free(&s->batch);
        gt_arena_free(s->arena);
        gt_free(s->ctx, s->path);
        gt_free(s->ctx, s);
    }
}

/* ---- list of layers -------------------------------------------------------------------------- */

typedef struct layer_list { /* what gt_source_layers_free gets back */
    gt_source_layers list;
    gt_arena *arena;
} layer_list;

gt_status gt_source_list(gt_ctx *ctx, const char *path, const gt_source_options *options,
                         gt_source_layers **out)
{
    const gt_source_options o = with_defaults(options);
    gt_process *process = NULL;
    gt_wire_in in = {0};
    layer_list *l = gt_zalloc(ctx, 1, sizeof *l);
    if (l == NULL) {
        return GT_E_MEMORY;
    }
    gt_status st = gt_arena_new(ctx, 4096, &l->arena);
    if (st == GT_OK) {
        st = ask(ctx, path, GT_TASK_LIST, &o, GT_FRAME_LAYERS, &process, &in);
    }
    if (st == GT_OK) {
        st = gt_layers_get(ctx, l->arena, &in, &l->list);
    }
    gt_process_stop(process);
    if (st != GT_OK) {
        gt_fail_at(ctx, GT_PLACE(.file = path));
        gt_source_layers_free(ctx, &l->list);
        return st;
    }
    *out = &l->list;
    return GT_OK;
}

void gt_source_layers_free(gt_ctx *ctx, gt_source_layers *layers)
{
    layer_list *l = (layer_list *)(void *)layers; /* list is its first member */
    if (l != NULL) {
        gt_arena_free(l->arena);
        gt_free(ctx, l);
    }
}
