/* Accounts, sessions, tokens and limits by address, without a network. */
#include "serve/account.h"

#include <string.h>

#include "serve/rate.h"
#include "support/support.h"

typedef struct fixture {
    gt_ctx *ctx;
    gt_accounts *accounts;
    char *dir;
} fixture;

static void begin(fixture *f)
{
    f->ctx = test_ctx();
    f->dir = test_dir();
    assert_ok(f->ctx, gt_accounts_open(f->ctx, f->dir, &f->accounts));
}

static void end(fixture *f)
{
    gt_accounts_close(f->accounts);
    test_dir_remove(f->dir);
    gt_ctx_free(f->ctx);
}

static void sign_in(fixture *f, const char *password, bool want, char secret[GT_SECRET_HEX])
{
    bool good = !want;
    assert_ok(f->ctx, gt_session_begin(f->ctx, f->accounts, "wang", password, secret, &good));
    assert_int_equal(good, want);
}

static void a_one_time_password_holds_once(void **state)
{
    fixture f;
    gt_who who;
    char password[GT_ONE_TIME], again[GT_ONE_TIME], secret[GT_SECRET_HEX], other[GT_SECRET_HEX];
    int64_t n = 9;
    (void)state;
    begin(&f);
    assert_ok(f.ctx, gt_accounts_count(f.ctx, f.accounts, &n));
    assert_int_equal(n, 0);
    assert_ok(f.ctx, gt_account_issue(f.ctx, f.accounts, "wang", password));
    assert_ok(f.ctx, gt_account_issue(f.ctx, f.accounts, "wang", again));
    assert_string_not_equal(password, again);
    sign_in(&f, password, false, secret); /* the newer one counts */
    sign_in(&f, again, true, secret);
    sign_in(&f, again, false, other);
    assert_ok(f.ctx, gt_session_of(f.ctx, f.accounts, secret, &who));
    assert_string_equal(who.id, "wang");
    assert_true(who.must_change);
    assert_ok(f.ctx, gt_account_password(f.ctx, f.accounts, "wang", "long enough indeed", secret));
    assert_ok(f.ctx, gt_session_of(f.ctx, f.accounts, secret, &who));
    assert_false(who.must_change);
    sign_in(&f, "long enough indeed", true, other);
    assert_ok(f.ctx, gt_account_password(f.ctx, f.accounts, "wang", "another long one", secret));
    assert_ok(f.ctx, gt_session_of(f.ctx, f.accounts, other, &who));
    assert_string_equal(who.id, ""); /* other sessions have ended */
    end(&f);
}

static void refuses_weak_passwords(void **state)
{
    fixture f;
    char password[GT_ONE_TIME], secret[GT_SECRET_HEX], large[GT_PASSWORD_MAX + 2];
    (void)state;
    begin(&f);
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    assert_ok(f.ctx, gt_account_issue(f.ctx, f.accounts, "a long enough name", password));
    assert_ok(f.ctx, gt_account_issue(f.ctx, f.accounts, "wang", password));
    sign_in(&f, password, true, secret);
    const char *const bad[] = {NULL, "", "123456789", "国土空间规划", "a long enough name", large};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_fails(f.ctx,
                     gt_account_password(f.ctx, f.accounts, "a long enough name", bad[i], secret),
                     GT_E_INPUT, "serve.password");
    }
    end(&f);
}

static void five_failures_close_the_account(void **state)
{
    fixture f;
    char password[GT_ONE_TIME], secret[GT_SECRET_HEX];
    bool good = true;
    (void)state;
    begin(&f);
    assert_ok(f.ctx, gt_account_issue(f.ctx, f.accounts, "wang", password));
    for (int i = 0; i < 5; i++) {
        sign_in(&f, "not this one", false, secret);
    }
    sign_in(&f, password, false, secret); /* right, but too late */
    assert_ok(f.ctx, gt_session_begin(f.ctx, f.accounts, "nobody", "x", secret, &good));
    assert_false(good);
    assert_ok(f.ctx, gt_account_issue(f.ctx, f.accounts, "wang", password)); /* opens it again */
    sign_in(&f, password, true, secret);
    end(&f);
}

