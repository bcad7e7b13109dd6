/* The list of verbs, in the order of help. */
#include "cli.h"

extern const cli_verb CLI_INIT, CLI_LAYERS, CLI_AREAS, CLI_CHECK, CLI_LOG, CLI_CLAUSES, CLI_MAP,
    CLI_WEAVE, CLI_HELP;

const cli_verb *const CLI_VERBS[] = {&CLI_INIT,    &CLI_LAYERS, &CLI_AREAS, &CLI_CHECK, &CLI_LOG,
                                     &CLI_CLAUSES, &CLI_MAP,    &CLI_WEAVE, &CLI_HELP,  NULL};
