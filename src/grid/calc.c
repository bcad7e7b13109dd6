/* Algebra over grids: an expression is compiled once to steps over a stack of rows and run on
 * pieces of rows that stay in the first cache, each step a loop without branches. Reading and
 * writing take longer than all of it (decision 0005). */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "grid/messages.h"
#include "guotu/grid_ops.h"

enum { PIECE = 256, DEPTH = 24, STEPS = 512, NESTING = 64, TEXT_MAX = 8192 };

typedef enum op {
    OP_NUMBER,
    OP_INPUT,
    OP_NEG,
    OP_NOT,
    OP_ABS,
    OP_SQRT,
    OP_EXP,
    OP_LN,
    OP_LOG10,
    OP_SIN,
    OP_COS,
    OP_TAN,
    OP_ATAN,
    OP_FLOOR,
    OP_CEIL,
    OP_ROUND,
    OP_ISNODATA,
    OP_ADD, /* the first of two operands */
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_MOD,
    OP_POW,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_EQ,
    OP_NE,
    OP_AND,
    OP_OR,
    OP_MIN,
    OP_MAX,
    OP_ATAN2,
    OP_COALESCE,
    OP_IF /* three */
} op;

typedef struct step {
    op op;
    int input;
    double number;
} step;

typedef struct program {
    step steps[STEPS];
    int n, depth;
    uint32_t used; /* inputs */
} program;

typedef struct function {
    const char *name;
    op op;
    int n_args; /* -1: two or more */
} function;

static const function FUNCTIONS[] = {
    {"abs", OP_ABS, 1},     {"sqrt", OP_SQRT, 1},         {"exp", OP_EXP, 1},
    {"ln", OP_LN, 1},       {"log10", OP_LOG10, 1},       {"sin", OP_SIN, 1},
    {"cos", OP_COS, 1},     {"tan", OP_TAN, 1},           {"atan", OP_ATAN, 1},
    {"floor", OP_FLOOR, 1}, {"ceil", OP_CEIL, 1},         {"round", OP_ROUND, 1},
    {"pow", OP_POW, 2},     {"mod", OP_MOD, 2},           {"atan2", OP_ATAN2, 2},
    {"min", OP_MIN, -1},    {"max", OP_MAX, -1},          {"coalesce", OP_COALESCE, -1},
    {"if", OP_IF, 3},       {"isnodata", OP_ISNODATA, 1},
};
enum { N_FUNCTIONS = sizeof FUNCTIONS / sizeof FUNCTIONS[0] };

/* ---- compiling ----------------------------------------------------------------------------------
 */

typedef struct compiler {
    gt_ctx *ctx;
    const char *text, *at;
    const char *const *names;
    size_t n_names;
    program *program;
    int top, nesting;
} compiler;

static gt_status wrong(compiler *c, const char *what, const char *what_zh)
{
    return gt_fail(c->ctx, GT_E_USAGE, &GT_MSG_GRID_EXPRESSION,
                   GT_PLACE(.line = 1, .column = (int)(c->at - c->text) + 1),
                   GT_ARGS(GT_TEXT("what", what), GT_TEXT("what_zh", what_zh),
                           GT_INT("column", c->at - c->text + 1), GT_TEXT("text", c->text)));
}

static gt_status emit(compiler *c, op what, int input, double number)
{
    program *p = c->program;
    if (p->n == STEPS) {
        return wrong(c, "too long", "过长");
    }
    c->top += what <= OP_INPUT ? 1 : what < OP_ADD ? 0 : what == OP_IF ? -2 : -1;
    if (c->top > DEPTH) {
        return wrong(c, "too many values at once; use fewer brackets", "嵌套过深，请减少括号");
    }
    p->depth = c->top > p->depth ? c->top : p->depth;
    p->steps[p->n++] = (step){what, input, number};
    return GT_OK;
}

static void skip(compiler *c)
{
    while (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r') {
        c->at++;
    }
}

