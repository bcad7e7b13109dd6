/* The context: allocator and ceiling, language, threads, progress, cancel, and one error record.
 *
 * Every public call takes it first. A context belongs to one thread; gt_ctx_fork makes a child
 * for another thread that shares ceiling, allocator and cancel flag but has its own error record.
 */
#ifndef GUOTU_CONTEXT_H
#define GUOTU_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guotu/message.h"
#include "guotu/status.h"

typedef struct gt_ctx gt_ctx;
typedef struct gt_text gt_text;

/* Replaceable allocator, in the manner of realloc: new_size 0 frees. Must be thread safe. */
typedef void *(*gt_alloc_fn)(void *user, void *block, size_t new_size);

/* Progress: called at most every 100 ms and at the end (done == total). total 0 means unknown.
 * Called from the thread that owns the context. `what` is a message without arguments. */
typedef void (*gt_progress_fn)(void *user, const gt_message *what, uint64_t done, uint64_t total);

typedef struct gt_ctx_options {
    size_t size; /* sizeof(gt_ctx_options), set by gt_ctx_options_init */
    gt_lang lang;
    int threads;           /* workers for parallel work; 0 = number of cores */
    size_t memory_ceiling; /* bytes the library may hold at once; 0 = none */
    gt_alloc_fn alloc;     /* NULL = malloc */
    void *alloc_user;      /* borrowed for the life of the context */
    gt_progress_fn progress;
    void *progress_user; /* borrowed for the life of the context */
} gt_ctx_options;

void gt_ctx_options_init(gt_ctx_options *options);

/* New context, owned by the caller; NULL only when memory is out. options may be NULL. */
gt_ctx *gt_ctx_new(const gt_ctx_options *options);
/* NULL is accepted. Blocks still held are the caller's leak; asan builds report them. */
void gt_ctx_free(gt_ctx *ctx);

/* Child context for another thread: shares allocator, ceiling, cancel flag and language with its
 * parent, never reports progress. The parent must outlive it. NULL when memory is out. */
gt_ctx *gt_ctx_fork(gt_ctx *parent);
/* Frees a child; if it holds an error and the parent does not, the error moves to the parent. */
void gt_ctx_join(gt_ctx *parent, gt_ctx *child);

gt_lang gt_ctx_lang(const gt_ctx *ctx);
int gt_ctx_threads(const gt_ctx *ctx);
size_t gt_ctx_memory_ceiling(const gt_ctx *ctx);
/* Bytes held now / at most so far, through this context and its family. */
size_t gt_ctx_memory_used(const gt_ctx *ctx);
size_t gt_ctx_memory_peak(const gt_ctx *ctx);

/* ---- memory: count * size bytes, overflow checked, counted against the ceiling ----------------
 */

/* Uninitialised block, owned by the caller (gt_free). NULL and an error record when memory is out
 * or the ceiling is met. A request of 0 bytes gives a valid block. */
void *gt_alloc(gt_ctx *ctx, size_t count, size_t size) GT_CHECKED;
void *gt_zalloc(gt_ctx *ctx, size_t count, size_t size) GT_CHECKED;
/* As realloc: on failure the old block stays valid and NULL is returned. block may be NULL. */
void *gt_realloc(gt_ctx *ctx, void *block, size_t count, size_t size) GT_CHECKED;
/* Grows *block (capacity *cap items of `size` bytes) to hold at least `need` items, by doubling.
 * On failure *block and *cap are as before. */
gt_status gt_grow(gt_ctx *ctx, void **block, size_t *cap, size_t need, size_t size) GT_CHECKED;
char *gt_strdup(gt_ctx *ctx, const char *text) GT_CHECKED;
/* Any context of the family may free. NULL is accepted. */
void gt_free(gt_ctx *ctx, void *block);

/* ---- errors ------------------------------------------------------------------------------- */

/* Records the error and returns `status`, for `return gt_fail(...)` or `st = gt_fail(...)`. An
 * error already recorded is never overwritten. place and args may be NULL; all texts are copied
 * (long ones are cut at a character border). */
gt_status gt_fail(gt_ctx *ctx, gt_status status, const gt_message *message, const gt_place *place,
                  const gt_arg *args);
/* Adds to the recorded error those members of place that it does not have yet (a lower layer knows
 * the row, a higher one the file). No effect without an error. */
void gt_fail_at(gt_ctx *ctx, const gt_place *place);
/* Errno as an error: `what` is the call or purpose, `path` may be NULL. Uses the value given. */
gt_status gt_fail_errno(gt_ctx *ctx, int errnum, const char *what, const char *path);

bool gt_failed(const gt_ctx *ctx);
gt_status gt_error_status(const gt_ctx *ctx);
/* Message id of the recorded error, "" when there is none. Borrowed, static. */
const char *gt_error_id(const gt_ctx *ctx);
/* The recorded message and its arguments (ended by a NULL name); NULL when there is no error. For
 * handing an error on to another process or list. Borrowed until the error is cleared. */
const gt_message *gt_error_message(const gt_ctx *ctx);
const gt_arg *gt_error_args(const gt_ctx *ctx);
/* The recorded place; texts borrowed until the error is cleared. NULL when there is no error. */
const gt_place *gt_error_place(const gt_ctx *ctx);
/* Appends one line "place: message" and, where there is one, a second line with the mend. */
void gt_error_render(const gt_ctx *ctx, gt_lang lang, gt_text *out);
/* Appends a JSON object {"status","id","message","mend","place":{...}} without a newline. */
void gt_error_render_json(const gt_ctx *ctx, gt_lang lang, gt_text *out);
void gt_error_clear(gt_ctx *ctx);

/* ---- cancel and progress -------------------------------------------------------------------- */

/* Asks the whole family to stop. Async-signal-safe: may be called from a signal handler. */
void gt_cancel(gt_ctx *ctx);
/* GT_OK, or GT_E_CANCELLED with the error recorded. Cheap: one relaxed atomic load. Long loops call
 * it at least every few milliseconds. */
gt_status gt_check_cancel(gt_ctx *ctx) GT_CHECKED;
/* fn is called at each gt_check_cancel of the family, on the thread that asks (several at once);
 * true cancels there and then. For tests that cancel a run at every point where it can be, and to
 * measure how long a run goes without asking. Set while nothing runs; NULL takes it away, and a
 * cancel with it. */
typedef bool (*gt_check_fn)(void *user);
void gt_ctx_on_check(gt_ctx *ctx, gt_check_fn fn, void *user);

/* Tells of a piece of work of `total` steps (0: not known). Calls nest: only the outermost piece is
 * told of; steps of the pieces within it are passed over. */
void gt_progress_begin(gt_ctx *ctx, const gt_message *what, uint64_t total);
void gt_progress_step(gt_ctx *ctx, uint64_t done);
/* From here on steps count from `done`: for a loop (pool.h) that is one part of the work. */
void gt_progress_from(gt_ctx *ctx, uint64_t done);
void gt_progress_end(gt_ctx *ctx);

#endif
