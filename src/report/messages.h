/* Messages of the report room. */
#ifndef GT_REPORT_MESSAGES_H
#define GT_REPORT_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "report/messages.def"
#undef M

#endif
