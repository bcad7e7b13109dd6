/* Payload of a BATCH frame: features, decoded in place.
 *
 *   batch     u32 features, u32 0, then the records
 *   record    multiple of 8 bytes, starts on a multiple of 8:
 *     u32 size          of the whole record
 *     u8  type          gt_geom_type; 0 when there is no geometry
 *     u8  0
 *     u16 n_faults
 *     i64 row, i64 fid
 *     u32 n_points, n_rings, n_parts, 0
 *     f64 xy[2 * n_points], u32 ring_end[n_rings], u32 part_end[n_parts]
 *     per field: u8 gt_value_kind, then text, i64 or f64
 *     per fault: i32 field, remark
 * The arrays are used where they lie in the parent's buffer: nothing is copied. */
#ifndef GT_IO_BATCH_H
#define GT_IO_BATCH_H

#include "guotu/source.h"
#include "io/remark.h"

enum { GT_BATCH_HEAD = 8, GT_RECORD_HEAD = 40 };

typedef struct gt_batch {
    gt_ctx *ctx;                   /* borrowed */
    const gt_source_field *fields; /* borrowed */
    size_t n_fields;
    uint8_t *data; /* borrowed payload, 8-byte aligned */
    size_t len, at;
    uint32_t left;
    gt_geom geom; /* points into data */
    gt_value *values;
    gt_remark *remarks;
    gt_source_fault *faults;
    size_t cap_remarks, cap_faults;
    gt_text fault_text;
} gt_batch;

gt_status gt_batch_init(gt_ctx *ctx, const gt_source_field *fields, size_t n_fields,
                        gt_batch *out) GT_CHECKED;
void gt_batch_free(gt_batch *batch);
/* Takes the payload in use until the next load; it may be any bytes. */
gt_status gt_batch_load(gt_batch *batch, uint8_t *payload, size_t len) GT_CHECKED;
/* Next feature; *more = false when the batch is used up. GT_E_ENV (io.protocol) for nonsense. */
gt_status gt_batch_next(gt_batch *batch, gt_source_feature *out, bool *more) GT_CHECKED;

/* Fails with io.protocol: `what` says which part of the answer is nonsense. */
gt_status gt_io_nonsense(gt_ctx *ctx, const char *what) GT_CHECKED;

#endif
