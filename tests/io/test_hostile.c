/* guotu-io as an enemy: dies, lies, says nothing; and files made to do harm to the true one. */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io/info.h"
#include "io/messages.h"
#include "io/wire.h"
#include "make.h"

typedef struct fixture {
    gt_ctx *ctx;
    char *dir, *temp;
    gt_source_options o;
    int n_fds;
} fixture;

static int n_entries(const char *dir)
{
    int n = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    }
    (void)closedir(d);
    return n;
}

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->ctx = test_ctx();
    f->dir = test_dir();
    f->temp = test_dir();
    gt_source_options_init(&f->o);
    put_text(test_path(f->dir, "x.csv"), "WKT,n\n\"POINT(1 2)\",1\n");
    (void)setenv("TMPDIR", f->temp, 1);
    f->n_fds = n_entries("/proc/self/fd");
    *state = f;
    return 0;
}

/* Whatever happened: no memory, no descriptor, no temporary file and no zombie is left. */
static int teardown(void **state)
{
    fixture *f = *state;
    (void)unsetenv("GUOTU_IO");
    (void)unsetenv("TMPDIR");
    const bool clean = gt_ctx_memory_used(f->ctx) == 0 && n_entries("/proc/self/fd") == f->n_fds &&
                       n_entries(f->temp) == 0 && waitpid(-1, NULL, WNOHANG) == -1 &&
                       errno == ECHILD;
    gt_ctx_free(f->ctx);
    test_dir_remove(f->temp);
    test_dir_remove(f->dir);
    free(f);
    return clean ? 0 : -1;
}

/* GUOTU_IO becomes a script. */
static void fake(fixture *f, const char *script)
{
    const char *path = test_path(f->dir, "guotu-io");
    (void)unlink(path);
    put_text(path, script);
    assert_int_equal(chmod(path, S_IRWXU), 0);
    assert_int_equal(setenv("GUOTU_IO", path, 1), 0);
}

static gt_status open_fails(fixture *f, const char *name)
{
    gt_source *s = NULL;
    gt_status st = gt_source_open(f->ctx, test_path(f->dir, name), &f->o, &s);
    assert_null(s);
    return st;
}

/* ---- a program that is not ours -------------------------------------------------------------- */

static void program_missing(void **state)
{
    fixture *f = *state;
    assert_int_equal(setenv("GUOTU_IO", "/no/such/program", 1), 0);
    assert_int_equal(open_fails(f, "x.csv"), GT_E_ENV);
    gt_text t;
    gt_text_init(&t, f->ctx, 0);
    gt_error_render(f->ctx, GT_LANG_EN, &t);
    assert_non_null(strstr(gt_text_cstr(&t), "/no/such/program"));
    gt_text_free(&t);
    assert_fails(f->ctx, GT_E_ENV, GT_E_ENV, "io.program-missing");
    fake(f, "#!/no/such/interpreter\n");
    assert_fails(f->ctx, open_fails(f, "x.csv"), GT_E_ENV, "io.program-start");
}

static void program_that_ends_at_once(void **state)
{
    fixture *f = *state;
    fake(f, "#!/bin/sh\nexit 3\n");
    assert_fails(f->ctx, open_fails(f, "x.csv"), GT_E_INPUT, "io.reader-stopped");
    fake(f, "#!/bin/sh\nexit 0\n");
    assert_fails(f->ctx, open_fails(f, "x.csv"), GT_E_ENV, "io.protocol");
    fake(f, "#!/bin/sh\nkill -SEGV $$\n");
    assert_fails(f->ctx, open_fails(f, "x.csv"), GT_E_INPUT, "io.reader-stopped");
    fake(f, "#!/bin/sh\nkill -KILL $$\n");
    assert_fails(f->ctx, open_fails(f, "x.csv"), GT_E_ENV, "io.reader-killed");
    fake(f, "#!/bin/sh\nulimit -t 1\nwhile :; do :; done\n");
    f->o.time_limit_s = 1;
    assert_fails(f->ctx, open_fails(f, "x.csv"), GT_E_LIMIT, "io.time-limit");
    fake(f, "#!/bin/sh\nexec 4>&-\nexec sleep 1000\n"); /* closes the channel and stays */
    assert_fails(f->ctx, open_fails(f, "x.csv"), GT_E_ENV, "io.protocol");
}