static void sessions_and_accounts_end(void **state)
{
    fixture f;
    gt_who who;
    char password[GT_ONE_TIME], secret[GT_SECRET_HEX], csrf[GT_SECRET_HEX], other[GT_SECRET_HEX];
    (void)state;
    begin(&f);
    assert_ok(f.ctx, gt_account_issue(f.ctx, f.accounts, "wang", password));
    sign_in(&f, password, true, secret);
    gt_session_csrf(secret, csrf);
    gt_session_csrf(csrf, other);
    assert_true(gt_secret_equal(csrf, csrf));
    assert_false(gt_secret_equal(csrf, secret) || gt_secret_equal(csrf, other));
    assert_false(gt_secret_equal(NULL, csrf) || gt_secret_equal(csrf, "") ||
                 gt_secret_equal(NULL, NULL));
    const char *const forged[] = {"", "x", "' OR 1=1", csrf};
    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
        assert_ok(f.ctx, gt_session_of(f.ctx, f.accounts, forged[i], &who));
        assert_string_equal(who.id, "");
    }
    assert_ok(f.ctx, gt_session_end(f.ctx, f.accounts, secret));
    assert_ok(f.ctx, gt_session_of(f.ctx, f.accounts, secret, &who));
    assert_string_equal(who.id, "");
    assert_ok(f.ctx, gt_account_end(f.ctx, f.accounts, "wang"));
    assert_fails(f.ctx, gt_account_end(f.ctx, f.accounts, "wang"), GT_E_NOT_FOUND,
                 "serve.no-account");
    end(&f);
}

static void count_token(void *user, const gt_token_info *token)
{
    assert_true(token->expires_s > token->made_s);
    *(int *)user += token->revoked ? 100 : 1;
}

static void tokens_are_revoked_for_good(void **state)
{
    fixture f;
    gt_who who;
    char password[GT_ONE_TIME], token[GT_SECRET_HEX + 3], second[GT_SECRET_HEX + 3];
    int64_t number = 0, next = 0;
    int n = 0;
    (void)state;
    begin(&f);
    assert_ok(f.ctx, gt_account_issue(f.ctx, f.accounts, "wang", password));
    assert_ok(f.ctx, gt_token_issue(f.ctx, f.accounts, "wang", "a", 1, token, &number));
    assert_ok(f.ctx, gt_token_issue(f.ctx, f.accounts, "wang", "b", 1, second, &next));
    assert_true(number != next);
    assert_ok(f.ctx, gt_token_of(f.ctx, f.accounts, token, &who));
    assert_string_equal(who.id, "wang");
    assert_string_equal(who.secret, "");
    assert_fails(f.ctx, gt_token_revoke(f.ctx, f.accounts, "li", number), GT_E_NOT_FOUND,
                 "serve.no-token");
    assert_ok(f.ctx, gt_token_revoke(f.ctx, f.accounts, "wang", number));
    assert_fails(f.ctx, gt_token_revoke(f.ctx, f.accounts, "wang", number), GT_E_NOT_FOUND,
                 "serve.no-token");
    assert_ok(f.ctx, gt_token_of(f.ctx, f.accounts, token, &who));
    assert_string_equal(who.id, "");
    assert_ok(f.ctx, gt_token_each(f.ctx, f.accounts, "wang", count_token, &n));
    assert_int_equal(n, 101);
    assert_ok(f.ctx, gt_token_issue(f.ctx, f.accounts, "wang", "old", -1, token, &number));
    assert_ok(f.ctx, gt_token_of(f.ctx, f.accounts, token, &who));
    assert_string_equal(who.id, ""); /* its time is over */
    assert_ok(f.ctx, gt_account_issue(f.ctx, f.accounts, "wang", password));
    assert_ok(f.ctx, gt_token_of(f.ctx, f.accounts, second, &who));
    assert_string_equal(who.id, ""); /* a new password ends tokens */
    end(&f);
}

static void addresses_have_limits(void **state)
{
    gt_ctx *ctx = test_ctx();
    gt_rate *rate = NULL;
    int good = 0;
    (void)state;
    assert_ok(ctx, gt_rate_new(ctx, 1, 3, &rate));
    for (int i = 0; i < 10; i++) {
        good += gt_rate_take(rate, "10.0.0.1", 100) ? 1 : 0;
    }
    assert_int_equal(good, 3);
    assert_true(gt_rate_take(rate, "10.0.0.2", 100));
    assert_false(gt_rate_take(rate, "10.0.0.1", 100.5));
    assert_true(gt_rate_take(rate, "10.0.0.1", 101.6));
    assert_true(gt_rate_take(NULL, "10.0.0.1", 0));
    gt_rate_free(rate);
    gt_rate_free(NULL);
    gt_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_one_time_password_holds_once),
        cmocka_unit_test(refuses_weak_passwords),
        cmocka_unit_test(five_failures_close_the_account),
        cmocka_unit_test(sessions_and_accounts_end),
        cmocka_unit_test(tokens_are_revoked_for_good),
        cmocka_unit_test(addresses_have_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
