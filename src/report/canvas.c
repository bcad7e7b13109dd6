#include "report/canvas.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "guotu/map.h"
#include "report/messages.h"

enum { MIN_SIDE = 200, MIN_DPI = 36, MAX_DPI = 1200 };

struct gt_canvas {
    gt_canvas_kind kind;
    cairo_surface_t *surface;
    cairo_t *cr;
    unsigned char *pixels; /* PNG: ours, so that the ceiling counts them */
    FILE *file;
    int error; /* first errno of writing */
    double px;
    char *path, *temp;
};

gt_status gt_canvas_kind_of(gt_ctx *ctx, const char *path, gt_canvas_kind *out)
{
    static const struct {
        const char *ending;
        gt_canvas_kind kind;
    } known[] = {{".png", GT_CANVAS_PNG}, {".pdf", GT_CANVAS_PDF}, {".svg", GT_CANVAS_SVG}};
    const char *base = strrchr(path, '/');
    const char *dot = strrchr(base == NULL ? path : base, '.');
    for (size_t i = 0; dot != NULL && i < sizeof known / sizeof known[0]; i++) {
        if (strcasecmp(dot, known[i].ending) == 0) {
            *out = known[i].kind;
            return GT_OK;
        }
    }
    return gt_fail(ctx, GT_E_USAGE, &GT_MSG_MAP_EXTENSION, GT_PLACE(.file = path),
                   GT_ARGS(GT_TEXT("ending", dot == NULL ? "" : dot)));
}

gt_status gt_canvas_check_size(gt_ctx *ctx, int width, int height, double dpi)
{
    bool dpi_good = dpi >= MIN_DPI && dpi <= MAX_DPI; /* false for NaN */
    if (width < MIN_SIDE || height < MIN_SIDE || !dpi_good) {
        return gt_fail(
            ctx, GT_E_USAGE, &GT_MSG_MAP_BAD_SIZE, GT_NOWHERE,
            GT_ARGS(GT_INT("width", width), GT_INT("height", height), GT_REAL("dpi", dpi)));
    }
    if (width > GT_MAP_MAX_PX || height > GT_MAP_MAX_PX) {
        return gt_fail(ctx, GT_E_LIMIT, &GT_MSG_MAP_TOO_MANY_PIXELS, GT_NOWHERE,
                       GT_ARGS(GT_INT("width", width), GT_INT("height", height),
                               GT_INT("max", GT_MAP_MAX_PX)));
    }
    return GT_OK;
}

gt_status gt_cairo_check(gt_ctx *ctx, cairo_status_t status)
{
    if (status == CAIRO_STATUS_SUCCESS) {
        return GT_OK;
    }
    gt_status kind = status == CAIRO_STATUS_NO_MEMORY ? GT_E_MEMORY : GT_E_INTERNAL;
    return gt_fail(ctx, kind, &GT_MSG_MAP_CAIRO, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("reason", cairo_status_to_string(status))));
}

