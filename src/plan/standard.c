/* Lookups in standards: codes and fields. */
#include "guotu/standard.h"

#include <string.h>
#include <strings.h>

const gt_code *gt_codelist_find(const gt_codelist *list, const char *code)
{
    size_t low = 0, high = list->n_codes;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = strcmp(list->codes[mid].code, code);
        if (c == 0) {
            return &list->codes[mid];
        }
        if (c < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return NULL;
}

int gt_standard_field(const gt_standard *standard, const char *name)
{
    for (size_t i = 0; i < standard->n_fields; i++) {
        if (strcasecmp(standard->fields[i].name, name) == 0) {
            return (int)i;
        }
    }
    for (size_t i = 0; i < standard->n_fields; i++) {
        const char *const *alias = standard->fields[i].aliases;
        for (; alias != NULL && *alias != NULL; alias++) {
            if (strcasecmp(*alias, name) == 0) {
                return (int)i;
            }
        }
    }
    return -1;
}
