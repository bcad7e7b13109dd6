/* Messages of the synth room. */
#ifndef GT_SYNTH_MESSAGES_H
#define GT_SYNTH_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "synth/messages.def"
#undef M

#endif