static cairo_status_t write_out(void *user, const unsigned char *data, unsigned len)
{
    gt_canvas *canvas = user;
    if (canvas->error == 0 && fwrite(data, 1, len, canvas->file) != len) {
        canvas->error = errno != 0 ? errno : EIO;
    }
    return canvas->error == 0 ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static gt_status open_file(gt_ctx *ctx, const char *path, gt_canvas *canvas)
{
    size_t room = strlen(path) + 32;
    canvas->path = gt_strdup(ctx, path);
    canvas->temp = gt_alloc(ctx, room, 1);
    if (canvas->path == NULL || canvas->temp == NULL) {
        return GT_E_MEMORY;
    }
    (void)snprintf(canvas->temp, room, "%s.%ld.part", path, (long)getpid());
    canvas->file = fopen(canvas->temp, "wbe");
    if (canvas->file == NULL) {
        int error = errno;
        gt_free(ctx, canvas->temp);
        canvas->temp = NULL; /* nothing to remove */
        return gt_fail_errno(ctx, error, "fopen", path);
    }
    return GT_OK;
}

static gt_status open_surface(gt_ctx *ctx, gt_canvas *canvas, int width, int height, double dpi)
{
    double w = width * 72.0 / dpi;
    double h = height * 72.0 / dpi;
    switch (canvas->kind) {
    case GT_CANVAS_PNG: {
        size_t stride = (size_t)width * 4;
        canvas->pixels = gt_alloc(ctx, stride, (size_t)height);
        if (canvas->pixels == NULL) {
            return GT_E_MEMORY;
        }
        memset(canvas->pixels, 0xFF, stride * (size_t)height);
        canvas->surface = cairo_image_surface_create_for_data(canvas->pixels, CAIRO_FORMAT_RGB24,
                                                              width, height, (int)stride);
        break;
    }
    case GT_CANVAS_PDF:
        canvas->surface = cairo_pdf_surface_create_for_stream(write_out, canvas, w, h);
        /* an empty date is no date: cairo would write the time of drawing */
        cairo_pdf_surface_set_metadata(canvas->surface, CAIRO_PDF_METADATA_CREATE_DATE, "");
        cairo_pdf_surface_set_metadata(canvas->surface, CAIRO_PDF_METADATA_CREATOR, "guotu");
        break;
    case GT_CANVAS_SVG:
        canvas->surface = cairo_svg_surface_create_for_stream(write_out, canvas, w, h);
        break;
    }
    canvas->cr = cairo_create(canvas->surface);
    if (canvas->kind == GT_CANVAS_PNG) {
        cairo_scale(canvas->cr, canvas->px, canvas->px);
    }
    return gt_cairo_check(ctx, cairo_status(canvas->cr));
}

gt_status gt_canvas_open(gt_ctx *ctx, const char *path, int width, int height, double dpi,
                         gt_canvas **out)
{
    gt_canvas_kind kind = GT_CANVAS_PNG;
    gt_status st = gt_canvas_kind_of(ctx, path, &kind);
    if (st == GT_OK) {
        st = gt_canvas_check_size(ctx, width, height, dpi);
    }
    if (st == GT_OK) {
        st = gt_draw_load(ctx);
    }
    if (st != GT_OK) {
        return st;
    }
    gt_canvas *canvas = gt_zalloc(ctx, 1, sizeof *canvas);
    if (canvas == NULL) {
        return GT_E_MEMORY;
    }
    canvas->kind = kind;
    canvas->px = dpi / 72.0;
    st = open_file(ctx, path, canvas);
    if (st == GT_OK) {
        st = open_surface(ctx, canvas, width, height, dpi);
    }
    if (st != GT_OK) {
        gt_canvas_abort(ctx, canvas);
        return st;
    }
    *out = canvas;
    return GT_OK;
}

cairo_t *gt_canvas_cr(gt_canvas *canvas)
{
    return canvas->cr;
}

gt_canvas_kind gt_canvas_kind_get(const gt_canvas *canvas)
{
    return canvas->kind;
}

double gt_canvas_px(const gt_canvas *canvas)
{
    return canvas->px;
}

void gt_canvas_next_page(gt_canvas *canvas)
{
    cairo_show_page(canvas->cr);
}

gt_status gt_canvas_finish(gt_ctx *ctx, gt_canvas *canvas)
{
    cairo_status_t drawn = cairo_status(canvas->cr);
    cairo_surface_flush(canvas->surface);
    if (drawn == CAIRO_STATUS_SUCCESS && canvas->kind == GT_CANVAS_PNG) {
        drawn = cairo_surface_write_to_png_stream(canvas->surface, write_out, canvas);
    }
    cairo_surface_finish(canvas->surface);
    if (drawn == CAIRO_STATUS_SUCCESS) {
        drawn = cairo_surface_status(canvas->surface);
    }
    if (fclose(canvas->file) != 0 && canvas->error == 0) {
        canvas->error = errno;
    }
    canvas->file = NULL;
    gt_status st = GT_OK;
    if (canvas->error != 0) {
        st = gt_fail_errno(ctx, canvas->error, "write", canvas->path);
    } else {
        st = gt_cairo_check(ctx, drawn);
    }
    if (st == GT_OK && rename(canvas->temp, canvas->path) != 0) {
        st = gt_fail_errno(ctx, errno, "rename", canvas->path);
    }
    if (st == GT_OK) {
        gt_free(ctx, canvas->temp);
        canvas->temp = NULL;
    }
    gt_canvas_abort(ctx, canvas);
    return st;
}

void gt_canvas_abort(gt_ctx *ctx, gt_canvas *canvas)
{
    if (canvas == NULL) {
        return;
    }
    canvas->error = canvas->error != 0 ? canvas->error : ECANCELED; /* write nothing more */
    if (canvas->cr != NULL) {
        cairo_destroy(canvas->cr);
    }
    if (canvas->surface != NULL) {
        cairo_surface_destroy(canvas->surface);
    }
    if (canvas->file != NULL) {
        (void)fclose(canvas->file);
    }
    if (canvas->temp != NULL) {
        (void)unlink(canvas->temp);
    }
    gt_free(ctx, canvas->pixels);
    gt_free(ctx, canvas->temp);
    gt_free(ctx, canvas->path);
    gt_free(ctx, canvas);
}
