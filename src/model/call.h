/* A call of a kernel: what is bound to its ports and parameters. Internal. */
#ifndef GT_MODEL_CALL_H
#define GT_MODEL_CALL_H

#include "guotu/arena.h"
#include "guotu/model.h"

typedef struct gt_call_digest {
    bool known;
    unsigned char bytes[GT_HASH_BYTES];
} gt_call_digest;

struct gt_model_call {
    gt_ctx *ctx;
    gt_arena *arena;
    const gt_model *model;
    size_t n_in, n_out, n_with;
    const char *in[GT_MODEL_PORTS_MAX], *out[GT_MODEL_PORTS_MAX];
    gt_model_value with[GT_MODEL_PARAMS_MAX];
    const gt_window *dirty; /* windows of the outputs that are out of date; 0: all */
    size_t n_dirty;
    bool generated;         /* rests on generated layers */
    gt_call_digest *digest; /* by input; what gt_model_set_digest told */
};

/* Number of entries of the lists that end with a NULL name. */
size_t gt_ports_count(const gt_model_port *ports);
size_t gt_params_count(const gt_model_param *params);

/* Parses text as param says; everything in the value is owned by arena. */
gt_status gt_model_value_parse(gt_ctx *ctx, gt_arena *arena, const gt_model_param *param,
                               const char *text, gt_model_value *out) GT_CHECKED;
/* What a value looks like: "a number with its unit, such as 30 m"; static. */
gt_title gt_param_form(gt_param_kind kind);

/* Content of a file bound to a port of that kind. */
gt_status gt_model_digest_file(gt_ctx *ctx, gt_port_kind kind, const char *path,
                               unsigned char out[GT_HASH_BYTES]) GT_CHECKED;

#endif
