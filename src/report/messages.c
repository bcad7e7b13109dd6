#include "report/messages.h"

#define M GT_MESSAGE_DEFINE
#include "report/messages.def"
#undef M
