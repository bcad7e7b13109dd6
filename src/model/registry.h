/* One line for each kernel; the file that defines it is src/model/GROUP/NAME.c. Internal. */
#ifndef GT_MODEL_REGISTRY_H
#define GT_MODEL_REGISTRY_H

#include "guotu/model.h"

extern const gt_model GT_MODEL_SLOPE;

#endif
