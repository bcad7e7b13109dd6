#include "messages.h"

#define M GT_MESSAGE_DEFINE
#include "messages.def"
#undef M
