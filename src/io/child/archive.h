/* Zip archives: which file in them is meant, and unpacking those that are read here and there. */
#ifndef GT_IO_CHILD_ARCHIVE_H
#define GT_IO_CHILD_ARCHIVE_H

#include "session.h"

/* GDAL's name of a path, in `out`: archives through its own unpacker. An archive with one file that
 * looks like data gives that file; one with none or several gives the archive itself (folders of
 * shapefiles are read as one). `others` gets the names when there are several. */
gt_status io_archive_name(io_session *session, const char *path, gt_text *out,
                          gt_text *others) GT_CHECKED;
/* Is it a name inside an archive? */
bool io_archive_is_inside(const char *name);
/* Copies the file to the folder and puts the copy's name in `name`. The limit on file sizes holds.
 */
gt_status io_archive_unpack(io_session *session, gt_text *name, const char *folder) GT_CHECKED;

#endif
