/* What is asked of guotu-io about a raster, and its answer.
 *
 *   ASK     u8 GT_TASK_RASTER, gt_raster_ask
 *   RASTER  i32 n_cols, i32 n_rows, f64 xmin ymin xmax ymax, i32 epsg, text wkt
 *   PIXELS  whole rows of float32, north first; as many frames as it takes; then END with i64 rows
 */
#ifndef GT_IO_RASTER_WIRE_H
#define GT_IO_RASTER_WIRE_H

#include "guotu/raster.h"
#include "io/wire.h"

enum { GT_RASTER_SIDE = 65536, GT_RASTER_CELLS = 400000000 };

typedef struct gt_raster_ask {
    const char *path, *crs, *file_crs, *temp_dir;
    int band, n_cols, n_rows;
    bool has_box;
    gt_box box;
    gt_resample resample;
} gt_raster_ask;

void gt_raster_ask_put(gt_wire *wire, const gt_raster_ask *ask);
/* The task byte has been read. */
bool gt_raster_ask_get(gt_wire_in *in, gt_raster_ask *out);
/* Head of the answer: text borrowed from the payload. */
void gt_raster_head_put(gt_wire *wire, const gt_raster *raster);
bool gt_raster_head_get(gt_wire_in *in, gt_raster *out);

#endif
