#include "base/messages.h"

#define M GT_MESSAGE_DEFINE
#include "base/messages.def"
#undef M
