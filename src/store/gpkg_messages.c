#include "store/gpkg_messages.h"

#define M GT_MESSAGE_DEFINE
#include "store/gpkg_messages.def"
#undef M
