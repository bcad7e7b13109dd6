/* The message catalogue of the room: ids, both languages, the same {names} in both. */
#include <string.h>

#include "store/messages.h"
#include "support/support.h"

#define M(sym, id, en, zh, mend_en, mend_zh) &(sym),
static const gt_message *const ALL[] = {
#include "store/messages.def"
};
#undef M
enum { N = sizeof ALL / sizeof(const gt_message *) }; // NOLINT(bugprone-sizeof-expression)

/* Every {name} of a occurs in b. */
static void assert_names_in(const char *id, const char *a, const char *b)
{
    for (const char *open = strchr(a, '{'); open != NULL; open = strchr(open + 1, '{')) {
        char name[64];
        const char *close = strchr(open, '}');
        assert_non_null(close);
        size_t n = (size_t)(close - open) + 1;
        assert_true(n > 2 && n < sizeof name);
        memcpy(name, open, n);
        name[n] = '\0';
        if (strstr(b, name) == NULL) {
            fail_msg("%s: %s is missing in one language", id, name);
        }
    }
}

static void ids_are_ours_and_unique(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) {
        const char *id = ALL[i]->id;
        bool good = id != NULL && strncmp(id, "store.", 6) == 0;
        for (int j = 0; good && j < i; j++) {
            good = ALL[j]->id != NULL && strcmp(id, ALL[j]->id) != 0;
        }
        if (!good) {
            fail_msg("message %d: %s", i, id == NULL ? "no id" : id);
        }
    }
}

static void both_languages_say_the_same(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) {
        const gt_message *m = ALL[i];
        assert_true(gt_utf8_valid(m->zh, strlen(m->zh), NULL));
        assert_string_not_equal(m->en, m->zh);
        assert_names_in(m->id, m->en, m->zh);
        assert_names_in(m->id, m->zh, m->en);
        assert_int_equal(m->mend_en == NULL, m->mend_zh == NULL);
        if (m->mend_en != NULL) {
            assert_names_in(m->id, m->mend_en, m->mend_zh);
            assert_names_in(m->id, m->mend_zh, m->mend_en);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_ours_and_unique),
        cmocka_unit_test(both_languages_say_the_same),
    };
    return cmocka_run_group_tests_name("store.messages", tests, NULL, NULL);
}
