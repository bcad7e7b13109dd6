#include "store/qc_messages.h"

#define M GT_MESSAGE_DEFINE
#include "store/qc_messages.def"
#undef M
