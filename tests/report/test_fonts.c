/* A machine without Chinese fonts, or without any: a clear error, never a crash. fontconfig is set
 * up once a process, so each case runs in a child. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/lsan.h"
#include "report/scene.h"

/* Draws in a child whose fontconfig sees only `folder`; 0 when the error is the right one. */
static int draw_with_fonts_of(const char *dir, const char *folder)
{
    char config[4400];
    (void)snprintf(config, sizeof config,
                   "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"fonts.dtd\">"
                   "<fontconfig><dir>%s</dir><cachedir>%s</cachedir></fontconfig>",
                   folder, dir);
    const char *path = test_path(dir, "fonts.conf");
    test_write_file(path, config, strlen(config));
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)setenv("FONTCONFIG_FILE", path, 1);
        (void)freopen("/dev/null", "w", stderr);
        gt_ctx *ctx = test_ctx();
        scene town;
        scene_town(&town);
        gt_map_source source = scene_source(&town);
        gt_map_options o;
        gt_map_options_init(ctx, &o);
        o.width = o.height = 300;
        o.layers = town.layers;
        o.n_layers = town.n_layers;
        gt_status st = gt_map_draw(ctx, &source, &o, test_path(dir, "a.png"));
        gt_text t;
        gt_text_init(&t, ctx, 0);
        gt_error_render(ctx, GT_LANG_EN, &t);
        int bad = st == GT_E_ENV && strcmp(gt_error_id(ctx), "report.no-font") == 0 ? 0 : 1;
        bad += strstr(gt_text_cstr(&t), "fonts-noto-cjk") != NULL ? 0 : 2;
        bad += access(test_path(dir, "a.png"), F_OK) != 0 ? 0 : 4;
        gt_text_free(&t);
        scene_free(&town);
        gt_ctx_free(ctx);
        _exit(bad);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void no_font_at_all(void **state)
{
    (void)state;
    char *dir = test_dir();
    assert_int_equal(draw_with_fonts_of(dir, test_path(dir, "nothing")), 0);
    test_dir_remove(dir);
}

static void no_chinese_font(void **state)
{
    (void)state;
    const char *latin = "/usr/share/fonts/truetype/dejavu";
    if (access(latin, R_OK) != 0) {
        test_skip("needs the DejaVu fonts");
    }
    char *dir = test_dir();
    assert_int_equal(draw_with_fonts_of(dir, latin), 0);
    test_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_font_at_all),
        cmocka_unit_test(no_chinese_font),
    };
    return cmocka_run_group_tests_name("report.fonts", tests, NULL, NULL);
}
