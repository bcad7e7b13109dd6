/* The list of verbs, in the order of help. */
#include "cli.h"

extern const cli_verb CLI_INIT;
extern const cli_verb CLI_LOAD;
extern const cli_verb CLI_LAYERS;
extern const cli_verb CLI_QC;
extern const cli_verb CLI_AREAS;
extern const cli_verb CLI_CHECK;
extern const cli_verb CLI_VERDICT;
extern const cli_verb CLI_MAP;
extern const cli_verb CLI_EXPORT;
extern const cli_verb CLI_ADOPT;
extern const cli_verb CLI_LOG;
extern const cli_verb CLI_CLAUSES;
extern const cli_verb CLI_RULE;
extern const cli_verb CLI_PLAN;
extern const cli_verb CLI_WEAVE;
extern const cli_verb CLI_CONFLICTS;
extern const cli_verb CLI_TRANSITION;
extern const cli_verb CLI_ATOMS;
extern const cli_verb CLI_DISSOLVE;
extern const cli_verb CLI_INDICATORS;
extern const cli_verb CLI_WARN;
extern const cli_verb CLI_EXPLAIN;
extern const cli_verb CLI_REPORT;
extern const cli_verb CLI_SERIES;
extern const cli_verb CLI_ACTOR;
extern const cli_verb CLI_BALANCE;
extern const cli_verb CLI_LEDGER;
extern const cli_verb CLI_SYNTH;
extern const cli_verb CLI_GRID;
extern const cli_verb CLI_MODEL;
extern const cli_verb CLI_RUN;
extern const cli_verb CLI_LINEAGE;
extern const cli_verb CLI_CIRCUIT;
extern const cli_verb CLI_OMNISCAPE;
extern const cli_verb CLI_TILES;
extern const cli_verb CLI_SERVE;
extern const cli_verb CLI_HELP;

const cli_verb *const CLI_VERBS[] = {
    &CLI_INIT,      &CLI_LOAD,       &CLI_LAYERS,  &CLI_QC,        &CLI_AREAS,
    &CLI_CHECK,     &CLI_VERDICT,    &CLI_MAP,     &CLI_EXPORT,    &CLI_ADOPT,
    &CLI_LOG,       &CLI_CLAUSES,    &CLI_RULE,    &CLI_PLAN,      &CLI_WEAVE,
    &CLI_CONFLICTS, &CLI_TRANSITION, &CLI_ATOMS,   &CLI_DISSOLVE,  &CLI_INDICATORS,
    &CLI_WARN,      &CLI_EXPLAIN,    &CLI_REPORT,  &CLI_SERIES,    &CLI_ACTOR,
    &CLI_LEDGER,    &CLI_BALANCE,    &CLI_SYNTH,   &CLI_GRID,      &CLI_MODEL,
    &CLI_RUN,       &CLI_LINEAGE,    &CLI_CIRCUIT, &CLI_OMNISCAPE, &CLI_TILES,
    &CLI_SERVE,     &CLI_HELP,       NULL,
};
