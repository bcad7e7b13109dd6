/* Every address of the server. The OpenAPI document is made of this table alone. */
#include "serve/routes.h"

#include <string.h>

#include "serve/figures.h"
#include "serve/grids.h"
#include "serve/jobs.h"
#include "serve/upload.h"
#include "serve/voices.h"

static const gt_route routes[] = {
    {"GET", "", gt_get_landing, GT_PUBLIC, .summary = "Landing page"},
    {"GET", "conformance", gt_get_conformance, GT_PUBLIC, .summary = "Conformance classes"},
    {"GET", "api", gt_get_api, GT_PUBLIC, .summary = "This document",
     .type = "application/vnd.oai.openapi+json;version=3.0"},
    {"GET", "collections", gt_get_collections, GT_KNOWN, .summary = "The published layers",
     .query = "lang"},
    {"GET", "collections/{collectionId}", gt_get_collection, GT_KNOWN, .summary = "One layer",
     .query = "lang"},
    {"GET", "collections/{collectionId}/queryables", gt_get_queryables, GT_KNOWN,
     .summary = "Attributes that filters may name", .type = "application/schema+json"},
    {"GET", "collections/{collectionId}/items", gt_get_items, GT_KNOWN,
     .summary = "Features of a layer",
     .query = "limit bbox bbox-crs crs datetime revision filter filter-lang after",
     .type = "application/geo+json"},
    {"GET", "collections/{collectionId}/items/{featureId}", gt_get_item, GT_KNOWN,
     .summary = "One feature", .query = "crs datetime revision", .type = "application/geo+json"},
    {"POST", "collections/{collectionId}/items", gt_post_item, GT_CHANGING,
     .summary = "Makes a feature", .query = "reason from override", .body = "application/geo+json"},
    {"PUT", "collections/{collectionId}/items/{featureId}", gt_put_item, GT_CHANGING,
     .summary = "Replaces a feature", .query = "reason from override",
     .body = "application/geo+json"},
    {"PATCH", "collections/{collectionId}/items/{featureId}", gt_patch_item, GT_CHANGING,
     .summary = "Changes a part of a feature", .query = "reason from override",
     .body = "application/merge-patch+json"},
    {"DELETE", "collections/{collectionId}/items/{featureId}", gt_delete_item, GT_CHANGING,
     .summary = "Deletes a feature", .query = "reason from"},
    {"POST", "transactions", gt_post_transaction, GT_CHANGING,
     .summary = "Changes several features as one revision", .query = "reason from override",
     .body = "application/json"},
    {"GET", "collections/{collectionId}/tiles", gt_get_tilesets, GT_KNOWN,
     .summary = "Tile sets of a layer"},
    {"GET", "collections/{collectionId}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
     gt_get_tile, GT_KNOWN, .summary = "A vector tile", .query = "datetime revision",
     .type = "application/vnd.mapbox-vector-tile"},
    {"GET", "processes", gt_get_processes, GT_KNOWN, .summary = "The processes"},
    {"GET", "processes/{processId}", gt_get_process, GT_KNOWN,
     .summary = "Description of a process"},
    {"POST", "processes/{processId}/execution", gt_post_execution, GT_KNOWN,
     .summary = "Runs a process", .body = "application/json"},
    {"POST", "outlines", gt_post_outlines, GT_KNOWN,
     .summary = "Polygons of a file that is brought along", .query = "name crs layer encoding",
     .body = "application/octet-stream", .type = "application/geo+json"},
    {"GET", "jobs", gt_get_jobs, GT_SIGNED, .summary = "Own jobs"},
    {"GET", "jobs/{jobId}", gt_get_job, GT_SIGNED, .summary = "Status of a job"},
    {"DELETE", "jobs/{jobId}", gt_delete_job, GT_CHANGING, .summary = "Cancels or forgets a job"},
    {"GET", "jobs/{jobId}/results", gt_get_results, GT_SIGNED, .summary = "Results of a job"},
    {"GET", "jobs/{jobId}/results/{file}", gt_get_result, GT_SIGNED,
     .summary = "A file that a job made", .type = "application/octet-stream"},
    {"GET", "jobs/{jobId}/events", gt_get_events, GT_SIGNED,
     .summary = "Progress as server-sent events", .type = "text/event-stream"},
    {"GET", "grids", gt_get_grids, GT_PUBLIC, .summary = "Grids of the workspace"},
    {"GET", "grids/{gridId}", gt_get_grid, GT_PUBLIC, .summary = "A grid and its legend"},
    {"GET", "grids/{gridId}/value", gt_get_grid_value, GT_PUBLIC, .summary = "The cell at a place",
     .query = "x y crs"},
    {"GET", "grids/{gridId}/map/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
     gt_get_grid_tile, GT_PUBLIC, .summary = "A picture of a grid", .type = "image/png"},
    {"GET", "voices", gt_get_voice_ledgers, GT_PUBLIC,
     .summary = "Ledgers that the public may write to"},
    {"GET", "voices/{ledgerId}", gt_get_voice_form, GT_PUBLIC, .summary = "Form of such a ledger"},
    {"POST", "voices/{ledgerId}", gt_post_voice, GT_PUBLIC, .summary = "A comment of the public",
     .body = "application/json"},
    {"GET", "voices/{ledgerId}/records", gt_get_voices, GT_PUBLIC,
     .summary = "Comments that are published", .query = "after"},
    {"GET", "voices/{ledgerId}/records/{recordId}", gt_get_voice, GT_PUBLIC,
     .summary = "One comment, by its receipt", .query = "receipt"},
    {"GET", "revisions", gt_get_revisions, GT_KNOWN, .summary = "The log", .query = "limit before"},
    {"GET", "health", gt_get_health, GT_PUBLIC, .summary = "Is the server well?"},
    {"GET", "portal", gt_get_web, GT_PUBLIC, .summary = "Pages of the portal", .type = "text/html"},
    {"GET", "portal/{file}", gt_get_web, GT_PUBLIC, .summary = "Pages of the portal",
     .type = "text/html"},
    {"GET", "session", gt_get_session, GT_PUBLIC, .summary = "Who is signed in"},
    {"POST", "session", gt_post_session, GT_PUBLIC, .summary = "Signs in",
     .body = "application/json"},
    {"DELETE", "session", gt_delete_session, GT_CHANGING, .summary = "Signs out"},
    {"PUT", "session/password", gt_put_password, GT_CHANGING, .summary = "Chooses a password",
     .body = "application/json"},
    {"GET", "tokens", gt_get_tokens, GT_SIGNED, .summary = "Own API tokens"},
    {"POST", "tokens", gt_post_token, GT_CHANGING, .summary = "Makes an API token",
     .body = "application/json"},
    {"DELETE", "tokens/{number}", gt_delete_token, GT_CHANGING, .summary = "Revokes an API token"},
    {"POST", "accounts", gt_post_account, GT_CHANGING, .summary = "Makes an account",
     .body = "application/json"},
    {"DELETE", "accounts/{accountId}", gt_delete_account, GT_CHANGING,
     .summary = "Ends an account"},
    {"GET", "indicators", gt_get_indicators, GT_KNOWN, .summary = "Values of the indicators",
     .query = "year level unit only lang"},
    {"GET", "indicators/{indicatorId}/trend", gt_get_trend, GT_KNOWN,
     .summary = "Values year by year", .query = "from to unit"},
    {"GET", "indicators/{indicatorId}/explanation", gt_get_explanation, GT_KNOWN,
     .summary = "What moved an indicator", .query = "from to unit top"},
    {"GET", "clauses", gt_get_clauses, GT_PUBLIC, .summary = "Clauses of the plans",
     .query = "lang"},
    {"GET", "clauses/{clauseId}", gt_get_clause, GT_PUBLIC,
     .summary = "One clause and what carries it out"},
    {"GET", "balances/{balanceId}", gt_get_balance, GT_SIGNED, .summary = "The account of a year",
     .query = "year"},
    {"GET", "ledgers", gt_get_ledgers, GT_SIGNED, .summary = "The ledgers"},
    {"GET", "ledgers/{ledgerId}", gt_get_ledger, GT_SIGNED,
     .summary = "Fields, states and moves of a ledger"},
    {"GET", "ledgers/{ledgerId}/records", gt_get_records, GT_SIGNED,
     .summary = "Records of a ledger", .query = "unit state year limit after"},
    {"POST", "ledgers/{ledgerId}/records", gt_post_record, GT_CHANGING, .summary = "Makes a record",
     .body = "application/json"},
    {"GET", "ledgers/{ledgerId}/records/{recordId}", gt_get_record, GT_SIGNED,
     .summary = "A record with its events"},
    {"PUT", "ledgers/{ledgerId}/records/{recordId}", gt_change_record, GT_CHANGING,
     .summary = "Changes a record", .body = "application/json"},
    {"POST", "ledgers/{ledgerId}/records/{recordId}/moves", gt_post_move, GT_CHANGING,
     .summary = "Moves a record to another state", .body = "application/json"},
    {"POST", "ledgers/{ledgerId}/records/{recordId}/attachments", gt_post_attachment, GT_CHANGING,
     .summary = "Attaches evidence", .query = "kind name reason",
     .body = "application/octet-stream"},
    {"GET", "ledgers/{ledgerId}/records/{recordId}/attachments/{hash}", gt_get_attachment,
     GT_SIGNED, .summary = "A piece of evidence", .type = "application/octet-stream"},
};

const gt_route *gt_route_at(size_t i)
{
    return i < sizeof routes / sizeof *routes ? &routes[i] : NULL;
}

bool gt_route_matches(const gt_route *route, const gt_request *request)
{
    size_t i = 0;
    const char *at = route->pattern;
    for (; *at != '\0' && i < request->n_parts; i++) {
        size_t len = strcspn(at, "/");
        if (*at != '{' &&
            (strlen(request->part[i]) != len || strncmp(request->part[i], at, len) != 0)) {
            return false;
        }
        at += len + (at[len] == '/' ? 1 : 0);
    }
    return *at == '\0' && i == request->n_parts;
}
