/* Scores and conditions at a place. */
#include <math.h>

#include "synth/noise.h"
#include "synth/scene.h"

uint32_t sy_zone_cell_at(const sy_scene *s, sy_pt p)
{
    return s->burnt != NULL ? s->burnt[sy_cell_at(&s->fields, p)] : UINT32_MAX;
}

int sy_zone_at(const sy_scene *s, int zone, uint32_t zone_cell)
{
    if (zone < 0 || zone_cell == UINT32_MAX || s->label[zone] == NULL) {
        return -1;
    }
    return s->label[zone][zone_cell];
}

static bool in_zone(const sy_scene *s, int zone, int label, uint32_t cell)
{
    int at = sy_zone_at(s, zone, cell);
    return at >= 0 && (label < 0 || at == label);
}

bool sy_where_holds(const sy_scene *s, const sy_where *w, int unit, uint32_t cell)
{
    if (w->units != NULL && (unit < 0 || !w->units[unit])) {
        return false;
    }
    if (w->zone >= 0 && !in_zone(s, w->zone, w->zone_label, cell)) {
        return false;
    }
    return w->not_zone < 0 || !in_zone(s, w->not_zone, w->not_label, cell);
}

static double shaped(const sy_term *t, double v)
{
    switch (t->shape) {
    case SY_RAW:
        return v;
    case SY_NEAR:
        return 1.0 / (1.0 + (v / t->a) * (v / t->a));
    case SY_RAMP:
        return v <= t->a ? 0 : v >= t->b ? 1 : (v - t->a) / (t->b - t->a);
    case SY_BAND: {
        double d = (v - t->a) / t->b;
        return 1.0 / (1.0 + d * d);
    }
    }
    return 0;
}

static double beside_line(const sy_term *t, sy_pt p)
{
    double x = (double)p.x - (double)t->at.x, y = (double)p.y - (double)t->at.y;
    double dx = (double)t->to.x - (double)t->at.x, dy = (double)t->to.y - (double)t->at.y;
    double along = (x * dx + y * dy) / (dx * dx + dy * dy);
    along = along < 0 ? 0 : along > 1 ? 1 : along;
    double d = hypot(x - along * dx, y - along * dy) / (1000.0 * t->c);
    return 1.0 / (1.0 + d * d);
}

double sy_score(const sy_scene *s, const sy_terms *terms, sy_pt p, uint32_t zone_cell,
                uint64_t hash)
{
    double sum = 0;
    for (size_t i = 0; i < terms->n; i++) {
        const sy_term *t = &terms->t[i];
        double v = 0;
        switch (t->source) {
        case SY_S_FIELD:
            v = shaped(t, sy_sample(&s->fields, t->field, p));
            break;
        case SY_S_NOISE: { /* two octaves; the wavelength and place in the score salt it */
            uint64_t seed = sy_hash(s->seed, (uint64_t)(t->a * 16.0), 31 + i);
            v = sy_fbm(seed, p.x / (1000.0 * t->a), p.y / (1000.0 * t->a), 2, 0.5);
            break;
        }
        case SY_S_WHITE:
            v = sy_sym(sy_hash(hash, 5, i));
            break;
        case SY_S_ZONE:
            v = in_zone(s, t->zone, t->label,
                        zone_cell != UINT32_MAX ? zone_cell : sy_zone_cell_at(s, p))
                    ? 1
                    : 0;
            break;
        case SY_S_RAY: {
            double x = (double)p.x - s->recipe->centre.x, y = (double)p.y - s->recipe->centre.y;
            double len = sqrt(t->a * t->a + t->b * t->b);
            double along = (x * t->a + y * t->b) / len, beside = (y * t->a - x * t->b) / len;
            double d = beside / (1000.0 * t->c);
            v = along > 0 ? 1.0 / (1.0 + d * d) : 0;
            break;
        }
        case SY_S_SPOT: {
            double x = ((double)p.x - t->at.x) / (1000.0 * t->c);
            double y = ((double)p.y - t->at.y) / (1000.0 * t->c);
            v = 1.0 / (1.0 + x * x + y * y);
            break;
        }
        case SY_S_LINE:
            v = beside_line(t, p);
            break;
        case SY_S_ONE:
            v = 1;
            break;
        }
        sum += t->weight * v;
    }
    return sum;
}
