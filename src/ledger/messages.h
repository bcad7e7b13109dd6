/* Messages of the ledger room. */
#ifndef GT_LEDGER_MESSAGES_H
#define GT_LEDGER_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "ledger/messages.def"
#undef M

#endif
