/* Messages of the check room. */
#ifndef GT_CHECK_MESSAGES_H
#define GT_CHECK_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "check/messages.def"
#undef M

#endif
