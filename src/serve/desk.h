/* The desk: what one worker thread needs to answer requests: its own store, arena and checker.
 * Handlers fill a reply or fail with an error in the context, which becomes a problem document.
 * Internal to serve. */
#ifndef GT_SERVE_DESK_H
#define GT_SERVE_DESK_H

#include <stdatomic.h>

#include "guotu/actor.h"
#include "guotu/check.h"
#include "guotu/package.h"
#include "guotu/store.h"
#include "serve/account.h"
#include "serve/glance.h"
#include "serve/rate.h"
#include "serve/request.h"
#include "serve/tile_cache.h"
#include "serve/web.h"

enum {
    GT_REPLY_MAX = 16 << 20, /* bytes of a body */
    GT_ITEMS_MAX = 10000,    /* features of a page */
    GT_ITEMS_DEFAULT = 10    /* OGC API Features, 7.15.2 */
};

typedef enum gt_map_crs { /* coordinate systems offered beside the working one */
                          GT_CRS84 = 0,
                          GT_EPSG_4326,
                          GT_EPSG_4490,
                          GT_EPSG_3857,
                          GT_CRS_WORK,
                          GT_N_CRS
} gt_map_crs;

typedef struct gt_crs_set {
    gt_crs *own[GT_CRS_WORK];
    const gt_crs *crs[GT_N_CRS]; /* the last is the store's, borrowed */
    char uri[GT_N_CRS][80];
    bool north_first[GT_N_CRS]; /* axis order of the definition */
    int digits[GT_N_CRS];       /* decimals written: millimetres or better */
} gt_crs_set;
gt_status gt_crs_set_open(gt_ctx *ctx, const gt_crs *work, gt_crs_set *out) GT_CHECKED;
void gt_crs_set_close(gt_ctx *ctx, gt_crs_set *set);
/* Reads a URI, a safe CURIE "[EPSG:4326]" or "EPSG:4326"; false when it is not offered. */
bool gt_crs_set_find(const gt_crs_set *set, const char *text, gt_map_crs *out);

enum { GT_NOT_ASKED = 0, GT_MAY, GT_MAY_NOT }; /* of gt_desk.may */

typedef struct gt_jobs gt_jobs;
typedef struct gt_grid_looks gt_grid_looks;

typedef struct gt_desk {
    gt_ctx *ctx;               /* borrowed */
    const gt_package *package; /* borrowed */
    const gt_web *web;         /* borrowed */
    gt_store *store;
    gt_store *writer;           /* made on first use */
    bool writes;                /* the request changes a feature */
    const char *const *clauses; /* of what the request is about; NULL: not known */
    const char *findings;       /* JSON: the rules that deny it; arena, NULL: none */
    int layer_rights;           /* of the request: 0 not asked yet, 1 all public, 2 by grants */
    unsigned char *may;         /* of the request: may who asks read the package's i-th layer? */
    int operation;              /* of a transaction that is at fault; -1: none */
    gt_arena *arena;            /* of one request */
    gt_crs_set crs;
    gt_transform *out[GT_N_CRS], *in[GT_N_CRS]; /* from and to the working CRS; made on first use */
    gt_pyramid *pyramid;                        /* NULL: nothing is kept */
    gt_tile_cache *tiles;                       /* borrowed; NULL in tests */
    gt_glance *glance;                          /* borrowed; NULL in tests */
    gt_accounts *accounts;                      /* NULL: nobody can sign in */
    gt_book *book;                              /* made on first use (gt_desk_book) */
    gt_rate *sign_ins, *voices, *uploads;       /* borrowed; NULL: no limit */
    const char *hide;                           /* a path that no problem tells; arena, or NULL */
    gt_jobs *jobs;                              /* borrowed; NULL: none */
    gt_grid_looks *looks;                       /* made on first use */
    gt_who who;                                 /* of the request */
    gt_checker *checker;                        /* made on first use */
    int64_t checker_revision;
    double deadline;         /* gt_clock(); 0: none */
    const atomic_bool *stop; /* borrowed: work without a deadline ends when it is set; or NULL */
    gt_lang lang;            /* of the request */
    gt_lang fallback;
} gt_desk;

