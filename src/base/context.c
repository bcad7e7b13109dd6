/* Context: a family shares one gt_family (allocator, ceiling, cancel); each member has its own
 * error record and progress clock. Blocks carry a 16-byte head with their size, so that the sum
 * held is exact without asking malloc. */
#include "guotu/context.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/messages.h"
#include "base/record.h"
#include "guotu/date.h"

enum { HEAD = 16 }; /* keeps the alignment of malloc */

/* WATCHED: not cancelled, and somebody wants to be told of each question. One number, so that a
 * question costs one load. */
enum { RUNNING = 0, WATCHED, CANCELLED };

typedef struct gt_family {
    gt_alloc_fn alloc;
    void *alloc_user;
    size_t ceiling;
    gt_lang lang;
    int threads;
    atomic_size_t used, peak;
    atomic_int state; /* RUNNING ... */
    gt_check_fn on_check;
    void *on_check_user;
} gt_family;

struct gt_ctx {
    gt_family *family;
    bool owns_family;
    gt_progress_fn progress;
    void *progress_user;
    const gt_message *what;
    uint64_t total, from;
    unsigned depth; /* pieces of work begun and not ended */
    double next_report;
    gt_record error;
};

static void *system_alloc(void *user, void *block, size_t new_size)
{
    (void)user;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, new_size);
}

void gt_ctx_options_init(gt_ctx_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
}

static int online_cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : n > 1024 ? 1024 : (int)n;
}

gt_ctx *gt_ctx_new(const gt_ctx_options *given)
{
    gt_ctx_options o;
    gt_ctx_options_init(&o);
    if (given != NULL) {
        memcpy(&o, given, given->size < sizeof o ? given->size : sizeof o);
    }
    gt_alloc_fn alloc = o.alloc != NULL ? o.alloc : system_alloc;
    gt_ctx *ctx = alloc(o.alloc_user, NULL, sizeof *ctx);
    gt_family *family = alloc(o.alloc_user, NULL, sizeof *family);
    if (ctx == NULL || family == NULL) {
        alloc(o.alloc_user, ctx, 0);
        alloc(o.alloc_user, family, 0);
        return NULL;
    }
    memset(ctx, 0, sizeof *ctx);
    memset(family, 0, sizeof *family);
    family->alloc = alloc;
    family->alloc_user = o.alloc_user;
    family->ceiling = o.memory_ceiling;
    family->lang = o.lang;
    family->threads = o.threads > 0 ? o.threads : online_cores();
    ctx->family = family;
    ctx->owns_family = true;
    ctx->progress = o.progress;
    ctx->progress_user = o.progress_user;
    return ctx;
}

void gt_ctx_free(gt_ctx *ctx)
{
    if (ctx == NULL) {
        return;
    }
    gt_family *family = ctx->family;
    gt_alloc_fn alloc = family->alloc;
    void *user = family->alloc_user;
    if (ctx->owns_family) {
        alloc(user, family, 0);
    }
    alloc(user, ctx, 0);
}

gt_ctx *gt_ctx_fork(gt_ctx *parent)
{
    gt_family *family = parent->family;
    gt_ctx *ctx = family->alloc(family->alloc_user, NULL, sizeof *ctx);
    if (ctx != NULL) {
        memset(ctx, 0, sizeof *ctx);
        ctx->family = family;
    }
    return ctx;
}

void gt_ctx_join(gt_ctx *parent, gt_ctx *child)
{
    if (child != NULL && child->error.message != NULL && parent->error.message == NULL) {
        gt_record_copy(&parent->error, &child->error);
    }
    gt_ctx_free(child);
}

gt_lang gt_ctx_lang(const gt_ctx *ctx)
{
    return ctx->family->lang;
}

int gt_ctx_threads(const gt_ctx *ctx)
{
    return ctx->family->threads;
}

size_t gt_ctx_memory_ceiling(const gt_ctx *ctx)
{
    return ctx->family->ceiling;
}

size_t gt_ctx_memory_used(const gt_ctx *ctx)
{
    return atomic_load(&ctx->family->used);
}

size_t gt_ctx_memory_peak(const gt_ctx *ctx)
{
    return atomic_load(&ctx->family->peak);
}

/* ---- memory -------------------------------------------------------------------------------- */

/* Books `more` bytes; false when the ceiling would be passed. */
static bool book(gt_family *f, size_t more)
{
    size_t now = atomic_fetch_add(&f->used, more) + more;
    if (f->ceiling != 0 && now > f->ceiling) {
        atomic_fetch_sub(&f->used, more);
        return false;
    }
    size_t peak = atomic_load_explicit(&f->peak, memory_order_relaxed);
    while (now > peak && !atomic_compare_exchange_weak(&f->peak, &peak, now)) {
    }
    return true;
}

