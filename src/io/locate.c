#include "io/locate.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/messages.h"

static bool try_path(gt_text *path, const char *folder, const char *rest, gt_text *tried)
{
    gt_text_clear(path);
    gt_text_puts(path, folder);
    gt_text_puts(path, rest);
    if (gt_text_status(path) == GT_OK && access(gt_text_cstr(path), X_OK) == 0) {
        return true;
    }
    gt_text_puts(tried, tried->len == 0 ? "" : ", ");
    gt_text_puts(tried, gt_text_cstr(path));
    return false;
}

gt_status gt_io_locate(gt_ctx *ctx, gt_text *path)
{
    static const char *const places[] = {"/guotu-io", "/../libexec/guotu/guotu-io", "/../guotu-io"};
    char self[PATH_MAX];
    gt_text tried;
    gt_text_init(&tried, ctx, 0);
    bool found = false;
    const char *given = getenv("GUOTU_IO");
    if (given != NULL && given[0] != '\0') { /* said aloud: nothing else will do */
        found = try_path(path, given, "", &tried);
    } else {
        const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
        self[n > 0 ? n : 0] = '\0';
        char *slash = strrchr(self, '/');
        if (slash != NULL) {
            *slash = '\0';
        }
        for (size_t i = 0; i < sizeof places / sizeof places[0] && !found; i++) {
            found = try_path(path, self, places[i], &tried);
        }
    }
    gt_status st = gt_text_status(path);
    if (st == GT_OK && !found) {
        st = gt_fail(ctx, GT_E_ENV, &GT_MSG_IO_PROGRAM, GT_NOWHERE,
                     GT_ARGS(GT_TEXT("places", gt_text_cstr(&tried))));
    }
    gt_text_free(&tried);
    return st;
}
