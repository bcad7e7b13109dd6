/* Task WRITE: features from the parent into a new file of any OGR vector format. */
#ifndef GT_IO_CHILD_WRITER_H
#define GT_IO_CHILD_WRITER_H

#include <gdal.h>
#include <iconv.h>
#include <ogr_api.h>

#include "guotu/crs.h"
#include "io/sink_wire.h"
#include "session.h"

typedef struct io_writer {
    io_session *session;
    gt_write_ask ask;
    gt_arena *arena;
    GDALDatasetH data;
    OGRLayerH layer;
    gt_crs *source, *target;
    gt_transform *transform; /* NULL: as it is */
    bool no_geometry;        /* the format or the layer has none */
    bool multi;              /* single parts are written as multi types */
    bool in_transaction;
    int id_index, from_index, to_index; /* columns, -1: none */
    int *field_index;                   /* per field of the ask, -1: dropped */
    iconv_t check;                      /* UTF-8 to the file's encoding; (iconv_t)-1: UTF-8 */
    gt_geom geom;
    uint8_t *wkb;
    size_t wkb_cap;
    gt_wire remarks;
    uint32_t n_remarks;
    int64_t rows;
} io_writer;

/* Does the whole task: takes FEATURES frames until FINISH, then sends DONE. */
gt_status io_write(io_session *session, gt_wire_in *ask) GT_CHECKED;

/* create.c: file, layer and columns. */
gt_status io_writer_create(io_writer *writer) GT_CHECKED;
void io_writer_remark(io_writer *writer, const gt_message *message, const gt_place *place,
                      const gt_arg *args);

#endif
