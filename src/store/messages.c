#include "store/messages.h"

#define M GT_MESSAGE_DEFINE
#include "store/messages.def"
#undef M