static void *refuse(gt_ctx *ctx, const gt_message *why, size_t bytes)
{
    gt_family *f = ctx->family;
    (void)gt_fail(ctx, GT_E_MEMORY, why, GT_NOWHERE,
                  GT_ARGS(GT_INT("bytes", bytes), GT_INT("ceiling", f->ceiling),
                          GT_INT("used", atomic_load(&f->used))));
    return NULL;
}

void *gt_realloc(gt_ctx *ctx, void *block, size_t count, size_t size)
{
    gt_family *f = ctx->family;
    size_t want = 0;
    if (__builtin_mul_overflow(count, size, &want) || want > SIZE_MAX / 2) {
        (void)gt_fail(ctx, GT_E_MEMORY, &GT_MSG_TOO_LARGE, GT_NOWHERE,
                      GT_ARGS(GT_INT("count", count), GT_INT("size", size)));
        return NULL;
    }
    char *old = block == NULL ? NULL : (char *)block - HEAD;
    size_t had = 0;
    if (old != NULL) {
        memcpy(&had, old, sizeof had);
    }
    want += HEAD;
    if (want > had && !book(f, want - had)) {
        return refuse(ctx, &GT_MSG_CEILING, want - had);
    }
    char *fresh = f->alloc(f->alloc_user, old, want);
    if (fresh == NULL) {
        if (want > had) {
            atomic_fetch_sub(&f->used, want - had);
        }
        return refuse(ctx, &GT_MSG_NO_MEMORY, want);
    }
    if (want < had) {
        atomic_fetch_sub(&f->used, had - want);
    }
    memcpy(fresh, &want, sizeof want);
    return fresh + HEAD;
}

void *gt_alloc(gt_ctx *ctx, size_t count, size_t size)
{
    return gt_realloc(ctx, NULL, count, size);
}

void *gt_zalloc(gt_ctx *ctx, size_t count, size_t size)
{
    void *block = gt_realloc(ctx, NULL, count, size);
    if (block != NULL) {
        memset(block, 0, count * size);
    }
    return block;
}

gt_status gt_grow(gt_ctx *ctx, void **block, size_t *cap, size_t need, size_t size)
{
    if (need <= *cap) {
        return GT_OK;
    }
    size_t want = *cap < 8 ? 16 : *cap + *cap / 2;
    if (want < need) {
        want = need;
    }
    void *fresh = gt_realloc(ctx, *block, want, size);
    if (fresh == NULL) {
        return GT_E_MEMORY;
    }
    *block = fresh;
    *cap = want;
    return GT_OK;
}

char *gt_strdup(gt_ctx *ctx, const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = gt_alloc(ctx, n, 1);
    if (copy != NULL) {
        memcpy(copy, text, n);
    }
    return copy;
}

void gt_free(gt_ctx *ctx, void *block)
{
    if (block == NULL) {
        return;
    }
    gt_family *f = ctx->family;
    char *head = (char *)block - HEAD;
    size_t had = 0;
    memcpy(&had, head, sizeof had);
    atomic_fetch_sub(&f->used, had);
    f->alloc(f->alloc_user, head, 0);
}

/* ---- errors -------------------------------------------------------------------------------- */

gt_status gt_fail(gt_ctx *ctx, gt_status status, const gt_message *message, const gt_place *place,
                  const gt_arg *args)
{
    if (ctx->error.message == NULL) {
        gt_record_set(&ctx->error, status, message, place, args);
    } else if (place != NULL) {
        gt_record_at(&ctx->error, place);
    }
    return status;
}

void gt_fail_at(gt_ctx *ctx, const gt_place *place)
{
    if (ctx->error.message != NULL && place != NULL) {
        gt_record_at(&ctx->error, place);
    }
}

gt_status gt_fail_errno(gt_ctx *ctx, int errnum, const char *what, const char *path)
{
    char reason[128];
    const char *text = strerror_r(errnum, reason, sizeof reason);
    gt_status status = errnum == ENOMEM ? GT_E_MEMORY : GT_E_ENV;
    return gt_fail(ctx, status, &GT_MSG_ERRNO, GT_PLACE(.file = path),
                   GT_ARGS(GT_TEXT("what", what), GT_TEXT("reason", text)));
}

bool gt_failed(const gt_ctx *ctx)
{
    return ctx->error.message != NULL;
}

