#include "check/messages.h"

#define M GT_MESSAGE_DEFINE
#include "check/messages.def"
#undef M
