/* Messages of the command line. */
#ifndef GT_CLI_MESSAGES_H
#define GT_CLI_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "messages.def"
#undef M

#endif
