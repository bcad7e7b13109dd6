/* Limits and walls around guotu-io, put up in two steps: before anything is read, and after GDAL
 * has loaded what it needs. Each is best effort; the parent is told which are in force. */
#ifndef GT_IO_CHILD_GUARD_H
#define GT_IO_CHILD_GUARD_H

#include <limits.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* rlimits (data bytes, CPU seconds, file size, no core) and no_new_privs. Returns GT_GUARD_* bits.
 */
uint32_t io_guard_limits(size_t memory, unsigned cpu_s, size_t file_size);
/* What the watch on the parent needs; lives as long as the process. */
typedef struct io_watch {
    int fd;                /* to the parent */
    char own[2][PATH_MAX]; /* folders to remove when the parent cannot */
    atomic_size_t n_own;   /* set after them */
} io_watch;

/* Starts a thread that ends the process when the parent has gone (fd hung up), whatever a parser is
 * doing then. Best effort. */
void io_guard_orphan(io_watch *watch);
/* seccomp: no sockets, no programs, no processes, no tracing, no mounts. Returns bits. */
uint32_t io_guard_calls(void);

/* GT_GUARD_FILES when the kernel knows landlock. */
uint32_t io_guard_files_known(void);
/* landlock: read the folder of `file` (NULL: none) and system data; write the folders of `own`
 * (NULL-terminated, at
 * most 2) only; these are removed when the parent goes. */
void io_guard_files(io_watch *watch, const char *file, const char *const *own);

#endif
