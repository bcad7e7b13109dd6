/* Lines of a layer: kept in buckets by class, painted as vectors, ribbons beneath. */
#include <math.h>

#include "report/gathering.h"

/* Lines wait to the end of the layer, so that every ribbon lies beneath every line; beyond this
 * many pairs they are painted in parts. */
enum { LINE_BATCH = 1 << 18 };

/* Lines are kept in sixteenths of a pixel. */
static const double LINE_UNIT = 16;

static void stroke_bucket(const gather *g, const bucket *b, gt_rgb color, double width,
                          double opacity, double dash)
{
    cairo_t *cr = g->pen->lines;
    double k = 1 / (LINE_UNIT * g->pen->px);
    cairo_set_source_rgba(cr, color.r, color.g, color.b, opacity);
    cairo_set_line_width(cr, width * g->pen->factor);
    double dashes[2] = {dash * g->pen->factor, 0.6 * dash * g->pen->factor};
    cairo_set_dash(cr, dashes, dash > 0 ? 2 : 0, 0);
    bool open = false;
    size_t held = 0;
    for (size_t i = 0; i < b->n; i++) {
        int32_t x = b->xy[2 * i];
        if (x == GT_RING_END) {
            open = false;
            if (held > 4096) { /* short paths: stroking sorts the whole path at once */
                cairo_stroke(cr);
                held = 0;
            }
            continue;
        }
        double px = g->view->frame.x + x * k;
        double py = g->view->frame.y + b->xy[2 * i + 1] * k;
        if (open) {
            cairo_line_to(cr, px, py);
        } else {
            cairo_move_to(cr, px, py);
        }
        open = true;
        held++;
    }
    cairo_stroke(cr);
}

void gt_gather_flush_lines(gather *g)
{
    const gt_map_style *s = &g->layer->style;
    if (g->lines_waiting == 0) {
        return;
    }
    if (g->pen->before_lines != NULL) {
        g->pen->before_lines(g->pen->user);
    }
    cairo_t *cr = g->pen->lines;
    const gt_rect *f = &g->view->frame;
    cairo_save(cr);
    cairo_rectangle(cr, f->x, f->y, f->w, f->h);
    cairo_clip(cr);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    for (int v = 1; s->band != NULL && s->band_width > 0 && v <= GT_INK_MAX; v++) {
        stroke_bucket(g, &g->lines[v], g->paint->ink.band, s->band_width, s->band_opacity, 0);
    }
    cairo_set_line_cap(cr, s->dash > 0 ? CAIRO_LINE_CAP_BUTT : CAIRO_LINE_CAP_ROUND);
    for (size_t v = 1; v <= GT_INK_MAX; v++) {
        if (g->lines[v].n > 0) {
            bool by_class = v <= g->layer->n_classes;
            stroke_bucket(g, &g->lines[v], by_class ? g->paint->ink.color[v] : g->paint->ink.stroke,
                          s->stroke_width, 1, s->dash);
            g->lines[v].n = 0;
        }
    }
    cairo_restore(cr);
    g->lines_waiting = 0;
}

static gt_status draw_line(gather *g, const double *xy, size_t n, bucket *b)
{
    double k = LINE_UNIT * g->pen->px;
    double margin =
        LINE_UNIT *
        (8 + gt_gather_pixels(g, fmax(g->layer->style.stroke_width, g->layer->style.band_width)));
    gt_box clip = {-margin, -margin, g->w * LINE_UNIT + margin, g->h * LINE_UNIT + margin};
    int32_t last_x = GT_RING_END;
    int32_t last_y = 0;
    gt_status st = GT_OK;
    for (size_t i = 1; st == GT_OK && i < n; i++) {
        double ax = (xy[2 * i - 2] - g->view->box.xmin) * g->view->kx * k;
        double ay = (g->view->box.ymax - xy[2 * i - 1]) * g->view->ky * k;
        double bx = (xy[2 * i] - g->view->box.xmin) * g->view->kx * k;
        double by = (g->view->box.ymax - xy[2 * i + 1]) * g->view->ky * k;
        if (!gt_clip_segment(&ax, &ay, &bx, &by, clip)) {
            continue;
        }
        int32_t p[4] = {(int32_t)lrint(ax), (int32_t)lrint(ay), (int32_t)lrint(bx),
                        (int32_t)lrint(by)};
        if (p[0] != last_x || p[1] != last_y) {
            st = last_x == GT_RING_END ? GT_OK : gt_gather_put(g, b, GT_RING_END, 0);
            st = st != GT_OK ? st : gt_gather_put(g, b, p[0], p[1]);
            g->lines_waiting += 2;
        } else if (p[2] == last_x && p[3] == last_y) {
            continue; /* shorter than a sixteenth of a pixel */
        }
        st = st != GT_OK ? st : gt_gather_put(g, b, p[2], p[3]);
        g->lines_waiting++;
        last_x = p[2];
        last_y = p[3];
    }
    if (st == GT_OK && last_x != GT_RING_END) {
        st = gt_gather_put(g, b, GT_RING_END, 0);
    }
    return st;
}

gt_status gt_gather_lines(gather *g, const gt_map_feature *f, size_t number)
{
    const gt_geom *geom = f->geom;
    gt_status st = GT_OK;
    uint32_t start = 0;
    for (uint32_t r = 0; st == GT_OK && r < geom->n_rings; r++) {
        st = draw_line(g, geom->xy + 2 * (size_t)start, geom->ring_end[r] - start,
                       &g->lines[number]);
        start = geom->ring_end[r];
    }
    g->tally->lines = true;
    if (st == GT_OK && g->lines_waiting >= LINE_BATCH) {
        gt_gather_flush_lines(g);
    }
    return st;
}
