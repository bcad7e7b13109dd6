#include "circuit/messages.h"

#define M GT_MESSAGE_DEFINE
#include "circuit/messages.def"
#undef M
