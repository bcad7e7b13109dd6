#include "synth/messages.h"

#define M GT_MESSAGE_DEFINE
#include "synth/messages.def"
#undef M
