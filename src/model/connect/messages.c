#include "model/connect/messages.h"

#define M GT_MESSAGE_DEFINE
#include "model/connect/messages.def"
#undef M
