#include "coverage/messages.h"

#define M GT_MESSAGE_DEFINE
#include "coverage/messages.def"
#undef M
