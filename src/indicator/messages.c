#include "indicator/messages.h"

#define M GT_MESSAGE_DEFINE
#include "indicator/messages.def"
#undef M
