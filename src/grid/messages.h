/* Messages of the grid room. */
#ifndef GT_GRID_MESSAGES_H
#define GT_GRID_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "grid/messages.def"
#undef M

#endif