static void random_answers(void **state)
{
    fixture *f = *state;
    fake(f, "#!/bin/sh\nexec head -c 300000 /dev/urandom >&4\n");
    for (int i = 0; i < 5; i++) {
        assert_fails(f->ctx, open_fails(f, "x.csv"), GT_E_ENV, "io.protocol");
    }
}

/* ---- a program that speaks our language and lies --------------------------------------------- */

static void add_frame(gt_wire *all, gt_frame type, const gt_wire *payload, uint64_t claimed)
{
    uint8_t head[GT_WIRE_HEAD];
    gt_wire_head(head, type, claimed);
    gt_wire_bytes(all, head, sizeof head);
    if (payload != NULL) {
        gt_wire_bytes(all, payload->data, payload->len);
    }
}

/* A greeting and a layer of one text field. */
static void add_opening(fixture *f, gt_wire *all)
{
    static const gt_source_field field = {.name = "n", .type = GT_FIELD_TEXT};
    static const gt_source_info info = {.driver = "CSV",
                                        .layer = "x",
                                        .encoding_used = "UTF-8",
                                        .n_features = 1,
                                        .fields = &field,
                                        .n_fields = 1};
    gt_wire w;
    gt_wire_init(&w, f->ctx);
    gt_wire_u32(&w, 0);
    add_frame(all, GT_FRAME_HELLO, &w, w.len);
    gt_wire_clear(&w);
    gt_info_put(&w, &info);
    add_frame(all, GT_FRAME_INFO, &w, w.len);
    gt_wire_free(&w);
}

/* The fake greets with the first frame, waits for the ask, and says the rest. */
static void say(fixture *f, const gt_wire *all)
{
    enum { GREETING = GT_WIRE_HEAD + 4 };
    test_write_file(test_path(f->dir, "hello"), all->data, GREETING);
    test_write_file(test_path(f->dir, "rest"), all->data + GREETING, all->len - GREETING);
    char script[8192];
    (void)snprintf(script, sizeof script,
                   "#!/bin/sh\ncat '%s' >&4\nhead -c 16 <&3 >/dev/null\nexec cat '%s' >&4\n",
                   test_path(f->dir, "hello"), test_path(f->dir, "rest"));
    fake(f, script);
}

static void other_versions_are_told(void **state)
{
    fixture *f = *state;
    gt_wire all;
    gt_wire_init(&all, f->ctx);
    add_opening(f, &all);
    all.data[4] = 99;
    say(f, &all);
    assert_fails(f->ctx, open_fails(f, "x.csv"), GT_E_ENV, "io.program-version");
    gt_wire_free(&all);
}

static void claims_are_not_believed(void **state)
{
    fixture *f = *state;
    static const gt_frame types[] = {GT_FRAME_BATCH, GT_FRAME_ERROR, GT_FRAME_END, GT_FRAME_RASTER};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        for (int big = 0; big < 3; big++) {
            gt_wire all;
            gt_wire_init(&all, f->ctx);
            add_opening(f, &all);
            add_frame(&all, types[i], NULL, big == 0 ? 0 : big == 1 ? GT_WIRE_MAX : UINT64_MAX);
            say(f, &all);
            gt_wire_free(&all);
            gt_source *s = NULL;
            counted c;
            assert_ok(f->ctx, gt_source_open(f->ctx, test_path(f->dir, "x.csv"), &f->o, &s));
            assert_fails(f->ctx, read_all(f->ctx, s, &c), GT_E_ENV, "io.protocol");
            gt_source_close(s);
            assert_true(gt_ctx_memory_peak(f->ctx) < 1 << 20); /* 1 GiB was claimed */
        }
    }
}

