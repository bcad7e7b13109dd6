#include "model/messages.h"

#define M GT_MESSAGE_DEFINE
#include "model/messages.def"
#undef M
