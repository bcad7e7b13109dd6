/* Messages of the serve room. */
#ifndef GT_SERVE_MESSAGES_H
#define GT_SERVE_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "serve/messages.def"
#undef M

#endif