static void unknown_messages_are_refused(void **state)
{
    fixture *f = *state;
    gt_wire all, w;
    gt_wire_init(&all, f->ctx);
    gt_wire_init(&w, f->ctx);
    add_opening(f, &all);
    gt_wire_i32(&w, GT_E_INPUT);
    gt_wire_text(&w, "no.such-message");
    add_frame(&all, GT_FRAME_ERROR, &w, w.len);
    say(f, &all);
    gt_source *s = NULL;
    counted c;
    assert_ok(f->ctx, gt_source_open(f->ctx, test_path(f->dir, "x.csv"), &f->o, &s));
    assert_fails(f->ctx, read_all(f->ctx, s, &c), GT_E_ENV, "io.protocol");
    gt_source_close(s);
    gt_wire_free(&w);
    gt_wire_free(&all);
}

static void *cancel_soon(void *ctx)
{
    const struct timespec t = {.tv_nsec = 100000000};
    (void)nanosleep(&t, NULL);
    gt_cancel(ctx);
    return NULL;
}

static void silence_can_be_cancelled(void **state)
{
    fixture *f = *state;
    pthread_t thread;
    fake(f, "#!/bin/sh\nexec sleep 1000\n");
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, f->ctx), 0);
    assert_fails(f->ctx, open_fails(f, "x.csv"), GT_E_CANCELLED, "base.cancelled");
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* ---- the true program, killed at work -------------------------------------------------------- */

static void killed_in_the_middle(void **state)
{
    fixture *f = *state;
    static const char *const signals[] = {"SEGV", "ABRT", "KILL"};
    make_squares(f->dir, "big.geojson", 30000);
    convert(f->dir, "GPKG", "big.gpkg", "big.geojson", "");
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        char script[8192];
        (void)snprintf(script, sizeof script,
                       "#!/bin/sh\n(sleep 1; kill -%s $$) 4>&- &\nexec '%s/guotu-io' \"$@\"\n",
                       signals[i], GT_BINARY_DIR);
        fake(f, script);
        gt_source *s = NULL;
        assert_ok(f->ctx, gt_source_open(f->ctx, test_path(f->dir, "big.gpkg"), &f->o, &s));
        const struct timespec t = {.tv_sec = 2}; /* the pipe is full, the child waits: dead now */
        (void)nanosleep(&t, NULL);
        counted c;
        const gt_status st = read_all(f->ctx, s, &c);
        assert_true(c.n > 0 && c.n < 30000); /* what it had sent is good */
        assert_int_equal(gt_error_place(f->ctx) != NULL, true);
        assert_fails(f->ctx, st, i < 2 ? GT_E_INPUT : GT_E_ENV,
                     i < 2 ? "io.reader-stopped" : "io.reader-killed");
        gt_source_close(s);
    }
}

static void killed_while_writing(void **state)
{
    fixture *f = *state;
    static const gt_field field = {.name = "name", .type = GT_FIELD_TEXT};
    static const gt_standard standard = {
        .id = "t", .geom_type = GT_GEOM_NONE, .fields = &field, .n_fields = 1};
    const gt_value value = {.kind = GT_VAL_TEXT, .text = "x", .len = 1};
    const gt_feature feature = {.id = "a",
                                .valid_from = GT_DATE_NONE,
                                .valid_to = GT_DATE_NONE,
                                .values = &value,
                                .n_values = 1};
    char script[8192];
    (void)snprintf(script, sizeof script,
                   "#!/bin/sh\n(sleep 1; kill -SEGV $$) 4>&- 3<&- &\nexec '%s/guotu-io' \"$@\"\n",
                   GT_BINARY_DIR);
    fake(f, script);
    put_text(test_path(f->dir, "t.csv"), "what was there");
    const int before = n_entries(f->dir);
    gt_sink_options o;
    gt_sink_options_init(&o);
    o.overwrite = true;
    gt_sink *k = NULL;
    assert_ok(f->ctx,
              gt_sink_open_with(f->ctx, test_path(f->dir, "t.csv"), &standard, NULL, &o, &k));
    gt_status st = GT_OK;
    for (long i = 0; i < 100000000 && st == GT_OK; i++) {
        st = gt_sink_put(f->ctx, k, &feature);
    }
    assert_fails(f->ctx, st, GT_E_ENV, "io.writer-stopped");
    gt_sink_abort(k);
    assert_int_equal(n_entries(f->dir), before);
    size_t len = 0;
    char *text = test_read_file(test_path(f->dir, "t.csv"), &len);
    assert_string_equal(text, "what was there");
    free(text);
}