static bool take(compiler *c, const char *word)
{
    skip(c);
    size_t n = strlen(word);
    if (strncmp(c->at, word, n) != 0) {
        return false;
    }
    c->at += n;
    return true;
}

static gt_status choice(compiler *c);

static gt_status call(compiler *c, const function *f)
{
    int n = 0;
    gt_status st = GT_OK;
    do {
        st = choice(c);
        n++;
        if (st == GT_OK && f->n_args < 0 && n > 1) {
            st = emit(c, f->op, 0, 0); /* min(a, b, c) is min(min(a, b), c) */
        }
    } while (st == GT_OK && take(c, ","));
    if (st == GT_OK && !take(c, ")")) {
        st = wrong(c, "a bracket is not closed", "括号未闭合");
    }
    if (st == GT_OK && (f->n_args < 0 ? n < 2 : n != f->n_args)) {
        st = wrong(c, "wrong number of arguments before this place", "此处之前的函数参数个数不对");
    }
    return st == GT_OK && f->n_args > 0 ? emit(c, f->op, 0, 0) : st;
}

static bool letter(char ch)
{
    return isalpha((unsigned char)ch) || ch == '_';
}

static gt_status word(compiler *c)
{
    const char *from = c->at;
    while (letter(*c->at) || isdigit((unsigned char)*c->at)) {
        c->at++;
    }
    size_t n = (size_t)(c->at - from);
    for (size_t i = 0; i < c->n_names; i++) {
        if (strlen(c->names[i]) == n && strncmp(c->names[i], from, n) == 0) {
            c->program->used |= 1U << i;
            return emit(c, OP_INPUT, (int)i, 0);
        }
    }
    if (n == 6 && strncmp(from, "nodata", n) == 0) {
        return emit(c, OP_NUMBER, 0, (double)NAN);
    }
    if (n == 2 && strncmp(from, "pi", n) == 0) {
        return emit(c, OP_NUMBER, 0, 3.14159265358979323846);
    }
    for (size_t i = 0; i < N_FUNCTIONS; i++) {
        const function *f = &FUNCTIONS[i];
        if (strlen(f->name) == n && strncmp(f->name, from, n) == 0 && take(c, "(")) {
            return call(c, f);
        }
    }
    c->at = from;
    return wrong(c, "a name that is neither an input nor a function", "既不是输入也不是函数的名称");
}

static gt_status primary(compiler *c)
{
    skip(c);
    if (take(c, "(")) {
        gt_status st = choice(c);
        return st != GT_OK    ? st
               : take(c, ")") ? GT_OK
                              : wrong(c, "a bracket is not closed", "括号未闭合");
    }
    if (letter(*c->at)) {
        return word(c);
    }
    if (isdigit((unsigned char)*c->at) || *c->at == '.') {
        char *end = NULL;
        double v = strtod(c->at, &end);
        if (end == c->at || !isfinite(v)) {
            return wrong(c, "a number is malformed", "数字格式有误");
        }
        c->at = end;
        return emit(c, OP_NUMBER, 0, v);
    }
    return wrong(c, *c->at == '\0' ? "the expression ends too early" : "a value is missing",
                 *c->at == '\0' ? "表达式不完整" : "此处缺少值");
}

static gt_status unary(compiler *c)
{
    gt_status st = GT_OK;
    if (++c->nesting > NESTING) {
        return wrong(c, "nested too deeply", "嵌套过深");
    }
    skip(c);
    if (take(c, "-")) {
        st = unary(c);
        st = st == GT_OK ? emit(c, OP_NEG, 0, 0) : st;
    } else if (c->at[0] == '!' && c->at[1] != '=') {
        c->at++;
        st = unary(c);
        st = st == GT_OK ? emit(c, OP_NOT, 0, 0) : st;
    } else {
        st = primary(c);
        if (st == GT_OK && take(c, "^")) { /* binds to the right: 2^3^2 = 2^9 */
            st = unary(c);
            st = st == GT_OK ? emit(c, OP_POW, 0, 0) : st;
        }
    }
    c->nesting--;
    return st;
}

