#include "weave/messages.h"

#define M GT_MESSAGE_DEFINE
#include "weave/messages.def"
#undef M
