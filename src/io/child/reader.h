/* Task READ: one layer, feature by feature, into batches. */
#ifndef GT_IO_CHILD_READER_H
#define GT_IO_CHILD_READER_H

#include "dataset.h"
#include "record.h"

typedef struct io_column {
    OGRFieldType type;
    OGRFieldSubType subtype;
    gt_field_type as;
    int index; /* among OGR's fields */
} io_column;

enum { IO_TEXT_SHAPES = 3 };

typedef struct io_reader {
    io_session *session;
    const gt_read_ask *ask;
    io_dataset data;
    gt_arena *arena;
    gt_source_info info;
    io_column *columns; /* info.n_fields */
    io_decoder decoder;
    gt_crs *source, *target; /* NULL: none */
    gt_transform *transform;
    io_record record;
    uint8_t *wkb;
    size_t wkb_cap;
    int64_t rows;                   /* records read */
    int shape_text[IO_TEXT_SHAPES]; /* CSV: fields the geometry is made of */
    int n_shape_text;
    bool row_is_fid; /* shapefile: record number = fid + 1 */
} io_reader;

/* Does the whole task: INFO, BATCH..., END. */
gt_status io_read(io_session *session, const gt_read_ask *ask) GT_CHECKED;

/* crs.c: source CRS (option or file), target, transformation; checks that the extent can be right.
 */
gt_status io_reader_crs(io_reader *reader) GT_CHECKED;
/* geojson.c: GT_E_INPUT when the file names a CRS nobody knows; info.crs_assumed when it names
 * none. */
gt_status io_reader_geojson_crs(io_reader *reader) GT_CHECKED;
/* fields.c: the columns and their names. */
gt_status io_reader_fields(io_reader *reader) GT_CHECKED;
/* fields.c: the text a CSV row has for its geometry (from one field), NULL when it has none. */
const char *io_reader_shape_text(io_reader *reader, OGRFeatureH feature);
/* fields.c: all values of a feature. */
void io_reader_values(io_reader *reader, OGRFeatureH feature);
/* columns.c: reads by Arrow batches where the format is quick at it. *done = false: nothing was
 * read, or from row reader->rows + 1 on the plain way must go on. */
gt_status io_reader_columns(io_reader *reader, bool *done) GT_CHECKED;
/* encoding.c: which encoding the attribute text is in. */
gt_status io_reader_encoding(io_reader *reader) GT_CHECKED;

#endif
