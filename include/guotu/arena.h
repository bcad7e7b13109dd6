/* Arena: many small blocks with one lifetime. Not thread safe; one arena belongs to one thread. */
#ifndef GUOTU_ARENA_H
#define GUOTU_ARENA_H

#include "guotu/context.h"

typedef struct gt_arena gt_arena;

/* New arena taking blocks of at least block_size bytes (0: 64 KiB) from ctx; owned by the caller.
 */
gt_status gt_arena_new(gt_ctx *ctx, size_t block_size, gt_arena **out) GT_CHECKED;
void gt_arena_free(gt_arena *arena);
/* Forgets all blocks but keeps the memory for reuse. */
void gt_arena_reset(gt_arena *arena);
/* 16-byte aligned, uninitialised; owned by the arena. NULL and an error record when out. */
void *gt_arena_alloc(gt_arena *arena, size_t count, size_t size) GT_CHECKED;
void *gt_arena_zalloc(gt_arena *arena, size_t count, size_t size) GT_CHECKED;
/* Copy of len bytes plus a NUL. */
char *gt_arena_strndup(gt_arena *arena, const char *text, size_t len) GT_CHECKED;
char *gt_arena_strdup(gt_arena *arena, const char *text) GT_CHECKED;

#endif
