/* Messages of the store room. */
#ifndef GT_STORE_MESSAGES_H
#define GT_STORE_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "store/messages.def"
#undef M

#endif
