/* Messages of the checks and of import. */
#ifndef GT_STORE_QC_MESSAGES_H
#define GT_STORE_QC_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "store/qc_messages.def"
#undef M

#endif
