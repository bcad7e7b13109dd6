#include "grid/messages.h"

#define M GT_MESSAGE_DEFINE
#include "grid/messages.def"
#undef M
