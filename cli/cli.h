/* The command line: verbs are declarations plus a function. One file per verb; the declaration
 * makes parsing, `help` and the reference page. */
#ifndef GT_CLI_H
#define GT_CLI_H

#include <stdio.h>

#include "guotu/check.h"
#include "guotu/package.h"
#include "guotu/store.h"
#include "guotu/text.h"

enum { CLI_MAX_OPTIONS = 32, CLI_MAX_VALUES = 64, CLI_MAX_OPERANDS = 256 };

typedef struct cli_option {
    const char *name; /* without the dashes */
    const char *arg;  /* placeholder of its value, NULL for a flag */
    gt_title help;
    bool repeat; /* may be given several times */
} cli_option;

typedef struct cli cli;

typedef struct cli_verb {
    const char *name;
    const char *operands; /* "LAYER FILE", "[LAYER]", "FILE..." or "" */
    int min_operands, max_operands;
    gt_title summary;
    gt_title detail;           /* more, may be {NULL, NULL} */
    const cli_option *options; /* ends with {0} */
    /* GT_OK or an error in the context; sets cli->answer_no when the answer is "no". */
    gt_status (*run)(cli *app);
} cli_verb;

typedef struct cli_value {
    const char *name, *value;
} cli_value;

struct cli {
    gt_ctx *ctx;
    gt_lang lang;
    const char *workspace; /* -w DIR, or GUOTU_WORKSPACE, or NULL */
    bool quiet;
    bool answer_no;
    const cli_verb *verb;
    cli_value values[CLI_MAX_VALUES];
    int n_values;
    const char *operands[CLI_MAX_OPERANDS];
    int n_operands;
    gt_text out; /* standard output of the verb, written at the end or by cli_flush */
};

extern const cli_verb *const CLI_VERBS[]; /* NULL-terminated, in the order of help */
const cli_verb *cli_find_verb(const char *name);

/* Value of an option, fallback when it was not given; flags give "" when present. */
const char *cli_option_value(const cli *app, const char *name, const char *fallback);
bool cli_has(const cli *app, const char *name);
/* Text in the language of the run. */
/* A macro, so that the compiler still checks it as a printf format. */
#define cli_say(app, zh, en) ((app)->lang == GT_LANG_ZH ? (zh) : (en))
const char *cli_title(const cli *app, gt_title title);

typedef enum cli_format {
    CLI_TEXT = 0,
    CLI_CSV,
    CLI_JSON,
    CLI_GPKG,
    CLI_PDF,
    CLI_PNG,
    CLI_XLSX
} cli_format;
/* Reads --format; `allowed` is a bit set of 1 << cli_format. */
gt_status cli_get_format(cli *app, unsigned allowed, cli_format *out) GT_CHECKED;
gt_status cli_get_date(cli *app, const char *option, gt_date *out) GT_CHECKED;
gt_status cli_get_long(cli *app, const char *option, long fallback, long min, long max,
                       long *out) GT_CHECKED;

/* A length of metres, 0 .. most; `fallback` when the option was not given. */
gt_status cli_get_metres(cli *app, const char *option, double fallback, double most,
                         double *out) GT_CHECKED;

/* Reads --datum. */
gt_status cli_get_datum(cli *app, gt_datum_shift *out) GT_CHECKED;

/* Opens the workspace of -w. GT_E_USAGE when none was given. */
gt_status cli_open_store(cli *app, bool read_only, gt_store **out) GT_CHECKED;
/* The package in force in the workspace; its mistakes are printed. */
gt_status cli_open_package(cli *app, gt_store *store, gt_package **out) GT_CHECKED;
/* The package the user speaks of: --package, else the workspace's, else beijing. */
gt_status cli_asked_package(cli *app, gt_package **out) GT_CHECKED;
/* Folder of the same. `out` holds PATH_MAX bytes. */
gt_status cli_asked_package_dir(cli *app, char *out, size_t cap) GT_CHECKED;
/* Folder of a package given by name or path; `out` holds PATH_MAX bytes. */
gt_status cli_package_dir(cli *app, const char *name, char *out, size_t cap) GT_CHECKED;
/* The package's layer of that id; GT_E_NOT_FOUND with the nearest name. */
gt_status cli_find_layer(cli *app, const gt_package *package, const char *id,
                         const gt_standard **out) GT_CHECKED;
gt_status cli_read_package(cli *app, const char *dir, gt_package **out) GT_CHECKED;

/* Writes what is in app->out to standard output and empties it. */
gt_status cli_flush(cli *app) GT_CHECKED;

/* ---- tables: columns with widths by content, numbers to the right ------------------------------
 */
typedef struct cli_table cli_table;
gt_status cli_table_new(cli *app, int n_columns, const char *const *headings,
                        const char *right_aligned, cli_table **out) GT_CHECKED;
gt_status cli_table_row(cli_table *table, const char *const *cells) GT_CHECKED;
/* As aligned text, CSV, or a JSON array of objects keyed by `keys`. */
void cli_table_text(const cli_table *table, gt_text *out);
void cli_table_csv(const cli_table *table, const char *const *keys, gt_text *out);
void cli_table_free(cli_table *table);

/* ---- where the data of an answer come from (origin.c) ------------------------------------------
 */
enum { CLI_MAX_ORIGINS = 64 };
typedef struct cli_origins {
    const char *generated[CLI_MAX_ORIGINS]; /* ids of generated layers, as given */
    size_t n;
    gt_origin weakest; /* of all: generated before open before survey */
} cli_origins;
/* "survey", "open", "generated". */
const char *cli_origin_key(gt_origin origin);
/* Of these layers, each once. The ids are borrowed. */
gt_status cli_origins_of(cli *app, gt_store *store, const char *const *layers, size_t n,
                         cli_origins *out) GT_CHECKED;
/* One line beneath a table; nothing when nothing is generated. */
void cli_put_generated(cli *app, const gt_package *package, const cli_origins *origins);
/* `"generated_layers":[...]`. */
void cli_json_generated(cli *app, const cli_origins *origins);

/* The actor's role in the register of actors ("" for none), and whether it may override verdicts in
 * the unit (NULL: everywhere). role holds GT_ROLE_TEXT bytes. */
gt_status cli_actor_role(cli *app, gt_store *store, const char *actor, const char *unit, char *role,
                         bool *may_override) GT_CHECKED;

/* Who does it: --author, GUOTU_AUTHOR, else the login name. */
const char *cli_author(const cli *app);
/* Who acts on registers and ledgers: --as or --author, GUOTU_ACTOR, else as cli_author. */
const char *cli_actor(const cli *app);

#endif
