/* Content hash: BLAKE2b-256 (libsodium), streaming. The hash of record of revisions, events,
 * attachments and build fingerprints. Source: RFC 7693. */
#ifndef GUOTU_HASH_H
#define GUOTU_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "guotu/context.h"

#define GT_HASH_BYTES 32
#define GT_HASH_HEX   (2 * GT_HASH_BYTES + 1)

typedef struct gt_hash {
    _Alignas(64) unsigned char state[384];
} gt_hash;

void gt_hash_init(gt_hash *hash);
void gt_hash_add(gt_hash *hash, const void *data, size_t len);
/* Length-prefixed, so that "ab","c" and "a","bc" differ. NULL is told from "". */
void gt_hash_add_text(gt_hash *hash, const char *text);
void gt_hash_add_u64(gt_hash *hash, uint64_t value); /* little endian */
void gt_hash_add_real(gt_hash *hash, double value);  /* IEEE bits, -0 as +0 */
void gt_hash_final(gt_hash *hash, unsigned char out[GT_HASH_BYTES]);
void gt_hash_hex(const unsigned char digest[GT_HASH_BYTES], char out[GT_HASH_HEX]);
/* Digest of a file's bytes. GT_E_ENV when it cannot be read. */
gt_status gt_hash_file(gt_ctx *ctx, const char *path, unsigned char out[GT_HASH_BYTES]) GT_CHECKED;

#endif
