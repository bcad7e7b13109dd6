/* Task RASTER: one window of one band, warped to what is asked. */
#ifndef GT_IO_CHILD_RASTER_READER_H
#define GT_IO_CHILD_RASTER_READER_H

#include "session.h"

gt_status io_raster(io_session *session, gt_wire_in *ask) GT_CHECKED;

#endif