static void early_close_ends_the_child(void **state)
{
    fixture *f = *state;
    make_squares(f->dir, "big.geojson", 30000);
    for (int i = 0; i < 5; i++) {
        gt_source *s = NULL;
        gt_source_feature ft;
        bool more = false;
        assert_ok(f->ctx, gt_source_open(f->ctx, test_path(f->dir, "big.geojson"), &f->o, &s));
        assert_ok(f->ctx, gt_source_next(f->ctx, s, &ft, &more));
        gt_source_close(s);
    }
    gt_source_close(NULL);
}

static void many_at_once(void **state)
{
    fixture *f = *state;
    enum { N = 8 };
    gt_source *s[N] = {NULL};
    make_squares(f->dir, "s.geojson", 200);
    for (int i = 0; i < N; i++) {
        assert_ok(f->ctx, gt_source_open(f->ctx, test_path(f->dir, "s.geojson"), &f->o, &s[i]));
    }
    for (int i = N - 1; i >= 0; i--) {
        counted c;
        assert_ok(f->ctx, read_all(f->ctx, s[i], &c));
        assert_int_equal(c.n, 200);
        gt_source_close(s[i]);
    }
}

/* The parent is killed: the child ends, and takes its folder with it. */
static void orphans_clean_up(void **state)
{
    fixture *f = *state;
    make_squares(f->dir, "big.geojson", 30000);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        gt_source *s = NULL;
        const gt_status st = gt_source_open(f->ctx, test_path(f->dir, "big.geojson"), &f->o, &s);
        _exit(st == GT_OK ? 0 : 1); /* without a word to the child */
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    const struct timespec t = {.tv_nsec = 20000000};
    for (int i = 0; i < 500 && n_entries(f->temp) > 0; i++) {
        (void)nanosleep(&t, NULL);
    }
    assert_int_equal(n_entries(f->temp), 0);
}

/* ---- walls ----------------------------------------------------------------------------------- */

static void walls_stand(void **state)
{
    fixture *f = *state;
    char script[8192], path[64], *text = NULL;
    size_t len = 0;
    (void)snprintf(script, sizeof script,
                   "#!/bin/sh\necho $$ >'%s/pid'\nexec '%s/guotu-io' \"$@\"\n", f->dir,
                   GT_BINARY_DIR);
    fake(f, script);
    assert_int_equal(setenv("SECRET_TOKEN", "swordfish", 1), 0);
    gt_source *s = NULL;
    make_squares(f->dir, "big.geojson", 30000);
    assert_ok(f->ctx, gt_source_open(f->ctx, test_path(f->dir, "big.geojson"), &f->o, &s));
    const uint32_t guards = gt_source_guards(s);
    assert_true((guards & GT_GUARD_LIMITS) != 0);
    assert_true((guards & GT_GUARD_NO_PRIVS) != 0);
    assert_true((guards & GT_GUARD_SECCOMP) != 0);
    char *pid = test_read_file(test_path(f->dir, "pid"), &len);
    pid[strcspn(pid, "\n")] = '\0';
    (void)snprintf(path, sizeof path, "/proc/%s/status", pid);
    text = test_read_file(path, &len);
    assert_non_null(strstr(text, "Seccomp:\t2"));
    assert_non_null(strstr(text, "NoNewPrivs:\t1"));
    free(text);
    (void)snprintf(path, sizeof path, "/proc/%s/environ", pid);
    text = test_read_file(path, &len);
    assert_null(memmem(text, len, "swordfish", 9));
    free(text);
    (void)snprintf(path, sizeof path, "/proc/%s/fd", pid);
    assert_true(n_entries(path) <= 12); /* five of ours, the file, proj.db and its journal */
    free(pid);
    gt_source_close(s);
    (void)unsetenv("SECRET_TOKEN");
}

