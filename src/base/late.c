#include "base/late.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

enum { LIBRARIES_MAX = 8 };

bool gt_late_load(const char *const *sonames, const gt_late_function *functions, size_t n,
                  void *table, char trouble[GT_LATE_TROUBLE])
{
    void *handles[LIBRARIES_MAX];
    size_t n_handles = 0;
    for (; sonames[n_handles] != NULL && n_handles < LIBRARIES_MAX; n_handles++) {
        handles[n_handles] = dlopen(sonames[n_handles], RTLD_NOW | RTLD_LOCAL);
        if (handles[n_handles] == NULL) {
            const char *why = dlerror();
            (void)snprintf(trouble, GT_LATE_TROUBLE, "%s", why != NULL ? why : sonames[n_handles]);
            return false;
        }
    }
    for (size_t i = 0; i < n; i++) {
        void *symbol = NULL;
        for (size_t k = 0; k < n_handles && symbol == NULL; k++) {
            symbol = dlsym(handles[k], functions[i].name);
        }
        if (symbol == NULL) {
            (void)snprintf(trouble, GT_LATE_TROUBLE, "%s has no function %s", sonames[0],
                           functions[i].name);
            return false;
        }
        /* ISO C has no cast from object to function pointer. */
        memcpy((char *)table + functions[i].offset, &symbol, sizeof symbol);
    }
    return true;
}