typedef struct infix {
    const char *text;
    op op;
    int level; /* binds the tighter, the higher */
} infix;

/* Longer signs before those they begin with. */
static const infix INFIX[] = {
    {"||", OP_OR, 0}, {"&&", OP_AND, 1}, {"==", OP_EQ, 2}, {"!=", OP_NE, 2}, {"<=", OP_LE, 2},
    {">=", OP_GE, 2}, {"<", OP_LT, 2},   {">", OP_GT, 2},  {"+", OP_ADD, 3}, {"-", OP_SUB, 3},
    {"*", OP_MUL, 4}, {"/", OP_DIV, 4},  {"%", OP_MOD, 4},
};

static gt_status chain(compiler *c, int level)
{
    if (level == 5) {
        return unary(c);
    }
    gt_status st = chain(c, level + 1);
    for (bool more = true; st == GT_OK && more;) {
        more = false;
        for (size_t i = 0; i < sizeof INFIX / sizeof INFIX[0] && !more; i++) {
            if (INFIX[i].level == level && take(c, INFIX[i].text)) {
                more = true;
                st = chain(c, level + 1);
                st = st == GT_OK ? emit(c, INFIX[i].op, 0, 0) : st;
            }
        }
    }
    return st;
}

static gt_status choice(compiler *c)
{
    if (++c->nesting > NESTING) {
        return wrong(c, "nested too deeply", "嵌套过深");
    }
    gt_status st = chain(c, 0);
    if (st == GT_OK && take(c, "?")) {
        st = choice(c);
        if (st == GT_OK && !take(c, ":")) {
            st = wrong(c, "a ? without its :", "“?”之后缺少“:”");
        }
        st = st == GT_OK ? choice(c) : st;
        st = st == GT_OK ? emit(c, OP_IF, 0, 0) : st;
    }
    c->nesting--;
    return st;
}

static gt_status compile(gt_ctx *ctx, const char *text, const char *const *names, size_t n,
                         program *out)
{
    compiler c = {
        .ctx = ctx, .text = text, .at = text, .names = names, .n_names = n, .program = out};
    memset(out, 0, sizeof *out);
    if (strlen(text) > TEXT_MAX) {
        return wrong(&c, "too long", "过长");
    }
    gt_status st = choice(&c);
    skip(&c);
    return st == GT_OK && *c.at != '\0' ? wrong(&c, "something follows the end", "结尾之后还有内容")
                                        : st;
}

gt_status gt_grid_calc_check(gt_ctx *ctx, const char *expression, const char *const *names,
                             size_t n, uint32_t *used)
{
    program *p = gt_alloc(ctx, 1, sizeof *p);
    gt_status st = p == NULL ? GT_E_MEMORY : compile(ctx, expression, names, n, p);
    if (st == GT_OK && used != NULL) {
        *used = p->used;
    }
    gt_free(ctx, p);
    return st;
}

/* ---- running ------------------------------------------------------------------------------------
 */

#define NONE ((double)NAN)
#define EACH(expr)                                                                                 \
    for (int i = 0; i < PIECE; i++) {                                                              \
        a[i] = (expr);                                                                             \
    }                                                                                              \
    break
/* Nodata makes a comparison nodata. */
#define TEST(expr) EACH(a[i] != a[i] || b[i] != b[i] ? NONE : (expr) ? 1.0 : 0.0)

