/* Eight processes act on one set of books and are killed at any moment: what was acknowledged is
 * there, what was not is there as a whole or not at all, and the proof holds. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guotu/ledger.h"
#include "support/support.h"

enum { PROCESSES = 8, OPERATIONS = 10000, RECORDS = 40 };

typedef struct books {
    gt_ctx *ctx;
    gt_store *store;
    gt_package *package;
    gt_book *book;
    const gt_ledger *ledger;
} books;

static void open_books(books *b, const char *dir, bool create)
{
    gt_store_options o;
    gt_notes *notes = NULL;
    gt_store_options_init(&o);
    o.crs = "EPSG:4548";
    o.title = (gt_title){"试", "test"};
    b->ctx = test_ctx_threads(1);
    assert_ok(b->ctx, create ? gt_store_create(b->ctx, dir, &o, &b->store)
                             : gt_store_open(b->ctx, dir, NULL, &b->store));
    assert_ok(b->ctx, gt_notes_new(b->ctx, 0, &notes));
    assert_ok(b->ctx, gt_package_read(b->ctx, GT_SOURCE_DIR "/plans/beijing", notes, &b->package));
    gt_notes_free(notes);
    assert_ok(b->ctx, gt_book_open(b->ctx, b->store, true, &b->book));
    assert_ok(b->ctx, gt_ledger_find(b->ctx, b->package, "rules_to_make", &b->ledger));
}

static void close_books(books *b)
{
    gt_book_close(b->book);
    gt_package_free(b->package);
    gt_store_close(b->store);
    gt_ctx_free(b->ctx);
}

/* One random action; *version = 0 when it was refused. */
static gt_status act_once(books *b, test_rng *rng, char id[32], int64_t *version)
{
    static const char *const moves[] = {"draft", "ask", "issue"};
    gt_act act;
    gt_entry_set set;
    gt_field_text field = {"name", "规则"};
    gt_arena *arena = NULL;
    gt_entry now;
    gt_act_init(&act, "bureau");
    gt_entry_set_init(&set);
    set.fields = &field;
    set.n_fields = 1;
    (void)snprintf(id, 32, "R%d", (int)(test_rng_next(rng) % RECORDS));
    set.id = id;
    unsigned kind = (unsigned)(test_rng_next(rng) % 8);
    gt_status st;
    if (kind == 0) {
        set.unit = "大兴区";
        st = gt_ledger_add(b->ctx, b->book, b->package, b->ledger, &act, &set, NULL, NULL);
    } else if (kind == 1) {
        st = gt_ledger_move(b->ctx, b->book, b->package, b->ledger, &act, id,
                            moves[test_rng_next(rng) % 3]);
    } else {
        st = gt_ledger_set(b->ctx, b->book, b->package, b->ledger, &act, id, &set);
    }
    *version = 0;
    if (st == GT_OK && gt_arena_new(b->ctx, 0, &arena) == GT_OK) {
        st = gt_ledger_get(b->ctx, b->book, b->ledger->id, id, arena, &now);
        *version = st == GT_OK ? now.version : 0;
    }
    gt_arena_free(arena);
    return st;
}

/* Tries for ever; every success is written to the log, which outlives the process. */
static void child(const char *dir, int log, uint64_t seed)
{
    books b = {0};
    test_rng rng;
    test_rng_seed(&rng, seed);
    open_books(&b, dir, false);
    for (;;) {
        char id[32], line[64];
        int64_t version = 0;
        gt_status st = act_once(&b, &rng, id, &version);
        if (st == GT_E_ENV || st == GT_E_INTERNAL) {
            _exit(3);
        }
        gt_error_clear(b.ctx);
        int n = snprintf(line, sizeof line, "%s %lld\n", id, (long long)version);
        if (write(log, line, (size_t)n) != n) {
            _exit(4);
        }
    }
}

static long lines_of(const char *path)
{
    size_t len = 0;
    long n = 0;
    char *text = test_read_file(path, &len);
    for (size_t i = 0; i < len; i++) {
        n += text[i] == '\n';
    }
    free(text);
    return n;
}

static pid_t start(const char *dir, const char *log_path, uint64_t seed)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0666);
        child(dir, log, seed);
    }
    return pid;
}

static void check_acknowledged(books *b, const char *log_path)
{
    size_t len = 0;
    char *text = test_read_file(log_path, &len), id[32];
    gt_arena *arena = NULL;
    assert_ok(b->ctx, gt_arena_new(b->ctx, 0, &arena));
    for (char *p = text; p != NULL && *p != '\0';) {
        long long version = 0;
        gt_entry r;
        if (sscanf(p, "%31s %lld", id, &version) == 2 && version > 0) {
            assert_ok(b->ctx, gt_ledger_get(b->ctx, b->book, b->ledger->id, id, arena, &r));
            assert_true(r.version >= version);
            gt_arena_reset(arena);
        }
        p = strchr(p, '\n');
        p = p == NULL ? NULL : p + 1;
    }
    gt_arena_free(arena);
    free(text);
}

static void test_kills_lose_nothing(void **state)
{
    (void)state;
    char *dir = test_dir();
    char workspace[512], log_path[512];
    books b = {0};
    test_rng rng;
    pid_t pids[PROCESSES];
    uint64_t seed = 1;
    int kills = 0;
    const gt_actor first = {.id = "bureau", .title = {"局", "Bureau"}, .unit = "*"};
    (void)snprintf(workspace, sizeof workspace, "%s/w", dir);
    (void)snprintf(log_path, sizeof log_path, "%s/log", dir);
    test_write_file(log_path, "", 0);
    open_books(&b, workspace, true);
    assert_ok(b.ctx, gt_actor_add(b.ctx, b.book, "bureau", &first));
    close_books(&b);
    test_rng_seed(&rng, 7);
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = start(workspace, log_path, seed++);
    }
    while (lines_of(log_path) < OPERATIONS) {
        (void)usleep(200000);
        int i = (int)(test_rng_next(&rng) % PROCESSES), status = 0;
        assert_int_equal(kill(pids[i], SIGKILL), 0);
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFSIGNALED(status)); /* none gave up by itself */
        pids[i] = start(workspace, log_path, seed++);
        kills++;
    }
    for (int i = 0; i < PROCESSES; i++) {
        assert_int_equal(kill(pids[i], SIGKILL), 0);
        (void)waitpid(pids[i], NULL, 0);
    }
    open_books(&b, workspace, false);
    gt_ledger_proof proof;
    assert_ok(b.ctx, gt_ledger_verify(b.ctx, b.book, &proof));
    check_acknowledged(&b, log_path);
    assert_true(kills > 0 && proof.n_events > RECORDS);
    print_message("%d processes, %ld operations, %d kills, %lld events\n", PROCESSES,
                  lines_of(log_path), kills + PROCESSES, (long long)proof.n_events);
    close_books(&b);
    test_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kills_lose_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
