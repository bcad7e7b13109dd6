/* What the verbs circuit and omniscape share. */
#ifndef GT_CLI_CIRCUIT_VERB_H
#define GT_CLI_CIRCUIT_VERB_H

#include "cli.h"
#include "guotu/circuit.h"

/* Runs the problem file of the first operand, prints remarks and facts. */
gt_status cli_run_circuit(cli *app,
                          gt_status (*run)(gt_ctx *, const char *, const gt_circuit_options *,
                                           gt_circuit_facts *)) GT_CHECKED;

#endif
