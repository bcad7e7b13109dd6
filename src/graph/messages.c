#include "graph/messages.h"

#define M GT_MESSAGE_DEFINE
#include "graph/messages.def"
#undef M
