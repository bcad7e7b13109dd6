/* Models: kernels that describe themselves, and calls of them.
 *
 * A kernel is a descriptor plus a function. The descriptor (gt_model) is the only declaration of a
 * kernel: it checks what a package or the command line gives, and makes the help, the reference
 * page and the form of an interface. Adding a kernel is one file under src/model and one line in
 * src/model/registry.c, and its test.
 *
 * A call binds files to the kernel's inputs and outputs and values to its parameters. Values are
 * texts with their unit as a planner writes them ("30 m", "5 %", "8"); they are checked where they
 * are set. */
#ifndef GUOTU_MODEL_H
#define GUOTU_MODEL_H

#include "guotu/grid.h"
#include "guotu/hash.h"
#include "guotu/standard.h"
#include "guotu/text.h"

#define GT_MODEL_PORTS_MAX  16 /* inputs; outputs */
#define GT_MODEL_PARAMS_MAX 32
#define GT_MODEL_LIST_MAX   4096 /* numbers or pairs in one parameter */

typedef enum gt_port_kind {
    GT_PORT_GRID = 0, /* a GeoTIFF (grid.h) */
    GT_PORT_POLYGONS, /* a file of polygons, or a layer of the workspace */
    GT_PORT_LINES,
    GT_PORT_POINTS,
    GT_PORT_TABLE /* CSV */
} gt_port_kind;

typedef struct gt_model_port {
    const char *name; /* NULL ends the list */
    gt_port_kind kind;
    gt_title title;
    const char *unit; /* of the cells, e.g. "m", "t/(ha.yr)"; NULL: any, "1": without unit */
    bool optional;
    gt_title note; /* range, nodata, what else must hold; {NULL, NULL}: nothing to say */
} gt_model_port;

typedef enum gt_param_kind {
    GT_PARAM_REAL = 0,
    GT_PARAM_INT,
    GT_PARAM_BOOL,   /* yes, no, true, false */
    GT_PARAM_CHOICE, /* one of `choices` */
    GT_PARAM_REALS,  /* "0.1, 0.5, 1": numbers parted by commas or spaces */
    GT_PARAM_PAIRS,  /* "11=0.2, 12=0.35": code and number */
    GT_PARAM_TEXT    /* e.g. an expression */
} gt_param_kind;

typedef struct gt_model_param {
    const char *name; /* NULL ends the list */
    gt_param_kind kind;
    gt_title title;
    const char *unit; /* base unit of the number: "m", "m2", "1" (shares, "%" too), "degree", or any
                       * other text, which is only shown; NULL: a plain number */
    double min, max;  /* of each number, in unit; both 0: no bound */
    const char *preset;         /* the default as text; NULL: must be given */
    const char *const *choices; /* NULL-terminated, of GT_PARAM_CHOICE */
    const char *source;         /* where the default comes from */
} gt_model_param;

/* What an output cell depends on: decides what must run again after an edit. */
typedef enum gt_model_reach {
    GT_REACH_LOCAL = 0, /* the same cell of the inputs */
    GT_REACH_FOCAL,     /* cells within `halo` of it */
    GT_REACH_ZONAL,     /* cells of the same zone */
    GT_REACH_GLOBAL     /* any cell */
} gt_model_reach;

typedef struct gt_model_call gt_model_call;

/* What a kernel holds besides the blocks it reads and writes (gt_walk_law), in bytes. What depends
 * on more than the number of cells (points, patches) is counted at its usual most and said in
 * `law`. */
typedef struct gt_model_rates {
    double held;    /* a cell, in one piece: beyond the ceiling in a scratch file */
    double stays;   /* a cell, in memory whatever the ceiling: beyond it a run ends in error */
    double scratch; /* a cell, in scratch files in any case */
    double scratch_input; /* a cell and bound input, likewise */
    uint64_t thread;      /* a thread */
} gt_model_rates;

