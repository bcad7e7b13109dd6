/* GET /revisions: the log of the map, newest first. */
#include <stdio.h>

#include "serve/desk.h"
#include "serve/figures.h"

enum { PAGE = 50, PAGE_MAX = 500 };

static void put_revision(const gt_revision *r, bool named, gt_text *o)
{
    char time[GT_TIME_TEXT];
    gt_time_format(r->time_ms, time);
    gt_text_printf(o, "{\"revision\":%lld,\"time\":\"%s\",\"author\":", (long long)r->id, time);
    gt_text_json_string(o, named ? r->author : NULL);
    gt_text_puts(o, ",\"message\":");
    gt_text_json_string(o, r->message);
    gt_text_puts(o, ",\"reason\":");
    gt_text_json_string(o, named ? r->reason : NULL);
    gt_text_printf(o, ",\"put\":%lld,\"deleted\":%lld,\"hash\":\"%s\",\"parent\":\"%s\"}",
                   (long long)r->n_put, (long long)r->n_deleted, r->hash, r->parent_hash);
}

/* As `guotu log --format json`; who and why are told to those who are signed in. */
gt_status gt_get_revisions(gt_desk *desk, const gt_request *request, gt_reply *reply)
{
    gt_text *o = &reply->body;
    int64_t newest = gt_store_revision(desk->store), shown = 0;
    long limit = 0, before = 0;
    gt_status st = gt_read_number(desk, request, "limit", 1, PAGE_MAX, PAGE, &limit);
    st = st == GT_OK ? gt_read_number(desk, request, "before", 1, INT32_MAX, INT32_MAX, &before)
                     : st;
    reply->cache = "no-store";
    gt_text_printf(o, "{\"newest\":%lld,\"revisions\":[", (long long)newest);
    int64_t id = before <= newest ? before - 1 : newest;
    for (; st == GT_OK && id > 0 && shown < limit; id--, shown++) {
        gt_revision r;
        st = gt_store_revision_info(desk->ctx, desk->store, id, &r);
        if (st == GT_OK) {
            gt_text_puts(o, shown > 0 ? ",\n" : "\n");
            put_revision(&r, desk->who.id[0] != '\0', o);
        }
    }
    gt_text_puts(o, "]");
    if (st == GT_OK && id > 0) {
        gt_text_printf(o, ",\"before\":%lld", (long long)id + 1);
    }
    gt_text_puts(o, "}\n");
    return st;
}
