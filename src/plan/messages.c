#include "plan/messages.h"

#define M GT_MESSAGE_DEFINE
#include "plan/messages.def"
#undef M
