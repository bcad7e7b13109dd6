/* Messages of the plain GeoPackage reader and writer. */
#ifndef GT_STORE_GPKG_MESSAGES_H
#define GT_STORE_GPKG_MESSAGES_H

#include "guotu/message.h"

#define M GT_MESSAGE_DECLARE
#include "store/gpkg_messages.def"
#undef M

#endif
