#include "serve/messages.h"

#define M GT_MESSAGE_DEFINE
#include "serve/messages.def"
#undef M
