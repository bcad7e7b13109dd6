/* Messages of the io room, and the way back from an id (guotu-io sends ids, not texts). */
#ifndef GT_IO_MESSAGES_H
#define GT_IO_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "io/messages.def"
#undef M

/* Message of base, geo or io with this id; NULL when there is none. */
const gt_message *gt_io_message_find(const char *id);

#endif