/* The child may read the folder of its file, nothing beside it. */
static void links_do_not_lead_out(void **state)
{
    fixture *f = *state;
    char *secret = test_dir();
    make_squares(f->dir, "s.geojson", 2);
    convert(f->dir, "ESRI Shapefile", "s.shp", "s.geojson", "");
    assert_int_equal(rename(test_path(f->dir, "s.dbf"), test_path(secret, "secret.dbf")), 0);
    assert_int_equal(symlink(test_path(secret, "secret.dbf"), test_path(f->dir, "s.dbf")), 0);
    gt_source *s = NULL;
    assert_ok(f->ctx, gt_source_open(f->ctx, test_path(f->dir, "s.shp"), &f->o, &s));
    const bool walled = (gt_source_guards(s) & GT_GUARD_FILES) != 0;
    print_message("landlock: %s\n", walled ? "yes" : "not in this kernel");
    if (walled) {
        assert_int_equal(gt_source_info_of(s)->n_fields, 0); /* the table is out of reach */
    }
    gt_source_close(s);
    /* a link to the file itself is what the user named: its folder counts too */
    assert_int_equal(symlink(test_path(f->dir, "s.geojson"), test_path(secret, "l.geojson")), 0);
    counted c;
    assert_ok(f->ctx, gt_source_open(f->ctx, test_path(secret, "l.geojson"), &f->o, &s));
    assert_ok(f->ctx, read_all(f->ctx, s, &c));
    assert_int_equal(c.n, 2);
    gt_source_close(s);
    test_dir_remove(secret);
}

/* ---- bombs ----------------------------------------------------------------------------------- */

static void memory_limit_is_met(void **state)
{
    fixture *f = *state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    test_skip("no memory limit under a sanitizer");
#endif
    FILE *g =
        fopen(test_path(f->dir, "m.geojson"), "w"); /* one object of 24 MB must be held whole */
    assert_non_null(g);
    (void)fputs("{\"type\":\"Polygon\",\"coordinates\":[[[0,0]", g);
    for (int i = 0; i < 1500000; i++) {
        (void)fprintf(g, ",[%d.25,%d.5]", i % 180, i % 90);
    }
    (void)fputs(",[0,0]]]}", g);
    assert_int_equal(fclose(g), 0);
    f->o.memory_limit = 96 << 20;
    assert_fails(f->ctx, open_fails(f, "m.geojson"), GT_E_LIMIT, "io.memory-limit");
    f->o.memory_limit = 0;
    gt_source *s = NULL;
    counted c;
    assert_ok(f->ctx, gt_source_open(f->ctx, test_path(f->dir, "m.geojson"), &f->o, &s));
    assert_ok(f->ctx,
              read_all(f->ctx, s, &c)); /* and 1.5 million points are no trouble in themselves */
    assert_int_equal(c.n, 1);
    assert_int_equal(c.faults, 0);
    gt_source_close(s);
}

