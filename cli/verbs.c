/* The list of verbs, in the order of help. */
#include "cli.h"

extern const cli_verb CLI_HELP;

const cli_verb *const CLI_VERBS[] = {&CLI_HELP, NULL};