gt_status gt_error_status(const gt_ctx *ctx)
{
    return ctx->error.message == NULL ? GT_OK : ctx->error.status;
}

const char *gt_error_id(const gt_ctx *ctx)
{
    return ctx->error.message == NULL ? "" : ctx->error.message->id;
}

const gt_message *gt_error_message(const gt_ctx *ctx)
{
    return ctx->error.message;
}

const gt_arg *gt_error_args(const gt_ctx *ctx)
{
    return ctx->error.message == NULL ? NULL : ctx->error.args;
}

const gt_place *gt_error_place(const gt_ctx *ctx)
{
    return ctx->error.message == NULL ? NULL : &ctx->error.place;
}

void gt_error_render(const gt_ctx *ctx, gt_lang lang, gt_text *out)
{
    const gt_record *r = &ctx->error;
    if (r->message == NULL) {
        return;
    }
    gt_record_place(&r->place, lang, out);
    gt_record_message(r, lang, out);
    gt_text_putc(out, '\n');
    if (r->message->mend_en != NULL) {
        gt_text_puts(out, lang == GT_LANG_ZH ? "  建议：" : "  hint: ");
        (void)gt_record_mend(r, lang, out);
        gt_text_putc(out, '\n');
    }
}

void gt_error_render_json(const gt_ctx *ctx, gt_lang lang, gt_text *out)
{
    const gt_record *r = &ctx->error;
    gt_text part;
    gt_text_init(&part, out->ctx, 0);
    gt_text_printf(out, "{\"status\":\"%s\",\"id\":\"%s\",\"message\":",
                   gt_status_name(gt_error_status(ctx)), gt_error_id(ctx));
    gt_record_message(r, lang, &part);
    gt_text_json_string(out, gt_text_cstr(&part));
    gt_text_puts(out, ",\"mend\":");
    gt_text_clear(&part);
    bool has_mend = gt_record_mend(r, lang, &part);
    gt_text_json_string(out, has_mend ? gt_text_cstr(&part) : NULL);
    gt_text_puts(out, ",\"place\":");
    gt_record_place_json(&r->place, out);
    gt_text_putc(out, '}');
    gt_text_free(&part);
}

void gt_error_clear(gt_ctx *ctx)
{
    ctx->error.message = NULL;
    ctx->error.status = GT_OK;
}

/* ---- cancel and progress ------------------------------------------------------------------- */

void gt_cancel(gt_ctx *ctx)
{
    atomic_store_explicit(&ctx->family->state, CANCELLED, memory_order_relaxed);
}

void gt_ctx_on_check(gt_ctx *ctx, gt_check_fn fn, void *user)
{
    ctx->family->on_check = fn;
    ctx->family->on_check_user = user;
    atomic_store_explicit(&ctx->family->state, fn != NULL ? WATCHED : RUNNING,
                          memory_order_release);
}

gt_status gt_check_cancel(gt_ctx *ctx)
{
    gt_family *family = ctx->family;
    int state = atomic_load_explicit(&family->state, memory_order_relaxed);
    if (state == RUNNING || (state == WATCHED && !family->on_check(family->on_check_user))) {
        return GT_OK;
    }
    gt_cancel(ctx);
    return gt_fail(ctx, GT_E_CANCELLED, &GT_MSG_CANCELLED, GT_NOWHERE, GT_NO_ARGS);
}

void gt_progress_begin(gt_ctx *ctx, const gt_message *what, uint64_t total)
{
    if (ctx->depth++ > 0) {
        return;
    }
    ctx->what = what;
    ctx->total = total;
    ctx->from = 0;
    ctx->next_report = gt_clock() + 0.1;
}

void gt_progress_step(gt_ctx *ctx, uint64_t done)
{
    if (ctx->progress == NULL || ctx->what == NULL || ctx->depth > 1) {
        return;
    }
    double now = gt_clock();
    if (now >= ctx->next_report) {
        ctx->next_report = now + 0.1;
        ctx->progress(ctx->progress_user, ctx->what, ctx->from + done, ctx->total);
    }
}

void gt_progress_from(gt_ctx *ctx, uint64_t done)
{
    if (ctx->depth == 1) {
        ctx->from = done;
    }
}

void gt_progress_end(gt_ctx *ctx)
{
    if (ctx->depth > 0 && --ctx->depth > 0) {
        return;
    }
    if (ctx->progress != NULL && ctx->what != NULL) {
        ctx->progress(ctx->progress_user, ctx->what, ctx->total, ctx->total);
    }
    ctx->what = NULL;
}
