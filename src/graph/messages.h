/* Messages of the graph room. */
#ifndef GT_GRAPH_MESSAGES_H
#define GT_GRAPH_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "graph/messages.def"
#undef M

#endif
