/* Messages of the base room. */
#ifndef GT_BASE_MESSAGES_H
#define GT_BASE_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "base/messages.def"
#undef M

#endif