static void run_one(op what, double *restrict a)
{
    switch ((int)what) {
    case OP_NEG:
        EACH(-a[i]);
    case OP_NOT:
        EACH(a[i] != a[i] ? NONE : a[i] == 0 ? 1.0 : 0.0);
    case OP_ABS:
        EACH(fabs(a[i]));
    case OP_SQRT:
        EACH(sqrt(a[i]));
    case OP_EXP:
        EACH(exp(a[i]));
    case OP_LN:
        EACH(log(a[i]));
    case OP_LOG10:
        EACH(log10(a[i]));
    case OP_SIN:
        EACH(sin(a[i]));
    case OP_COS:
        EACH(cos(a[i]));
    case OP_TAN:
        EACH(tan(a[i]));
    case OP_ATAN:
        EACH(atan(a[i]));
    case OP_FLOOR:
        EACH(floor(a[i]));
    case OP_CEIL:
        EACH(ceil(a[i]));
    case OP_ROUND:
        EACH(round(a[i]));
    case OP_ISNODATA:
        EACH(a[i] != a[i] ? 1.0 : 0.0);
    }
}

static void run_two(op what, double *restrict a, const double *restrict b)
{
    switch ((int)what) {
    case OP_ADD:
        EACH(a[i] + b[i]);
    case OP_SUB:
        EACH(a[i] - b[i]);
    case OP_MUL:
        EACH(a[i] * b[i]);
    case OP_DIV:
        EACH(a[i] / b[i]);
    case OP_MOD:
        EACH(a[i] - b[i] * floor(a[i] / b[i]));
    case OP_POW:
        EACH(a[i] != a[i] || b[i] != b[i] ? NONE : pow(a[i], b[i]));
    case OP_LT:
        TEST(a[i] < b[i]);
    case OP_LE:
        TEST(a[i] <= b[i]);
    case OP_GT:
        TEST(a[i] > b[i]);
    case OP_GE:
        TEST(a[i] >= b[i]);
    case OP_EQ:
        TEST(a[i] == b[i]);
    case OP_NE:
        TEST(a[i] != b[i]);
    case OP_AND:
        TEST(a[i] != 0 && b[i] != 0);
    case OP_OR:
        TEST(a[i] != 0 || b[i] != 0);
    case OP_MIN:
        EACH(a[i] != a[i] || b[i] != b[i] ? NONE : a[i] < b[i] ? a[i] : b[i]);
    case OP_MAX:
        EACH(a[i] != a[i] || b[i] != b[i] ? NONE : a[i] > b[i] ? a[i] : b[i]);
    case OP_ATAN2:
        EACH(atan2(a[i], b[i]));
    case OP_COALESCE:
        EACH(a[i] != a[i] ? b[i] : a[i]);
    }
}

typedef struct algebra {
    const program *program;
    gt_cell type[GT_WALK_MAX]; /* of the buffers */
} algebra;

/* n values of a buffer as reals; the rest of the piece is left as it was. */
static void load(gt_cell type, const void *cells, size_t at, int n, double *restrict to)
{
    if (type == GT_CELL_F32) {
        const float *restrict f = (const float *)cells + at;
        for (int i = 0; i < n; i++) {
            to[i] = (double)f[i];
        }
    } else if (type == GT_CELL_I32) {
        const int32_t *restrict v = (const int32_t *)cells + at;
        for (int i = 0; i < n; i++) {
            to[i] = v[i] == GT_NODATA_I32 ? NONE : (double)v[i];
        }
    } else {
        memcpy(to, (const double *)cells + at, (size_t)n * sizeof *to);
    }
}

static void run_piece(const algebra *g, const gt_block *b, int row, int col, int n,
                      double (*stack)[PIECE])
{
    int top = 0;
    for (int s = 0; s < g->program->n; s++) {
        const step *t = &g->program->steps[s];
        if (t->op == OP_NUMBER) {
            for (int i = 0; i < PIECE; i++) {
                stack[top][i] = t->number;
            }
            top++;
        } else if (t->op == OP_INPUT) {
            const gt_plane *in = &b->in[t->input];
            load(g->type[t->input], in->cells, (size_t)row * in->stride + (size_t)col, n,
                 stack[top++]);
        } else if (t->op < OP_ADD) {
            run_one(t->op, stack[top - 1]);
        } else if (t->op < OP_IF) {
            top--;
            run_two(t->op, stack[top - 1], stack[top]);
        } else {
            top -= 2;
            double *restrict a = stack[top - 1];
            const double *restrict yes = stack[top], *restrict no = stack[top + 1];
            for (int i = 0; i < PIECE; i++) {
                double v = a[i] != 0 ? yes[i] : no[i];
                a[i] = a[i] != a[i] ? NONE : v;
            }
        }
    }
}

