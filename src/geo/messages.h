/* Messages of the geo room. */
#ifndef GT_GEO_MESSAGES_H
#define GT_GEO_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "geo/messages.def"
#undef M

#endif
