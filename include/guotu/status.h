/* Status codes of every fallible call, and the exit code each maps to.
 *
 * A function that can fail returns gt_status, takes the context first, const inputs next and its
 * outputs last. On failure the context holds one located error record (message.h); outputs are
 * untouched unless the function says otherwise. */
#ifndef GUOTU_STATUS_H
#define GUOTU_STATUS_H

typedef enum gt_status {
    GT_OK = 0,
    GT_E_USAGE = -1,     /* the caller asked for something that makes no sense: exit 2 */
    GT_E_INPUT = -2,     /* the user's data or package is wrong: exit 3 */
    GT_E_NOT_FOUND = -3, /* a named thing does not exist: exit 3 */
    GT_E_CONFLICT = -4,  /* somebody else was faster, or it exists already: exit 3 */
    GT_E_LIMIT = -5,     /* a stated limit (size, time, depth) was met: exit 3 */
    GT_E_ENV = -6,       /* the machine failed us: file system, missing program, network: exit 4 */
    GT_E_MEMORY = -7,    /* out of memory, or over the ceiling given with --memory: exit 4 */
    GT_E_CANCELLED = -8, /* the user asked to stop: exit 4 */
    GT_E_INTERNAL = -9,  /* a defect of ours: exit 4 */
} gt_status;

#define GT_CHECKED           __attribute__((warn_unused_result))
#define GT_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Process exit code for a status: 0 done, 2 usage, 3 input, 4 environment. Exit 1 ("the answer is
 * no") is decided by the verb, never by an error. */
int gt_status_exit_code(gt_status status);

/* Short stable English name, e.g. "input"; for logs and JSON. */
const char *gt_status_name(gt_status status);

#endif
