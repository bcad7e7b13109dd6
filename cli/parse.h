/* Global options and the options of a verb. */
#ifndef GT_CLI_PARSE_H
#define GT_CLI_PARSE_H

#include "cli.h"

typedef struct cli_globals {
    int threads;
    size_t memory;
    bool version;
    int argc; /* what follows the global options */
    char **argv;
} cli_globals;

/* NULL, or the argument that is wrong. */
const char *cli_parse_globals(cli *app, int argc, char **argv, cli_globals *out);
/* Finds the verb and fills app's values and operands. */
gt_status cli_parse_verb(cli *app, const cli_globals *globals) GT_CHECKED;
/* "512M", "2G", "2GiB", "1000000" as bytes. */
bool cli_parse_bytes(const char *text, size_t *out);
/* Nearest of NULL-terminated names by edit distance. */
const char *cli_nearest(const char *word, const char *const *names);

#endif
