#include "guotu/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

_Static_assert(sizeof(gt_hash) >= sizeof(crypto_generichash_blake2b_state), "state fits");

static crypto_generichash_blake2b_state *state_of(gt_hash *hash)
{
    return (crypto_generichash_blake2b_state *)(void *)hash->state;
}

void gt_hash_init(gt_hash *hash)
{
    (void)crypto_generichash_blake2b_init(state_of(hash), NULL, 0, GT_HASH_BYTES);
}

void gt_hash_add(gt_hash *hash, const void *data, size_t len)
{
    if (len > 0) {
        (void)crypto_generichash_blake2b_update(state_of(hash), data, len);
    }
}

void gt_hash_add_u64(gt_hash *hash, uint64_t value)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(value >> (8 * i));
    }
    gt_hash_add(hash, bytes, sizeof bytes);
}

void gt_hash_add_text(gt_hash *hash, const char *text)
{
    if (text == NULL) {
        gt_hash_add_u64(hash, UINT64_MAX);
        return;
    }
    size_t len = strlen(text);
    gt_hash_add_u64(hash, len);
    gt_hash_add(hash, text, len);
}

void gt_hash_add_real(gt_hash *hash, double value)
{
    double plain = value == 0.0 ? 0.0 : value;
    uint64_t bits = 0;
    memcpy(&bits, &plain, sizeof bits);
    gt_hash_add_u64(hash, bits);
}

void gt_hash_final(gt_hash *hash, unsigned char out[GT_HASH_BYTES])
{
    (void)crypto_generichash_blake2b_final(state_of(hash), out, GT_HASH_BYTES);
}

void gt_hash_hex(const unsigned char digest[GT_HASH_BYTES], char out[GT_HASH_HEX])
{
    (void)sodium_bin2hex(out, GT_HASH_HEX, digest, GT_HASH_BYTES);
}

gt_status gt_hash_file(gt_ctx *ctx, const char *path, unsigned char out[GT_HASH_BYTES])
{
    gt_status st = GT_OK;
    gt_hash hash;
    enum { CHUNK = 256 * 1024 };
    char *buffer = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return gt_fail_errno(ctx, errno, "open", path);
    }
    buffer = gt_alloc(ctx, CHUNK, 1);
    if (buffer == NULL) {
        st = GT_E_MEMORY;
        goto done;
    }
    gt_hash_init(&hash);
    for (;;) {
        ssize_t n = read(fd, buffer, CHUNK);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            st = gt_fail_errno(ctx, errno, "read", path);
            goto done;
        }
        if (n == 0) {
            break;
        }
        gt_hash_add(&hash, buffer, (size_t)n);
    }
    gt_hash_final(&hash, out);
done:
    gt_free(ctx, buffer);
    (void)close(fd);
    return st;
}
