/* Libraries loaded on first use. Linking GEOS, cairo and pango maps forty shared objects and costs
 * 1.5 ms at every start of a program that mostly needs none of them; PROJ costs 5 ms.
 *
 * A room keeps one table of function pointers for each library, filled once under pthread_once,
 * constant afterwards, never unloaded (a library that goes away under a running thread would be
 * worse than one that stays). */
#ifndef GT_BASE_LATE_H
#define GT_BASE_LATE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct gt_late_function {
    const char *name;
    size_t offset; /* of its pointer in the table */
} gt_late_function;

/* Entry of a function in a table type; for use with X-macros. */
#define GT_LATE(table, function)                                                                   \
    {                                                                                              \
#function, offsetof(table, function)                                                       \
    }

enum { GT_LATE_TROUBLE = 256 };

/* Opens the shared objects (NULL-terminated sonames, which fix the ABI their headers declare) and
 * fills the pointers of `table`. Returns false and says why in `trouble` when a library or one of
 * the functions is missing. Not for concurrent calls on one table. */
bool gt_late_load(const char *const *sonames, const gt_late_function *functions, size_t n,
                  void *table, char trouble[GT_LATE_TROUBLE]);

#endif
