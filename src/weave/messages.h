/* Messages of the weave room. */
#ifndef GT_WEAVE_MESSAGES_H
#define GT_WEAVE_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "weave/messages.def"
#undef M

#endif