static void deep_nesting(void **state)
{
    fixture *f = *state;
    enum { DEPTH = 200000 };
    char *text = malloc(DEPTH + 100);
    assert_non_null(text);
    const size_t n = (size_t)snprintf(text, 100, "{\"type\":\"Polygon\",\"coordinates\":");
    memset(text + n, '[', DEPTH);
    test_write_file(test_path(f->dir, "deep.geojson"), text, n + DEPTH);
    assert_fails(f->ctx, open_fails(f, "deep.geojson"), GT_E_INPUT, NULL);
    free(text);
    FILE *g = fopen(test_path(f->dir, "deep.csv"), "w");
    assert_non_null(g);
    (void)fputs("WKT,n\n\"", g);
    for (int i = 0; i < 20000; i++) {
        (void)fputs("GEOMETRYCOLLECTION(", g);
    }
    (void)fputs("\",1\n\"POINT(1 2)\",2\n", g);
    assert_int_equal(fclose(g), 0);
    gt_source *s = NULL;
    counted c;
    assert_ok(f->ctx, gt_source_open(f->ctx, test_path(f->dir, "deep.csv"), &f->o, &s));
    assert_ok(f->ctx, read_all(f->ctx, s, &c));
    assert_int_equal(c.n, 2);
    assert_int_equal(c.faults, 1);
    gt_source_close(s);
}

