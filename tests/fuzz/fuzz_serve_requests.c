/* Whole requests against a small workspace: method and target, header fields, an empty line, the
 * body. Every route and every kind of body is reached; who asks holds a token of the founder,
 * unless the request says "Anonymous: yes". Whatever comes, the answer has a status, is JSON where
 * it says so, is no fault of ours (500), and does not tell where the workspace is. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "guotu/serve.h"
#include "serve/access.h"
#include "support/support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char ledger[] =
    "\n- ledger: works\n  title: {zh: w, en: Works}\n  clauses: [TST-005]\n  place: polygon\n"
    "  subject: piece\n  fields:\n"
    "    - {name: name, type: text, required: true, length: 10, zh: n, en: Name}\n"
    "    - {name: cost, type: real, min: 0, zh: c, en: Cost}\n"
    "    - {name: start, type: date, zh: s, en: Start}\n"
    "  states: [{state: planned, title: {zh: p, en: P}}, {state: done, title: {zh: d, en: D}, "
    "final: true}]\n"
    "  moves: [{move: end, title: {zh: e, en: E}, from: [planned], to: done, when: \"cost > 0\"}]\n"
    "\n- layer: plots\n  title: {zh: p, en: Plots}\n  theme: base\n  geometry: polygon\n"
    "  source: test\n  subject: piece\n  qc: {no_overlap: true}\n"
    "  fields: [{name: code, type: text, length: 20, zh: c, en: C}, {name: n, type: int, min: 0, "
    "zh: n, en: N}, {name: day, type: date, zh: d, en: D}]\n";

typedef struct town {
    gt_ctx *ctx;
    char *dir;
    gt_package *package;
    gt_web web;
    gt_desk desk;
    char bearer[GT_SECRET_HEX + 16];
} town;

static void must(bool yes)
{
    if (!yes) {
        abort();
    }
}

static void copy_package(const char *dir)
{
    static const char *const files[] = {"package.yaml", "clauses.csv", "all.yaml"};
    char from[4096], to[4096];
    (void)snprintf(to, sizeof to, "mkdir -p %s/package", dir);
    must(system(to) == 0);
    for (size_t i = 0; i < 3; i++) {
        size_t len = 0;
        (void)snprintf(from, sizeof from, "%s/tests/check/package/%s", GT_SOURCE_DIR, files[i]);
        (void)snprintf(to, sizeof to, "%s/package/%s", dir, files[i]);
        char *text = test_read_file(from, &len);
        char *whole = malloc(len + sizeof ledger);
        must(text != NULL && whole != NULL);
        memcpy(whole, text, len);
        memcpy(whole + len, ledger, sizeof ledger);
        test_write_file(to, whole, i == 2 ? len + sizeof ledger - 1 : len);
        free(whole);
        free(text);
    }
}

static void fill(gt_ctx *ctx, gt_store *store, const gt_package *package)
{
    gt_commit *c = NULL;
    gt_geom g;
    uint8_t *blob = NULL;
    size_t cap = 0, len = 0;
    int64_t revision = 0;
    static const double xy[] = {500000,  4430000, 502000,  4430000, 502000,
                                4432000, 500000,  4432000, 500000,  4430000};
    const gt_commit_info info = {.author = "t", .message = "t", .expect_revision = -1};
    const gt_value name = {.kind = GT_VAL_TEXT, .text = "west", .len = 4};
    must(gt_commit_begin(ctx, store, &info, &c) == GT_OK);
    for (size_t i = 0; i < gt_package_n_layers(package); i++) {
        must(gt_commit_define_layer(ctx, c, gt_package_layer(package, i), GT_ORIGIN_GENERATED) ==
             GT_OK);
    }
    gt_geom_init(&g);
    gt_geom_reset(&g, GT_POLYGON);
    for (size_t i = 0; i < 5; i++) {
        must(gt_geom_add_point(ctx, &g, xy[2 * i], xy[2 * i + 1]) == GT_OK);
    }
    must(gt_geom_end_ring(ctx, &g) == GT_OK && gt_geom_end_part(ctx, &g) == GT_OK);
    must(gt_geom_to_gpkg(ctx, &g, gt_store_srs_id(store), &blob, &cap, &len) == GT_OK);
    const gt_feature f = {.id = "west",
                          .valid_from = GT_DATE_NONE,
                          .valid_to = GT_DATE_NONE,
                          .blob = blob,
                          .blob_len = len,
                          .box = gt_geom_box(&g),
                          .values = &name,
                          .n_values = 1};
    must(gt_commit_put(ctx, c, "districts", &f, 4e6) == GT_OK);
    must(gt_commit_finish(ctx, c, &revision) == GT_OK);
    gt_free(ctx, blob);
    gt_geom_free(ctx, &g);
}

static void open_town(town *t)
{
    char workspace[4096], packages[4096], who[65], password[GT_FIRST_PASSWORD];
    char token[GT_SECRET_HEX + 3];
    gt_store_options options;
    gt_store *store = NULL;
    gt_notes *notes = NULL;
    bool made = false;
    int64_t number = 0;
    t->ctx = test_ctx();
    t->dir = test_dir();
    copy_package(t->dir);
    (void)snprintf(workspace, sizeof workspace, "%s/w", t->dir);
    (void)snprintf(packages, sizeof packages, "%s/package", t->dir);
    must(gt_notes_new(t->ctx, 0, &notes) == GT_OK);
    must(gt_package_read(t->ctx, packages, notes, &t->package) == GT_OK);
    gt_notes_free(notes);
    gt_store_options_init(&options);
    options.crs = gt_package_crs(t->package);
    options.title = gt_package_title(t->package);
    must(gt_store_create(t->ctx, workspace, &options, &store) == GT_OK);
    fill(t->ctx, store, t->package);
    gt_store_close(store);
    must(gt_serve_first_account(t->ctx, workspace, who, password, &made) == GT_OK && made);
    const gt_desk_setup setup = {
        .workspace = workspace, .package = t->package, .web = &t->web, .accounts = true};
    must(gt_desk_open(t->ctx, &setup, &t->desk) == GT_OK);
    must(gt_token_issue(t->ctx, t->desk.accounts, who, "fuzz", 1, token, &number) == GT_OK);
    (void)snprintf(t->bearer, sizeof t->bearer, "Bearer %s", token);
}

static town *the_town;

static void close_town(void)
{
    gt_desk_close(&the_town->desk);
    gt_package_free(the_town->package);
    test_dir_remove(the_town->dir);
    gt_ctx_free(the_town->ctx);
    free(the_town);
    the_town = NULL;
}

/* "Name: value" to the member of the request. */
static void read_field(gt_request *r, char *line, bool *anonymous)
{
    char *value = strstr(line, ": ");
    if (value == NULL) {
        return;
    }
    *value = '\0';
    value += 2;
    const struct {
        const char *name;
        const char **to;
    } fields[] = {{"Content-Type", &r->content_type},
                  {"Content-Crs", &r->content_crs},
                  {"If-Match", &r->if_match},
                  {"If-None-Match", &r->if_none_match},
                  {"X-Reason", &r->reason},
                  {"Prefer", &r->prefer},
                  {"Cookie", &r->cookie},
                  {"X-CSRF-Token", &r->csrf},
                  {"Accept-Language", &r->accept_language}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (strcasecmp(fields[i].name, line) == 0) {
            *fields[i].to = value;
        }
    }
    *anonymous = *anonymous || strcasecmp(line, "Anonymous") == 0;
    if (strcasecmp(line, "Accept-Encoding") == 0) {
        r->encoding = gt_request_encoding(value);
    }
}

