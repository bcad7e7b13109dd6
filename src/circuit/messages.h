/* Messages of the circuit room. */
#ifndef GT_CIRCUIT_MESSAGES_H
#define GT_CIRCUIT_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "circuit/messages.def"
#undef M

#endif
