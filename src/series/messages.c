#include "series/messages.h"

#define M GT_MESSAGE_DEFINE
#include "series/messages.def"
#undef M