typedef struct gt_desk_setup { /* all borrowed */
    const char *workspace;
    const gt_package *package;
    const gt_web *web;
    gt_tile_cache *tiles; /* these two may be NULL */
    gt_glance *glance;
    gt_rate *sign_ins, *voices, *uploads;
    bool accounts; /* people can sign in */
    gt_jobs *jobs; /* NULL: none can be started */
} gt_desk_setup;

gt_status gt_desk_open(gt_ctx *ctx, const gt_desk_setup *setup, gt_desk *out) GT_CHECKED;
void gt_desk_close(gt_desk *desk);
/* Answers; never fails: what goes wrong is in the reply. reply->body was initialised by the caller
 * with the desk's context. */
void gt_desk_answer(gt_desk *desk, const gt_request *request, gt_reply *reply);
/* Makes the context's error the reply. */
void gt_desk_problem(gt_desk *desk, const gt_request *request, gt_reply *reply);

/* Brings kept tiles to the store's revision. seen: of gt_glance_look before the store was
 * refreshed, or -1. */
gt_status gt_tiles_sync(gt_desk *desk, int64_t seen) GT_CHECKED;

/* ---- for handlers ------------------------------------------------------------------------------
 */
/* GT_E_LIMIT once the time of the request is over. Cheap enough for every feature. */
gt_status gt_desk_time(gt_desk *desk) GT_CHECKED;
gt_status gt_desk_out(gt_desk *desk, gt_map_crs crs, gt_transform **out) GT_CHECKED;
gt_status gt_desk_in(gt_desk *desk, gt_map_crs crs, gt_transform **out) GT_CHECKED;
/* A published layer: one of the package that has data. GT_E_NOT_FOUND otherwise, be it in the map
 * or not (decisions and ledgers are not for everybody). */
gt_status gt_desk_layer(gt_desk *desk, const char *id, gt_layer_info *out,
                        const gt_standard **standard) GT_CHECKED;
bool gt_desk_publishes(gt_desk *desk, const gt_layer_info *info);
/* Does the register leave every layer to everybody? */
bool gt_desk_all_public(gt_desk *desk);
/* May everybody read it? Only such tiles are kept in memory. */
bool gt_desk_is_public(gt_desk *desk, const char *layer);
/* May who asks read it? What cannot be asked is not allowed. */
bool gt_desk_may_read(gt_desk *desk, const char *layer);
/* The same as a callback; user is the desk. */
bool gt_desk_sees(void *user, const char *layer);
const char *gt_desk_title(const gt_desk *desk, gt_title title);
/* Sets the entity tag from a revision and says whether the client holds it (then 304 is set). */
bool gt_desk_unchanged(gt_desk *desk, const gt_request *request, int64_t revision, gt_reply *reply);
/* The tag of a feature written by that revision. */
void gt_item_tag(const gt_desk *desk, int64_t revision, gt_reply *reply);
/* {"href":base+path,"rel":..,"type":..}; path may hold a printf format of one text. */
void gt_put_link(gt_text *out, const gt_request *request, const char *path, const char *rel,
                 const char *type);
/* text as a part of a URL */
void gt_put_url(gt_text *out, const char *text);

/* The checker, kept between requests: its rules are compiled and its layers warm. */
gt_status gt_desk_checker(gt_desk *desk, gt_checker **out) GT_CHECKED;
/* GeoJSON geometry of a feature in a CRS of the set, in its axis order; geom is scratch. */
gt_status gt_desk_geometry(gt_desk *desk, const gt_feature *feature, gt_map_crs crs, gt_geom *geom,
                           gt_text *out) GT_CHECKED;

/* ---- handlers ----------------------------------------------------------------------------------
 */
typedef gt_status (*gt_handler)(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_landing(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_conformance(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_api(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_collections(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_collection(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_queryables(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_items(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_item(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_post_item(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_put_item(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_patch_item(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_post_transaction(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_delete_item(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_tile(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_tilesets(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_processes(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_process(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_health(gt_desk *desk, const gt_request *request, gt_reply *reply);
gt_status gt_get_web(gt_desk *desk, const gt_request *request, gt_reply *reply);

#endif
