/* A rule in words and as JSON (docs/reference/rule-json.md). */
#ifndef GT_CLI_RULE_TEXT_H
#define GT_CLI_RULE_TEXT_H

#include "cli.h"
#include "guotu/cases.h"

/* Words of a NULL-terminated list (NULL: nothing). */
void cli_join(const char *const *list, const char *between, gt_text *out);
/* {"zh":...,"en":...}, or null when there is none. */
void cli_json_title(gt_title title, gt_text *out);
void cli_json_list(const char *const *list, gt_text *out);
void cli_json_date(gt_date date, gt_text *out);
const char *cli_effect_word(const cli *app, gt_effect effect);
size_t cli_count_cases(const gt_cases *cases, const gt_rule *rule);
void cli_rule_text(cli *app, const gt_package *package, const gt_rule *rule, const gt_cases *cases);
void cli_rule_json(const gt_package *package, const gt_rule *rule, const gt_cases *cases,
                   gt_text *out);

#endif
