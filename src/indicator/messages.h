/* Messages of the indicator room. */
#ifndef GT_INDICATOR_MESSAGES_H
#define GT_INDICATOR_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "indicator/messages.def"
#undef M

#endif