static void look_at(const town *t, const gt_reply *reply, const uint8_t *data, size_t size)
{
    const char *body = gt_text_cstr(&reply->body);
    must(reply->status >= 200 && reply->status < 600 && reply->status != 500);
    must(reply->type != NULL);
    bool is_json = strstr(reply->type, "json") != NULL && strstr(reply->type, "jsonl") == NULL;
    if (is_json && reply->body.len > 0 && reply->file == NULL && reply->encoding == GT_AS_IS) {
        json_error_t error;
        json_t *root = json_loadb(body, reply->body.len, 0, &error);
        if (root == NULL) {
            (void)fprintf(stderr, "%s\n%.300s\n", error.text, body);
        }
        must(root != NULL);
        json_decref(root);
        /* what the request itself says may come back */
        must(strstr(body, t->dir) == NULL || memmem(data, size, t->dir, strlen(t->dir)) != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (the_town == NULL) {
        the_town = calloc(1, sizeof *the_town);
        must(the_town != NULL);
        open_town(the_town);
        (void)atexit(close_town);
    }
    town *t = the_town;
    char *text = malloc(size + 1);
    must(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    gt_request request = {.base = "http://h", .client = "1", .raw_query = ""};
    gt_reply reply = {.status = 200, .type = "application/json"};
    bool anonymous = false;
    char *line = text, *end = strchr(line, '\n'), *target = NULL;
    if (end != NULL) {
        *end = '\0';
        target = strchr(line, ' ');
    }
    if (target != NULL) {
        *target++ = '\0';
        gt_arena_reset(t->desk.arena);
        gt_text_init(&reply.body, t->ctx, GT_REPLY_MAX);
        request.method = line;
        gt_status st = gt_request_target(t->ctx, t->desk.arena, target, &request);
        request.base = "http://h";
        char *next = end + 1;
        while ((end = strchr(next, '\n')) != NULL && end != next) {
            *end = '\0';
            read_field(&request, next, &anonymous);
            next = end + 1;
        }
        request.body = end == NULL ? next : end + 1;
        request.body_len = size - (size_t)(request.body - text);
        request.authorization = anonymous ? NULL : t->bearer;
        t->desk.deadline = gt_clock() + 10;
        if (st == GT_OK) {
            gt_desk_answer(&t->desk, &request, &reply);
        } else {
            gt_desk_problem(&t->desk, &request, &reply);
        }
        look_at(t, &reply, data, size);
        gt_text_free(&reply.body);
        gt_error_clear(t->ctx);
    }
    free(text);
    return 0;
}
