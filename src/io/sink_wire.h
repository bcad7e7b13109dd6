/* What is asked of guotu-io for writing.
 *
 *   ASK       u8 GT_TASK_WRITE, gt_write_ask
 *   FEATURES  u32 n, then per feature: text id, i32 valid_from, i32 valid_to, u32 bytes (or
 *             GT_WIRE_NULL) and the GeoPackage blob, per field u8 gt_value_kind and the value
 *   DONE      i64 features written, u32 n, then n remarks */
#ifndef GT_IO_SINK_WIRE_H
#define GT_IO_SINK_WIRE_H

#include "guotu/arena.h"
#include "guotu/source.h"
#include "io/wire.h"

enum { GT_SINK_REMARKS = 100 }; /* sent back at most */

typedef struct gt_write_field {
    const char *name;
    gt_field_type type;
    int max_length;
} gt_write_field;

typedef struct gt_write_ask {
    const char *path, *staging_dir; /* the path is in the folder */
    const char *driver, *layer, *crs, *out_crs, *encoding, *temp_dir;
    gt_geom_type geom_type;
    bool with_id, with_dates;
    const char *id_name; /* column of the feature id */
    const gt_write_field *fields;
    size_t n_fields;
} gt_write_ask;

void gt_write_ask_put(gt_wire *wire, const gt_write_ask *ask);
/* Texts borrowed from the payload, fields from the arena. The task byte has been read. */
bool gt_write_ask_get(gt_wire_in *in, gt_arena *arena, gt_write_ask *out);

void gt_value_put(gt_wire *wire, const gt_value *value);
bool gt_value_get(gt_wire_in *in, gt_value *out);

#endif