static gt_status algebra_block(gt_ctx *ctx, void *user, const gt_block *b)
{
    const algebra *g = user;
    double(*stack)[PIECE] = b->scratch;
    for (int r = 0; r < b->n_rows; r++) {
        double *out = (double *)b->out[0].cells + (size_t)r * b->out[0].stride;
        for (int c = 0; c < b->n_cols; c += PIECE) {
            int n = b->n_cols - c < PIECE ? b->n_cols - c : PIECE;
            run_piece(g, b, r, c, n, stack);
            for (int i = 0; i < n; i++) { /* infinities are nodata too: x - x is not 0 */
                out[c + i] = stack[0][i] - stack[0][i] == 0 ? stack[0][i] : NONE;
            }
        }
    }
    return gt_check_cancel(ctx);
}

/* As algebra_block, to float32: half the bytes to move. */
static gt_status algebra_block_f32(gt_ctx *ctx, void *user, const gt_block *b)
{
    const algebra *g = user;
    double(*stack)[PIECE] = b->scratch;
    for (int r = 0; r < b->n_rows; r++) {
        float *out = (float *)b->out[0].cells + (size_t)r * b->out[0].stride;
        for (int c = 0; c < b->n_cols; c += PIECE) {
            int n = b->n_cols - c < PIECE ? b->n_cols - c : PIECE;
            run_piece(g, b, r, c, n, stack);
            for (int i = 0; i < n; i++) {
                float v = (float)stack[0][i];
                out[c + i] = v - v == 0 ? v : (float)NAN;
            }
        }
    }
    return gt_check_cancel(ctx);
}

gt_status gt_grid_calc(gt_ctx *ctx, const char *expression, const char *const *names,
                       gt_grid *const *in, size_t n, gt_grid *out)
{
    gt_walk_input inputs[GT_WALK_MAX];
    algebra g = {0};
    gt_walk walk;
    if (n > GT_WALK_MAX) {
        return gt_fail(ctx, GT_E_USAGE, &GT_MSG_GRID_WALK, GT_NOWHERE,
                       GT_ARGS(GT_TEXT("what", "number of grids")));
    }
    program *p = gt_alloc(ctx, 1, sizeof *p);
    gt_status st = p == NULL ? GT_E_MEMORY : compile(ctx, expression, names, n, p);
    g.program = p;
    for (size_t i = 0; i < n; i++) {
        gt_cell file = gt_grid_facts(in[i])->type;
        g.type[i] = file == GT_CELL_F64   ? GT_CELL_F64
                    : file == GT_CELL_I32 ? GT_CELL_I32
                                          : GT_CELL_F32;
        inputs[i] = (gt_walk_input){in[i], g.type[i], 0};
    }
    bool single = gt_grid_facts(out)->type == GT_CELL_F32;
    const gt_walk_output to = {out, single ? GT_CELL_F32 : GT_CELL_F64};
    gt_walk_init(&walk);
    walk.in = inputs;
    walk.n_in = (int)n;
    walk.out = &to;
    walk.n_out = 1;
    walk.scratch = sizeof(double[DEPTH][PIECE]);
    if (st == GT_OK) {
        st = gt_grid_walk(ctx, &walk, single ? algebra_block_f32 : algebra_block, &g);
    }
    gt_free(ctx, p);
    return st;
}
