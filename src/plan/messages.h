/* Messages of the plan room. */
#ifndef GT_PLAN_MESSAGES_H
#define GT_PLAN_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "plan/messages.def"
#undef M

#endif
