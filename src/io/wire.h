/* Wire format between guotu and guotu-io: frames over a pipe, both ends on one machine.
 *
 *   frame    magic u32, version u16, type u16, length u64, then `length` bytes of payload
 *   numbers  little endian, unaligned unless said; texts u32 length, bytes, one NUL; length
 *            0xFFFFFFFF is NULL
 *   record   one feature of a BATCH payload, see batch.h
 * The writer collects a payload with a sticky failure (as gt_text does). The reader trusts nothing:
 * after the first fault every getter gives 0 and `bad` stays set. */
#ifndef GT_IO_WIRE_H
#define GT_IO_WIRE_H

#include <string.h>

#include "guotu/context.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "arrays are sent as they lie in memory");

enum {
    GT_WIRE_MAGIC = 0x4F495447, /* "GTIO" */
    GT_WIRE_VERSION = 2,
    GT_WIRE_HEAD = 16
};
#define GT_WIRE_NULL UINT32_MAX
/* A payload is never longer: one feature of 50 million points fits, a runaway child does not. */
#define GT_WIRE_MAX ((uint64_t)1 << 30)

typedef enum gt_frame {
    /* from guotu-io */
    GT_FRAME_HELLO = 1, /* u32 guards in force (GT_GUARD_*) */
    GT_FRAME_INFO,      /* layer header, see info.h */
    GT_FRAME_BATCH,     /* features, see batch.h */
    GT_FRAME_END,       /* i64 records read */
    GT_FRAME_ERROR,     /* a gt_record, see fault.h */
    GT_FRAME_LAYERS,    /* list of layers */
    GT_FRAME_RASTER,    /* raster header */
    GT_FRAME_PIXELS,    /* rows of float32 */
    GT_FRAME_DONE,      /* a file was written: counts and remarks */
    /* to guotu-io */
    GT_FRAME_ASK = 64, /* what to do: one, first */
    GT_FRAME_FEATURES, /* features to write */
    GT_FRAME_FINISH    /* no more features */
} gt_frame;

enum {                        /* bits of HELLO */
       GT_GUARD_LIMITS = 1,   /* rlimits set */
       GT_GUARD_NO_PRIVS = 2, /* no_new_privs */
       GT_GUARD_SECCOMP = 4,  /* no network, no exec, no new process, no tracing */
       GT_GUARD_FILES = 8     /* landlock: only the named folder and system files */
};

typedef struct gt_wire {
    gt_ctx *ctx; /* borrowed */
    uint8_t *data;
    size_t len, cap;
    bool failed;
} gt_wire;

typedef struct gt_wire_in {
    const uint8_t *data;
    size_t len, at;
    bool bad;
} gt_wire_in;

void gt_wire_init(gt_wire *wire, gt_ctx *ctx);
void gt_wire_free(gt_wire *wire);
/* Makes room; false and `failed` when memory is out. */
bool gt_wire_grow(gt_wire *wire, size_t more);
void gt_wire_text(gt_wire *wire, const char *text); /* NULL allowed */
void gt_wire_text_n(gt_wire *wire, const char *text, size_t len);
gt_status gt_wire_status(const gt_wire *wire) GT_CHECKED;

/* Well-formed UTF-8 without an inner NUL, or NULL (also when bad). *len may be NULL. Borrowed. */
const char *gt_wire_get_text(gt_wire_in *in, size_t *len);
/* The next n bytes, or NULL when there are fewer. */
const uint8_t *gt_wire_get_bytes(gt_wire_in *in, size_t n);
/* A count of items of at least `item` bytes each: bad when the rest cannot hold them. */
uint32_t gt_wire_get_count(gt_wire_in *in, size_t item);
/* True when everything was read and nothing was bad. */
bool gt_wire_done(const gt_wire_in *in);

static inline void gt_wire_clear(gt_wire *w)
{
    w->len = 0;
    w->failed = false;
}

/* n fresh bytes to fill, or NULL when failed. */
static inline uint8_t *gt_wire_more(gt_wire *w, size_t n)
{
    if (w->failed || (w->cap - w->len < n && !gt_wire_grow(w, n))) {
        return NULL;
    }
    uint8_t *at = w->data + w->len;
    w->len += n;
    return at;
}

static inline void gt_wire_bytes(gt_wire *w, const void *data, size_t n)
{
    uint8_t *at = gt_wire_more(w, n);
    if (at != NULL && n > 0) {
        memcpy(at, data, n);
    }
}

static inline bool gt_wire_get(gt_wire_in *in, void *out, size_t n)
{
    if (in->bad || in->len - in->at < n) {
        in->bad = true;
        memset(out, 0, n);
        return false;
    }
    memcpy(out, in->data + in->at, n);
    in->at += n;
    return true;
}

#define GT_WIRE_NUMBER(suffix, type)                                                               \
    static inline void gt_wire_##suffix(gt_wire *w, type value)                                    \
    {                                                                                              \
        gt_wire_bytes(w, &value, sizeof value);                                                    \
    }                                                                                              \
    static inline type gt_wire_get_##suffix(gt_wire_in *in)                                        \
    {                                                                                              \
        type value = 0;                                                                            \
        (void)gt_wire_get(in, &value, sizeof value);                                               \
        return value;                                                                              \
    }
GT_WIRE_NUMBER(u8, uint8_t)
GT_WIRE_NUMBER(u16, uint16_t)
GT_WIRE_NUMBER(u32, uint32_t)
GT_WIRE_NUMBER(u64, uint64_t)
GT_WIRE_NUMBER(i32, int32_t)
GT_WIRE_NUMBER(i64, int64_t)
GT_WIRE_NUMBER(f64, double)
#undef GT_WIRE_NUMBER

static inline void gt_wire_put_u32(gt_wire *w, size_t at, uint32_t value)
{
    if (!w->failed) {
        memcpy(w->data + at, &value, sizeof value);
    }
}

/* Zero bytes up to a multiple of 8. */
static inline void gt_wire_align(gt_wire *w)
{
    static const uint8_t zeros[8];
    gt_wire_bytes(w, zeros, (8 - (w->len & 7)) & 7);
}

/* Head of a frame. */
static inline void gt_wire_head(uint8_t head[GT_WIRE_HEAD], gt_frame type, uint64_t length)
{
    const uint32_t magic = GT_WIRE_MAGIC;
    const uint16_t version = GT_WIRE_VERSION, kind = (uint16_t)type;
    memcpy(head, &magic, 4);
    memcpy(head + 4, &version, sizeof version); /* NOLINT(bugprone-not-null-terminated-result) */
    memcpy(head + 6, &kind, 2);
    memcpy(head + 8, &length, sizeof length);
}

#endif
