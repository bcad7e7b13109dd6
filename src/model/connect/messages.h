/* Messages of the kernels of connectivity. */
#ifndef GT_MODEL_CONNECT_MESSAGES_H
#define GT_MODEL_CONNECT_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "model/connect/messages.def"
#undef M

#endif