typedef struct gt_model {
    const char *name;  /* "slope"; lower case, hyphens */
    const char *group; /* "terrain", "water", ...: folder of the reference */
    int version;       /* raised when results change */
    gt_title title, what;
    const gt_model_port *in, *out;
    const gt_model_param *with;
    gt_model_reach reach;
    int (*halo)(const gt_model_call *call); /* cells; NULL: 0 or not bounded */
    gt_model_rates need;                    /* zero: the blocks of the walk alone */
    const char *law; /* the same in words, English: "12 bytes a cell of a block and thread" */
    const char *const *sources; /* papers, standards; NULL-terminated */
    /* What the kinds of the parameters cannot say: called by gt_model_check. May be NULL. */
    gt_status (*check)(gt_ctx *ctx, const gt_model_call *call);
    gt_status (*run)(gt_ctx *ctx, const gt_model_call *call);
} gt_model;

/* ---- registry ---------------------------------------------------------------------------------
 */

/* In the order of the reference: by group, then name. NULL past the last. Static. */
const gt_model *gt_model_at(size_t i);
/* GT_E_NOT_FOUND "model.unknown" with the nearest name. */
gt_status gt_model_find(gt_ctx *ctx, const char *name, const gt_model **out) GT_CHECKED;

/* Help of one kernel for a terminal. */
void gt_model_describe(const gt_model *model, gt_lang lang, gt_text *out);
/* The same as a chapter of the reference (Markdown). */
void gt_model_markdown(const gt_model *model, gt_lang lang, gt_text *out);
/* {"name","group","version","title","what","in":[...],"with":[...],"out":[...],"reach","sources"}:
 * what interfaces build their descriptions and forms from. */
void gt_model_json(const gt_model *model, gt_text *out);

/* ---- calls ------------------------------------------------------------------------------------
 */

typedef struct gt_model_pair {
    int64_t code;
    double value;
} gt_model_pair;

typedef struct gt_model_value {
    const char *text; /* as given, or the default */
    double real;      /* REAL: in the base unit; INT and BOOL too */
    int64_t integer;
    size_t choice; /* index into choices */
    const double *reals;
    const gt_model_pair *pairs; /* sorted by code */
    size_t n;                   /* of reals or pairs */
    bool given;
} gt_model_value;

/* A call with all defaults. model is static; the call is owned by the caller. */
gt_status gt_model_call_new(gt_ctx *ctx, const gt_model *model, gt_model_call **out) GT_CHECKED;
/* NULL is accepted. */
void gt_model_call_free(gt_model_call *call);
const gt_model *gt_model_call_model(const gt_model_call *call);

/* Binds a path to an input or an output. GT_E_NOT_FOUND "model.no-port" with the nearest name;
 * GT_E_USAGE "model.twice". */
gt_status gt_model_set_in(gt_ctx *ctx, gt_model_call *call, const char *name,
                          const char *path) GT_CHECKED;
gt_status gt_model_set_out(gt_ctx *ctx, gt_model_call *call, const char *name,
                           const char *path) GT_CHECKED;
/* Sets a parameter from its text. GT_E_NOT_FOUND "model.no-param"; GT_E_INPUT "model.value" (not of
 * that form), "model.range", "model.unit", "model.choice", "model.twice-code", "model.long". */
gt_status gt_model_set_with(gt_ctx *ctx, gt_model_call *call, const char *name,
                            const char *text) GT_CHECKED;

/* Path bound to a port; NULL when none is. Borrowed. Asking for a port that the model does not have
 * is a defect and gives NULL. */
const char *gt_model_in(const gt_model_call *call, const char *name);
const char *gt_model_out(const gt_model_call *call, const char *name);
/* Value of a parameter; NULL for one without default that was not given. Borrowed. */
const gt_model_value *gt_model_with(const gt_model_call *call, const char *name);
double gt_model_real(const gt_model_call *call, const char *name);
/* Number that belongs to a code, or `otherwise`. O(log n). */
double gt_model_pair_of(const gt_model_value *pairs, int64_t code, double otherwise);

