/* Messages of the coverage room. */
#ifndef GT_COVERAGE_MESSAGES_H
#define GT_COVERAGE_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "coverage/messages.def"
#undef M

#endif
