/* Words of libraries and of the system (GEOS, PROJ, GDAL, SQLite, strerror) in Chinese messages.
 * They come as English texts in the arguments `reason`, `found` and `wanted`. */
#ifndef GT_BASE_FOREIGN_H
#define GT_BASE_FOREIGN_H

#include "guotu/text.h"

/* Is it an argument that may hold foreign words? name need not end with 0. */
bool gt_foreign_arg(const char *name, size_t len);
/* Writes `text` for a Chinese reader: translated where it is known; a sentence that is not is
 * quoted as the original; single words, numbers and Chinese stay. */
void gt_foreign_put(const char *text, gt_text *out);

#endif
