#include "io/messages.h"

#include <string.h>

#include "base/messages.h"
#include "geo/messages.h"

#define M GT_MESSAGE_DEFINE
#include "io/messages.def"
#undef M

const gt_message *gt_io_message_find(const char *id)
{
#define M(sym, ...) &sym,
    static const gt_message *const all[] = {
#include "base/messages.def"
#include "geo/messages.def"
#include "io/messages.def"
    };
#undef M
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(all[i]->id, id) == 0) {
            return all[i];
        }
    }
    return NULL;
}
