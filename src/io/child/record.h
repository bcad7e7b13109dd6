/* Writes features into a BATCH payload (layout: io/batch.h). Geometry comes as WKB, is decoded,
 * checked and transformed here, so that all of it runs beside the parent on another core. */
#ifndef GT_IO_CHILD_RECORD_H
#define GT_IO_CHILD_RECORD_H

#include "guotu/crs.h"
#include "guotu/source.h"
#include "session.h"
#include "text.h"

typedef struct io_record {
    io_session *session;
    gt_transform *transform; /* NULL: as it is; borrowed */
    io_decoder *decoder;     /* borrowed */
    gt_geom geom;
    gt_wire faults; /* of the record being written */
    uint16_t n_faults;
    size_t at; /* of the record in the payload */
    uint32_t n_in_batch;
} io_record;

void io_record_init(io_session *session, gt_transform *transform, io_decoder *decoder,
                    io_record *out);
void io_record_free(io_record *record);

/* One feature: begin, geometry (or none), one value per field in order, end. */
void io_record_begin(io_record *record, int64_t row, int64_t fid);
void io_record_geometry(io_record *record, const uint8_t *wkb, size_t len);
void io_record_no_geometry(io_record *record);
void io_record_null(io_record *record);
void io_record_int(io_record *record, int64_t value);
void io_record_real(io_record *record, int field, double value);
/* Raw bytes as the file has them: decoded, or a fault of the field and a null. */
void io_record_text(io_record *record, int field, const char *raw, size_t len);
/* Text known to be ASCII. */
void io_record_ascii(io_record *record, const char *text);
/* A date as YYYY-MM-DD, or a fault and a null. */
void io_record_date(io_record *record, int field, int year, int month, int day);
/* field: index, GT_FAULT_GEOMETRY or GT_FAULT_RECORD. */
void io_record_fault(io_record *record, int field, const gt_message *message, const gt_arg *args);
/* Ends the record; sends the batch when it is large enough. */
gt_status io_record_end(io_record *record) GT_CHECKED;
/* Sends what is left. */
gt_status io_record_flush(io_record *record) GT_CHECKED;

#endif
