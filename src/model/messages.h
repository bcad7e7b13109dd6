/* Messages of the model room. */
#ifndef GT_MODEL_MESSAGES_H
#define GT_MODEL_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "model/messages.def"
#undef M

#endif
