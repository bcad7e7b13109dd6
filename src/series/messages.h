/* Messages of the series room. */
#ifndef GT_SERIES_MESSAGES_H
#define GT_SERIES_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "series/messages.def"
#undef M

#endif
