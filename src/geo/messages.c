#include "geo/messages.h"

#define M GT_MESSAGE_DEFINE
#include "geo/messages.def"
#undef M
