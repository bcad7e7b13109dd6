/* The file of a stored weave: cells and their sums, kept between processes. Format: vault.c.
 * Internal; one thread. */
#ifndef GT_COVERAGE_VAULT_H
#define GT_COVERAGE_VAULT_H

#include "coverage/sums.h"
#include "guotu/hash.h"
#include "guotu/text.h"
#include "guotu/weave.h"

typedef struct gt_vault_cell {
    int32_t column, row;
    uint64_t at;        /* offset of the block; its sums follow it */
    uint32_t bytes;     /* of the block */
    uint32_t sums;      /* bytes of the sums */
    uint8_t digest[16]; /* of both */
} gt_vault_cell;

/* A block of rows of sums: the base, or what one state changed. */
typedef struct gt_vault_part {
    uint64_t sequence; /* of the state it leads to */
    uint64_t at, bytes;
    uint8_t digest[16];
} gt_vault_part;

enum { GT_VAULT_BIRTH = 16, GT_VAULT_MOST_CHANGES = 4096 };

typedef struct gt_vault {
    gt_ctx *ctx;
    int fd;
    char *path, *part; /* part: the unfinished file of a new vault, else NULL */
    unsigned char key[GT_HASH_BYTES];
    double side;
    int64_t revision;
    char revision_hash[GT_HASH_HEX];
    uint64_t sequence, end, dead; /* bytes in use, of them no longer needed */
    gt_vault_cell *cells;         /* by row, then column */
    size_t n_cells, cap_cells;
    uint32_t n_layers;
    char **ids;
    gt_words **words;              /* per layer: class texts by code */
    uint8_t birth[GT_VAULT_BIRTH]; /* drawn when all was woven: with sequence it names a state */
    gt_vault_part base;
    gt_vault_part *changes; /* oldest first; those after base.sequence belong to the sums */
    size_t n_changes, cap_changes;
    gt_sums change; /* since the last state; what gt_vault_save writes */
    uint8_t *buffer;
    size_t cap_buffer;
} gt_vault;

/* Opens a stored weave. *out is NULL when there is none, or when it is damaged or of another
 * format: *why then says so ("absent", "damaged", "format"), static. An error only when memory or
 * the machine fails. */
gt_status gt_vault_load(gt_ctx *ctx, const char *path, bool write, gt_vault **out,
                        const char **why) GT_CHECKED;
/* A new one, beside path until gt_vault_save. */
gt_status gt_vault_new(gt_ctx *ctx, const char *path, uint32_t n_layers, const char *const *ids,
                       const unsigned char key[GT_HASH_BYTES], double side,
                       gt_vault **out) GT_CHECKED;
/* Appends a cell; sums: its rows as bytes. The list of cells is sorted by gt_vault_save. */
gt_status gt_vault_put(gt_ctx *ctx, gt_vault *vault, const gt_weave_cell *cell, const void *sums,
                       size_t sums_bytes) GT_CHECKED;
/* Block and sums of a cell, borrowed until the next call; *good = false when they are damaged. */
gt_status gt_vault_get(gt_ctx *ctx, gt_vault *vault, const gt_vault_cell *cell,
                       const uint8_t **block, bool *good) GT_CHECKED;
/* Blocks of the n cells from the first on, read and checked by all workers: blocks[i] is NULL when
 * cell first + i is damaged. Borrowed until the next call. */
gt_status gt_vault_get_run(gt_ctx *ctx, gt_vault *vault, size_t first, size_t n,
                           const uint8_t **blocks) GT_CHECKED;
/* Takes cell i out of the list; its bytes are dead. */
void gt_vault_drop(gt_vault *vault, size_t i);
/* Writes the change, list and words and makes them the ones in force; copies the file when more
 * than half of it is dead. Until this returns the file holds what it held. *good = false, and
 * nothing done, when older sums were needed and are damaged. */
gt_status gt_vault_save(gt_ctx *ctx, gt_vault *vault, bool *good) GT_CHECKED;

/* ---- sums (vault_sums.c) ---- */

/* One row of sums, or what is added to one: a row is the sum over all calls with its keys. Keys are
 * tidy, of the vault's layers and classes. */
typedef gt_status (*gt_vault_row_fn)(gt_ctx *ctx, void *user, const uint64_t *keys, size_t n,
                                     const gt_sum *add);
/* Hands out the sums of the state last saved: base, then changes. *good = false when they are
 * damaged: what was handed out is worth nothing. Memory: 1 MiB. */
gt_status gt_vault_each_row(gt_ctx *ctx, gt_vault *vault, gt_vault_row_fn fn, void *user,
                            bool *good) GT_CHECKED;
/* The same for what the states after `sequence` changed; *good = false also when it is not known
 * any more. */
gt_status gt_vault_each_change(gt_ctx *ctx, gt_vault *vault, uint64_t sequence, gt_vault_row_fn fn,
                               void *user, bool *good) GT_CHECKED;
/* All of them in memory; *out is to be freed with gt_sums_free whatever comes back. */
gt_status gt_vault_sums(gt_ctx *ctx, gt_vault *vault, gt_sums *out, bool *good) GT_CHECKED;
/* Appends vault->change to the file and empties it, as base of a new vault, else as a change; now
 * and then all is made one base again. For gt_vault_save. */
gt_status gt_vault_put_change(gt_ctx *ctx, gt_vault *vault, bool *good) GT_CHECKED;

/* ---- bytes ---- */

gt_status gt_vault_write_at(gt_ctx *ctx, const gt_vault *vault, const void *data, size_t len,
                            uint64_t at) GT_CHECKED;
/* false when the file is shorter, or cannot be read there. */
bool gt_vault_read_at(const gt_vault *vault, void *data, size_t len, uint64_t at);
void gt_vault_digest(const void *data, size_t len, unsigned char out[GT_HASH_BYTES]);

/* ---- tail (vault_tail.c) ---- */

void gt_vault_put_tail(const gt_vault *vault, gt_text *out);
/* Layers, words and changes from len bytes, all of which must be used, else *good = false. */
gt_status gt_vault_take_tail(gt_ctx *ctx, gt_vault *vault, const uint8_t *bytes, size_t len,
                             bool *good) GT_CHECKED;
/* Room for n layers. */
gt_status gt_vault_layers(gt_ctx *ctx, gt_vault *vault, uint32_t n) GT_CHECKED;

/* Gives up what was not saved. NULL is accepted. */
void gt_vault_close(gt_vault *vault);

#endif
