/* Rows of layers by district: who may read where, asked of the register of actors. */
#include "serve/districts.h"

#include <stdio.h>
#include <string.h>

#include "ledger/place.h"
#include "serve/access.h"
#include "serve/messages.h"

typedef struct seeking {
    const char *id;
    char body[65];
    char ledger[128];
    bool found;
} seeking;

static bool find_body(void *user, const gt_actor *actor)
{
    seeking *s = user;
    if (strcmp(actor->id, s->id) != 0) {
        return true;
    }
    (void)snprintf(s->body, sizeof s->body, "%s", actor->body == NULL ? "" : actor->body);
    return false;
}

static bool find_read(void *user, const gt_grant *grant)
{
    seeking *s = user;
    bool read = strcmp(grant->action, "read") == 0 || strcmp(grant->action, "*") == 0;
    bool here = strcmp(grant->ledger, s->ledger) == 0 || strcmp(grant->ledger, "*") == 0;
    s->found = read && here;
    return !s->found;
}

/* Does who asks, or his body, hold "read" on the layer anywhere? */
static bool reads_somewhere(gt_desk *desk, const char *layer)
{
    gt_book *book = NULL;
    seeking s = {.id = desk->who.id};
    if (desk->who.id[0] == '\0' || desk->who.must_change) {
        return false;
    }
    (void)snprintf(s.ledger, sizeof s.ledger, "layer:%.100s", layer);
    gt_status st = gt_desk_book(desk, &book);
    st = st == GT_OK ? gt_grant_each(desk->ctx, book, desk->who.id, find_read, &s) : st;
    if (st == GT_OK && !s.found) {
        st = gt_actor_each(desk->ctx, book, find_body, &s);
        st = st == GT_OK && s.body[0] != '\0'
                 ? gt_grant_each(desk->ctx, book, s.body, find_read, &s)
                 : st;
    }
    if (st != GT_OK) {
        gt_error_clear(desk->ctx);
    }
    return st == GT_OK && s.found;
}

bool gt_part_offers(gt_desk *desk, const gt_layer_info *info)
{
    const char *id = info->standard->id;
    return gt_desk_publishes(desk, info) ||
           (gt_package_find_layer(desk->package, id) != NULL &&
            info->standard->geom_type != GT_GEOM_NONE && reads_somewhere(desk, id));
}

gt_status gt_part_open(gt_desk *desk, const char *id, gt_layer_info *out,
                       const gt_standard **standard, gt_part *part)
{
    *part = (gt_part){.desk = desk};
    for (size_t i = 0; i < gt_store_n_layers(desk->store); i++) {
        gt_status st = gt_store_layer(desk->ctx, desk->store, i, out);
        if (st != GT_OK) {
            return st;
        }
        if (strcmp(out->standard->id, id) == 0 && gt_part_offers(desk, out)) {
            *standard = gt_package_find_layer(desk->package, id);
            part->layer = gt_desk_may_read(desk, id) ? NULL : (*standard)->id;
            return GT_OK;
        }
    }
    return gt_fail(desk->ctx, GT_E_NOT_FOUND, &GT_MSG_SERVE_LAYER, GT_NOWHERE,
                   GT_ARGS(GT_TEXT("layer", id)));
}

static gt_status may_in(gt_part *part, gt_book *book, const char *unit, bool *out)
{
    char ledger[128];
    for (size_t i = 0; i < part->n; i++) {
        if (strcmp(part->known[i].unit, unit) == 0) {
            *out = part->known[i].may;
            return GT_OK;
        }
    }
    (void)snprintf(ledger, sizeof ledger, "layer:%.100s", part->layer);
    const gt_ask ask = {part->desk->who.id, ledger, "read", unit, NULL};
    gt_status st = gt_actor_may(part->desk->ctx, book, &ask, NULL, out);
    if (st == GT_OK && part->n < GT_PART_UNITS) {
        part->known[part->n].unit = unit;
        part->known[part->n++].may = *out;
    }
    return st;
}

gt_status gt_part_sees(gt_part *part, const gt_geom *geom, bool *out)
{
    gt_desk *desk = part->desk;
    gt_book *book = NULL;
    const char *unit = NULL;
    *out = part->layer == NULL;
    if (*out) {
        return GT_OK;
    }
    gt_status st = gt_desk_book(desk, &book);
    st = st == GT_OK ? gt_place_unit(desk->ctx, book, desk->package, geom, desk->arena, &unit) : st;
    return st == GT_OK && unit != NULL ? may_in(part, book, unit, out) : st;
}
