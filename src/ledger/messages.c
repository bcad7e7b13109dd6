#include "ledger/messages.h"

#define M GT_MESSAGE_DEFINE
#include "ledger/messages.def"
#undef M