static void entity_bomb(void **state)
{
    fixture *f = *state;
    FILE *g = fopen(test_path(f->dir, "b.kml"), "w");
    assert_non_null(g);
    (void)fputs("<?xml version=\"1.0\"?>\n<!DOCTYPE kml [<!ENTITY a0 \"aaaaaaaaaa\">\n", g);
    for (int i = 1; i < 10; i++) {
        (void)fprintf(g, "<!ENTITY a%d \"&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;&a%d;\">\n",
                      i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    }
    (void)fputs(
        "]>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document><Placemark><name>&a9;"
        "</name><Point><coordinates>1,2</coordinates></Point></Placemark></Document></kml>\n",
        g);
    assert_int_equal(fclose(g), 0);
    f->o.time_limit_s = 20;
    f->o.memory_limit = 512 << 20;
    gt_source *s = NULL;
    counted c;
    gt_status st = gt_source_open(f->ctx, test_path(f->dir, "b.kml"), &f->o, &s);
    if (st == GT_OK) {
        st = read_all(f->ctx, s, &c);
    }
    assert_true(st == GT_E_INPUT || st == GT_E_LIMIT || (st == GT_OK && c.n <= 1));
    gt_error_clear(f->ctx);
    gt_source_close(s);
}

static uint32_t le32(const char *p)
{
    uint32_t v = 0;
    memcpy(&v, p, 4);
    return v;
}

/* dir/to: a zip archive of one file `inner`, whose deflated bytes are those of the gzip file. */
static void zip_of_gzip(fixture *f, const char *gz, const char *to, const char *inner)
{
    size_t len = 0;
    char *in = test_read_file(test_path(f->dir, gz), &len);
    assert_non_null(in);
    const uint32_t packed = (uint32_t)len - 18, crc = le32(in + len - 8), size = le32(in + len - 4);
    gt_wire z;
    gt_wire_init(&z, f->ctx);
    const uint16_t n = (uint16_t)strlen(inner);
    for (int central = 0; central < 2; central++) {
        if (central == 1) {
            gt_wire_bytes(&z, in + 10, packed);
        }
        gt_wire_u32(&z, central == 0 ? 0x04034B50 : 0x02014B50);
        gt_wire_u16(&z, 20);
        for (int i = 0; i < central; i++) {
            gt_wire_u16(&z, 20);
        }
        gt_wire_u16(&z, 0);
        gt_wire_u16(&z, 8); /* deflate */
        gt_wire_u32(&z, 0);
        gt_wire_u32(&z, crc);
        gt_wire_u32(&z, packed);
        gt_wire_u32(&z, size);
        gt_wire_u16(&z, n);
        gt_wire_u16(&z, 0);
        for (int i = 0; i < 7 * central; i++) {
            gt_wire_u16(&z, 0); /* comment, disk, attributes, offset */
        }
        gt_wire_bytes(&z, inner, n);
    }
    const uint32_t directory = 30U + n + packed;
    gt_wire_u32(&z, 0x06054B50);
    gt_wire_u32(&z, 0);
    gt_wire_u16(&z, 1);
    gt_wire_u16(&z, 1);
    gt_wire_u32(&z, 46U + n);
    gt_wire_u32(&z, directory);
    gt_wire_u16(&z, 0);
    test_write_file(test_path(f->dir, to), z.data, z.len);
    gt_wire_free(&z);
    free(in);
}

static void make_zip(fixture *f, const char *command, const char *to, const char *inner)
{
    char all[8192];
    (void)snprintf(all, sizeof all, "cd '%s' && { %s; } | gzip -n -c >t.gz", f->dir, command);
    run(all);
    zip_of_gzip(f, "t.gz", to, inner);
}

static gt_source *open_one(fixture *f, const char *name)
{
    gt_source *s = NULL;
    assert_ok(f->ctx, gt_source_open(f->ctx, test_path(f->dir, name), &f->o, &s));
    return s;
}

static void archives_just_work(void **state)
{
    fixture *f = *state;
    make_squares(f->dir, "s.geojson", 50);
    convert(f->dir, "GPKG", "s.gpkg", "s.geojson", "");
    make_zip(f, "cat s.gpkg", "s.gpkg.zip", "s.gpkg");
    make_zip(f, "cat s.geojson", "plain.zip", "folder/s.geojson");
    static const char *const names[] = {"s.gpkg.zip", "s.gpkg.zip/s.gpkg", "plain.zip",
                                        "plain.zip/folder/s.geojson"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        print_message("%s\n", names[i]);
        gt_source *s = NULL;
        counted c;
        assert_ok(f->ctx, gt_source_open(f->ctx, test_path(f->dir, names[i]), &f->o, &s));
        assert_ok(f->ctx, read_all(f->ctx, s, &c));
        assert_int_equal(c.n, 50);
        gt_source_close(s);
    }
    char command[8192];
    (void)snprintf(command, sizeof command,
                   "cd '%s' && echo hello >read.me && zip -q several.zip s.gpkg s.geojson && "
                   "zip -q one.zip read.me s.geojson",
                   f->dir);
    run(command);
    gt_source_close(open_one(f, "one.zip"));
    gt_source_close(open_one(f, "several.zip/s.gpkg"));
    assert_fails(f->ctx, open_fails(f, "several.zip"), GT_E_INPUT, "io.several-files");
    assert_fails(f->ctx, open_fails(f, "s.gpkg.zip/none.gpkg"), GT_E_INPUT, "io.not-readable");
    put_text(test_path(f->dir, "bad.zip"), "PK\x03\x04 this is no archive at all ............");
    assert_fails(f->ctx, open_fails(f, "bad.zip"), GT_E_INPUT, "io.damaged");
}

static void zip_bomb(void **state)
{
    fixture *f = *state;
    make_zip(
        f,
        "printf '{\"type\":\"FeatureCollection\",\"features\":['; head -c 800000000 /dev/zero | "
        "tr '\\0' ' '",
        "bomb.zip", "b.geojson");
    f->o.time_limit_s = 1;
    f->o.memory_limit = 128 << 20;
    assert_fails(f->ctx, open_fails(f, "bomb.zip"), GT_E_LIMIT, "io.time-limit");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(program_missing),
        CASE(program_that_ends_at_once),
        CASE(random_answers),
        CASE(other_versions_are_told),
        CASE(claims_are_not_believed),
        CASE(unknown_messages_are_refused),
        CASE(silence_can_be_cancelled),
        CASE(killed_in_the_middle),
        CASE(killed_while_writing),
        CASE(early_close_ends_the_child),
        CASE(many_at_once),
        CASE(orphans_clean_up),
        CASE(walls_stand),
        CASE(links_do_not_lead_out),
        CASE(memory_limit_is_met),
        CASE(deep_nesting),
        CASE(entity_bomb),
        CASE(archives_just_work),
        CASE(zip_bomb),
    };
    return cmocka_run_group_tests_name("io.hostile", tests, NULL, NULL);
}
