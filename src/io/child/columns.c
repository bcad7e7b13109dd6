#include "reader.h"

gt_status io_reader_columns(io_reader *r, bool *done)
{
    (void)r;
    *done = false;
    return GT_OK;
}