/* Is all there that the model needs? GT_E_USAGE "model.missing" naming it. */
gt_status gt_model_check(gt_ctx *ctx, const gt_model_call *call) GT_CHECKED;
/* gt_model_check, then the kernel. An output that fails leaves what stood at its path. */
gt_status gt_model_run(gt_ctx *ctx, const gt_model_call *call) GT_CHECKED;

typedef struct gt_model_need {
    uint64_t cells;
    double cell_bytes; /* held for every cell, beside the blocks of the walk */
    uint64_t memory;   /* bytes at most, under the context's ceiling when it fits */
    bool fits;         /* false: what must stay in memory alone passes the ceiling */
    uint64_t scratch;  /* bytes of disk while it runs, outputs not counted */
} gt_model_need;
/* What the call will hold on grids of the size of `like` (a file), under the ceiling and with the
 * threads of ctx. Nothing of it but the number of bound ports is looked at. As gt_grid_open;
 * GT_E_MEMORY when not even one block fits. */
gt_status gt_model_need_of(gt_ctx *ctx, const gt_model_call *call, const char *like,
                           gt_model_need *out) GT_CHECKED;

/* Says that the files which stand at the outputs' paths are right but for these windows (copied):
 * a kernel of local or focal reach then computes those alone and takes the rest over. What comes
 * out is the same to the bit. Kernels that cannot do it run in full. */
gt_status gt_model_set_dirty(gt_ctx *ctx, gt_model_call *call, const gt_window *windows,
                             size_t n) GT_CHECKED;

/* Fingerprint: name and version of the kernel, every value in its base unit, and the content of
 * every input file. Two calls with equal fingerprints give equal bytes. Cost: reads the inputs. */
gt_status gt_model_fingerprint(gt_ctx *ctx, const gt_model_call *call,
                               unsigned char out[GT_HASH_BYTES]) GT_CHECKED;
/* {"model","version","in":{name:{"file","blake2b"}},"with":{...}}: kept with every output, so that
 * what it was made of can be asked back. File names without their folder. */
gt_status gt_model_lineage(gt_ctx *ctx, const gt_model_call *call, gt_text *out) GT_CHECKED;
/* Item of a grid that holds its lineage (gt_grid_item_value). */
#define GT_LINEAGE_ITEM "guotu_lineage"
/* Says so of a call whose inputs cannot tell: a layer of the map that is generated. */
void gt_model_set_generated(gt_model_call *call);
/* Spares reading an input whose content is known. The input must be bound. */
gt_status gt_model_set_digest(gt_ctx *ctx, gt_model_call *call, const char *name,
                              const unsigned char digest[GT_HASH_BYTES]) GT_CHECKED;

/* ---- content of grids ---------------------------------------------------------------------------
 */

#define GT_PRINT_SIDE  512 /* cells */
#define GT_PRINT_BYTES 16  /* of a block: BLAKE2b-256, cut */

/* What a grid holds: a hash of its place and cells, and one of each block of GT_PRINT_SIDE a side,
 * row by row. Packing, tiles, overviews and items do not matter. */
typedef struct gt_grid_print {
    size_t across, down;
    unsigned char place[GT_PRINT_BYTES]; /* size, place, CRS, type, nodata */
    unsigned char (*blocks)[GT_PRINT_BYTES];
    unsigned char digest[GT_HASH_BYTES];
} gt_grid_print;
/* Owned by the caller. Cost: reads the grid; about 1 GB/s a thread. Memory: 1 MB a thread. */
gt_status gt_grid_print_new(gt_ctx *ctx, gt_grid *grid, gt_grid_print **out) GT_CHECKED;
/* Brings `print` up to date where only these windows of the grid changed; the place must be the
 * same.
 */
gt_status gt_grid_print_renew(gt_ctx *ctx, gt_grid *grid, const gt_window *windows, size_t n,
                              gt_grid_print *print) GT_CHECKED;
/* NULL is accepted. */
void gt_grid_print_free(gt_ctx *ctx, gt_grid_print *print);

#endif
